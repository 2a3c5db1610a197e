"""Where settings come from, and that all mistakes are told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from face_engine.settings import SettingsError, read_settings


def test_arguments_win_over_the_environment_and_that_over_defaults() -> None:
    settings = read_settings({"port": "1"}, {"FACE_ENGINE_PORT": "2", "FACE_ENGINE_QUEUE": "3"})

    assert (settings.port, settings.queue, settings.host) == (1, 3, "127.0.0.1")


def test_models_are_in_the_repository_unless_told_otherwise(tmp_path: Path) -> None:
    assert read_settings({}, {}).models == Path(__file__).resolve().parents[3] / "models"
    assert read_settings({}, {"FACE_ENGINE_MODELS": str(tmp_path)}).models == tmp_path


def test_gates_are_off_unless_set_and_the_processor_chooses_the_precision() -> None:
    by_default, gated = (
        read_settings({}, {}),
        read_settings({"min_frontality": "0.3"}, {"FACE_ENGINE_MIN_FACE_AREA": "1e-2"}),
    )

    assert (by_default.min_confidence, by_default.min_frontality, by_default.min_face_area) == (0, 0, 0)
    assert (gated.min_frontality, gated.min_face_area) == (0.3, 0.01)
    assert by_default.precision == "auto"


def test_quota_is_off_unless_it_is_a_number_or_aws() -> None:
    assert read_settings({}, {}).tps is None
    assert read_settings({"tps": "5"}, {}).tps == 5
    assert read_settings({}, {"FACE_ENGINE_TPS": "aws"}).tps == "aws"
    for wrong in ("0", "nan", "many"):
        with pytest.raises(SettingsError, match="--tps or FACE_ENGINE_TPS: must be a number"):
            read_settings({"tps": wrong}, {})


def test_every_mistake_is_named() -> None:
    environment = {
        "FACE_ENGINE_PORT": "70000",
        "FACE_ENGINE_WORKERS": "0",
        "FACE_ENGINE_QUEUE": "-1",
        "FACE_ENGINE_ACCOUNT_ID": "12",
        "FACE_ENGINE_PRECISION": "int4",
        "FACE_ENGINE_DEBUG": "maybe",
        "FACE_ENGINE_MIN_CONFIDENCE": "101",
        "FACE_ENGINE_MIN_FRONTALITY": "nan",
        "FACE_ENGINE_MIN_FACE_AREA": "tenth",
    }

    with pytest.raises(SettingsError) as refused:
        read_settings({}, environment)

    for variable, value in environment.items():
        assert variable in str(refused.value)
        assert repr(value) in str(refused.value)


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("box", False)],
)
def test_loopback_is_recognised(host: str, is_loopback: bool) -> None:
    assert read_settings({"host": host}, {}).is_loopback is is_loopback
