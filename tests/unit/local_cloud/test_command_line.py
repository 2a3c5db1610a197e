"""The command line reads what people write; what is wrong with it is told with all other settings."""

from local_cloud.__main__ import main, parse_arguments
from local_cloud.settings import read_settings


def test_the_ports_of_up_and_demo_do_not_collide() -> None:
    assert read_settings({"port": parse_arguments(["demo"]).port}, {}).port == 0
    assert read_settings({"port": parse_arguments(["up"]).port}, {}).port == 8000
    assert read_settings({"port": parse_arguments(["up", "--port", "65533"]).port}, {}).port == 65533


def test_wrong_arguments_and_settings_are_told_together_a_line_for_each(monkeypatch, capsys) -> None:
    monkeypatch.setenv("AWS_REKOGNITION_FACE_DETECT_THRESHOLD", "500")

    status = main(["up", "--port", "eighty", "--tps", "lots"])

    lines = capsys.readouterr().err.splitlines()
    assert status == 2
    assert lines == [
        "local_cloud: AWS_REKOGNITION_FACE_DETECT_THRESHOLD=500 in the environment must be a number from 0 to 100",
        "local_cloud: --port eighty must be a whole number from 0 to 65533",
        "local_cloud: --tps lots must be a number from 0.1 to 100000, or aws, or off",
    ]
