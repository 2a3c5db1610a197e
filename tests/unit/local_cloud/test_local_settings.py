"""A setting out of its range is refused at start, all of them at once; a misspelt one is told."""

import pytest

from local_cloud.errors import StartupError
from local_cloud.settings import read_settings, strange_names

WRONG = [
    ("AWS_REKOGNITION_FACE_DETECT_THRESHOLD", "500"),
    ("AWS_REKOGNITION_FACE_DETECT_THRESHOLD", "nan"),
    ("AWS_REKOGNITION_FACE_DETECT_THRESHOLD", "80 %"),
    ("AWS_REKOGNITION_FACE_DETECT_MAX_FACES_COUNT", "0"),
    ("AWS_REKOGNITION_FACE_DETECT_QUALITY_FILTER", "BEST"),
    ("AWS_REKOGNITION_FACE_DETECT_ATTRIBUTES", "SOME"),
    ("AWS_REKOGNITION_PRICE_PER_IMAGE", "-1"),
    ("UPLOAD_WAIT_SECONDS", "30"),
    ("LINK_EXPIRY_SECONDS", "43201"),
    ("LINK_EXPIRY_SECONDS", "1.5"),
    ("DEBUG_MODE", "maybe"),
    ("STAGE", "v1/beta"),
    ("SHARED_RESOURCE_IDENTIFIER", "My_Faces"),
    ("AWS_REGION", "Frankfurt"),
    ("CORS_ALLOWED_ORIGINS", "example.com"),
    ("METRICS_NAMESPACE", "AWS/Mine"),
    ("THROTTLE_SETTINGS_RATE_LIMIT", "0"),
    ("THROTTLE_SETTINGS_BURST_LIMIT", "many"),
    ("QUOTA_SETTINGS_LIMIT", "-5"),
    ("QUOTA_SETTINGS_PERIOD", "YEAR"),
    ("LOCAL_CLOUD_WORKERS", "0"),
    ("LOCAL_CLOUD_ALARM_SECONDS", "0"),
    ("LOCAL_CLOUD_ENGINE", "no.such_engine"),
    ("FACE_ENGINE_TPS", "lots"),
]


@pytest.mark.parametrize(("name", "text"), WRONG)
def test_a_value_out_of_range_is_one_line_that_says_what_to_write(name: str, text: str) -> None:
    with pytest.raises(StartupError) as refused:
        read_settings({}, {".env": {name: text}})

    assert str(refused.value).startswith(f"{name}={text} in .env must be ")
    assert "\n" not in str(refused.value)


def test_all_mistakes_of_all_places_are_told_at_once() -> None:
    dotenv = {"AWS_REKOGNITION_FACE_DETECT_THRESHOLD": "500", "STAGE": "a/b", "LOCAL_CLOUD_WORKERS": "2"}
    environment = {"STAGE": "v2", "LOCAL_CLOUD_WORKERS": "none"}

    with pytest.raises(StartupError) as refused:
        read_settings({"port": "99999"}, {".env": dotenv, "the environment": environment})

    beginnings = [line.partition(" must be ")[0] for line in str(refused.value).splitlines()]
    assert beginnings == [
        "AWS_REKOGNITION_FACE_DETECT_THRESHOLD=500 in .env",
        "LOCAL_CLOUD_WORKERS=none in the environment",
        "--port 99999",
    ]


def test_the_environment_wins_over_the_file_and_options_over_both() -> None:
    given = {".env": {"STAGE": "file", "DEBUG_MODE": "no"}, "the environment": {"STAGE": "shell"}}

    assert read_settings({}, given).stage == "shell"
    assert read_settings({"debug_mode": True}, given).debug_mode is True


def test_a_line_that_is_left_empty_means_the_default_or_nothing() -> None:
    empty = {"AWS_REKOGNITION_FACE_DETECT_THRESHOLD": "", "LOCAL_CLOUD_PACKAGES": "", "METRICS_NAMESPACE": ""}

    settings = read_settings({}, {".env": empty})

    assert (settings.face_detect_threshold, settings.metrics_namespace) == (80, "")
    assert settings.packages == read_settings({}, {".env": {}}).packages


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("AWS_REKOGNITION_FACE_DETECT_TRESHOLD", "AWS_REKOGNITION_FACE_DETECT_THRESHOLD may be meant"),
        ("FACE_DETECT_THRESHOLD", "AWS_REKOGNITION_FACE_DETECT_THRESHOLD may be meant"),
        ("aws_rekognition_face_detect_threshold", "write AWS_REKOGNITION_FACE_DETECT_THRESHOLD"),
        ("DEBUGMODE", "DEBUG_MODE may be meant"),
        ("FACEPRINT_KEY", "FACEPRINT_API_KEY may be meant"),
        ("LOCAL_CLOUD_COLOUR", ".env.example has the names"),
    ],
)
def test_a_name_that_looks_like_ours_and_is_none_is_told(written: str, said: str) -> None:
    (line,) = strange_names({".env": {written: "1", "STAGE": "v1"}})

    assert line == f"{written} in .env is no setting and has no effect; {said}"


def test_names_of_other_programs_are_left_alone() -> None:
    others = {
        "AWS_PROFILE": "x",
        "PATH": "x",
        "DJANGO_SETTINGS": "x",
        "AWS_DEFAULT_REGION": "x",
        "FACE_ENGINE_HOST": "x",
    }

    assert strange_names({".env": others, "the environment": {**others, "STAGES": "x", "DEBUG_MODES": "x"}}) == []
