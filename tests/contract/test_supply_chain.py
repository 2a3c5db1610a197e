"""What is installed is pinned by hash, what is secret is marked so, and the threat model names tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted([*ROOT.glob("requirements*.txt"), *(ROOT / "lambdas").glob("*requirements.txt")])
INSTALLERS = [ROOT / "Makefile", *(path for path in (ROOT / "scripts").rglob("*") if path.is_file())]
PAGE = (ROOT / "docs/security.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))
# Installs uv by version alone, for whoever pins everything anew.
EXEMPT = "uv==$(UV_VERSION)"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_version_is_pinned_by_its_hashes(lock: Path) -> None:
    requirements = re.split(r"\n(?=\S)", re.sub(r"\\\n\s+", " ", lock.read_text()).strip())

    loose = [text for text in requirements if not re.match(r"[\w.\-\[\]]+==\S+.*--hash=sha256:[0-9a-f]{64}", text)]

    assert len(requirements) > 1 or lock.parent.name == "lambdas"
    assert loose == []


def test_nothing_is_installed_without_its_hashes() -> None:
    texts = [re.sub(r"\\\n\s+", " ", path.read_text(errors="replace")) for path in INSTALLERS]
    lines = [line for text in texts for line in text.splitlines() if not re.match(r"\s*(def |#|pip_install :=)", line)]
    calls = [line for line in lines if re.search(r"\(pip_install\)|pip install |npm (?:ci|install)", line)]

    loose = [line for line in calls if not any(word in line for word in ("--require-hashes", "npm ci", EXEMPT))]

    assert len(calls) >= 4
    assert loose == []


def test_outputs_that_hold_a_secret_are_sensitive() -> None:
    outputs = re.findall(r'^output "(\w+)" \{\n(.*?)^\}', (ROOT / "terraform/outputs.tf").read_text(), re.M | re.S)
    secret = [name for name, body in outputs if re.search(r"api_key\.|secret|password|token|private_key", body)]

    assert secret == ["api_gateway_api_key"]
    assert [name for name, body in outputs if name in secret and not re.search(r"sensitive\s+= true", body)] == []


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_the_threat_model_names_tests_that_exist(file: str, test: str) -> None:
    assert re.search(
        rf"^def {test}\(" if test else r"^(?:def test_|Test\w+ = )", (ROOT / file).read_text(), re.MULTILINE
    )


def test_every_line_of_the_threat_model_is_held_by_something() -> None:
    lines = [line for line in PAGE.splitlines() if re.match(r"\| [STRIDE](?:, [STRIDE])* \|", line)]

    assert len(lines) >= 25
    assert [line for line in lines if not re.search(r"`(?:tests|scripts)/[^`]+` \|$", line)] == []
