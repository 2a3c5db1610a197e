"""A missing tool is told in `make test` and never passes for a success in CI."""

import pytest

from terraform_world import require_terraform, terraform_environment


@pytest.fixture
def no_terraform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


@pytest.mark.usefixtures("no_terraform")
@pytest.mark.parametrize("ci", ["", "false", "0"])
def test_missing_terraform_skips_with_a_reason(monkeypatch: pytest.MonkeyPatch, ci: str) -> None:
    monkeypatch.setenv("CI", ci)

    with pytest.raises(pytest.skip.Exception, match="there is no terraform on PATH"):
        require_terraform()


@pytest.mark.usefixtures("no_terraform")
def test_missing_terraform_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="there is no terraform on PATH"):
        require_terraform()


def test_a_persons_own_variables_and_credentials_take_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TF_VAR_stage", "TF_CLI_ARGS_plan", "TF_WORKSPACE", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "mine")

    assert "mine" not in terraform_environment().values()
