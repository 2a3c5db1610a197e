"""A newcomer finds every setting in .env.example, and nothing that nobody reads."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SUPPLIED_BY_THE_DEPLOYMENT = {
    *("bucket", "table", "images_table", "collection", "index_queue_url"),
    "rekognition_endpoint_url",  # chosen by its name of Terraform, as boto3's name would be any program's
}
OF_THE_SCRIPTS = "FACEPRINT_"


@pytest.fixture
def named() -> list[str]:
    return re.findall(r"^# ([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)


def test_env_example_names_what_can_be_chosen_for_the_functions(named: list[str]) -> None:
    settings = yaml.safe_load((ROOT / "lambdas/functions.yaml").read_text())["environment"]

    choosable = {name for name, fact in settings.items() if fact not in SUPPLIED_BY_THE_DEPLOYMENT}

    assert choosable <= set(named)


def test_env_example_names_nothing_that_the_local_cloud_does_not_read(named: list[str]) -> None:
    local_cloud = pytest.importorskip("local_cloud.settings", reason="the local cloud is not in this checkout")

    read = names_in(Path(local_cloud.__file__))

    assert {name for name in named if not name.startswith(OF_THE_SCRIPTS)} - read == set()


def test_env_example_names_what_the_scripts_read_and_nothing_else_of_theirs(named: list[str]) -> None:
    read = {name for name in names_in(ROOT / "scripts/command_line.py") if name.startswith(OF_THE_SCRIPTS)}

    assert read == {name for name in named if name.startswith(OF_THE_SCRIPTS)} != set()


def names_in(module: Path) -> set[str]:
    """The names of settings that a module has as texts."""
    return set(re.findall(r'"([A-Z][A-Z0-9_]+)"', module.read_text()))
