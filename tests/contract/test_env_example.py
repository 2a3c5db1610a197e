"""A newcomer finds every setting in .env.example, and nothing that no function reads."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_env_example_names_the_settings_of_the_functions() -> None:
    settings = yaml.safe_load((ROOT / "lambdas/functions.yaml").read_text())["environment"]

    named = re.findall(r"^# ([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)

    assert sorted(named) == sorted(settings)
