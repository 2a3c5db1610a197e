"""The command line says what is wrong with it."""

import pytest

from local_cloud.__main__ import parse_arguments


@pytest.mark.parametrize("port", ["65534", "99999", "-1", "eighty"])
def test_ports_that_do_not_exist_are_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_arguments(["up", "--port", port])

    assert ended.value.code == 2
    assert port in capsys.readouterr().err


def test_the_defaults_of_up_and_demo_do_not_collide() -> None:
    assert parse_arguments(["demo"]).port == 0
    assert parse_arguments(["up"]).port is None
    assert parse_arguments(["up", "--port", "65533"]).port == 65533
