"""The documents name every route, error, setting, input and output, nothing that does not exist, and no dead link."""

import re
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
import yaml

from face_engine.settings import DEFAULTS, PREFIX
from faceprint.model import errors
from local_cloud.settings import SETTINGS as LOCAL_SETTINGS
from scripts.make_settings_docs import read_hcl

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = yaml.safe_load((ROOT / "api/openapi.yaml").read_text())
FUNCTIONS = yaml.safe_load((ROOT / "lambdas/functions.yaml").read_text())
PAGES = [ROOT / "README.md", ROOT / "face_engine/README.md", *sorted((ROOT / "docs").glob("*.md"))]
REFUSALS = CONTRACT["x-amazon-apigateway-gateway-responses"].values()

ROUTES = sorted(f"{method.upper()} {path}" for path, item in CONTRACT["paths"].items() for method in item)
INPUTS = sorted(name for name, _ in read_hcl(ROOT / "terraform/variables.tf"))
OUTPUTS = sorted(name for name, _ in read_hcl(ROOT / "terraform/outputs.tf"))
SCRIPT_SETTINGS = {"FACEPRINT_URL", "FACEPRINT_API_KEY"}
SETTINGS = sorted(
    {*FUNCTIONS["environment"], *LOCAL_SETTINGS, *(f"{PREFIX}{name.upper()}" for name in DEFAULTS), *SCRIPT_SETTINGS}
)
ERRORS = sorted(
    {kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.FaceprintError)}
    | {re.search(r'"error": "(\w+)"', refusal["responseTemplates"]["application/json"])[1] for refusal in REFUSALS}
    | {"MethodNotAllowed"}
)

# Words in the shape of a setting that are none of ours.
WORDS_OF_OTHERS = {
    *("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_REKOGNITION", "AWS_ENDPOINT_URL_S3", "AWS_DEFAULT_REGION"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SDK_UA_APP_ID", "FACE_NOT_FOUND"),
}
# What the earlier system had, which docs/moving.md speaks of.
OF_THE_PREDECESSOR = {"aws_apigateway_create_custom_domaim", "lambda_index", "lambda_search"}
PREFIXES = sorted({name.partition("_")[0] for name in INPUTS if "_" in name})


@cache
def text_of(page: Path) -> str:
    return page.read_text()


def everything() -> str:
    return "\n".join(map(text_of, PAGES))


@pytest.mark.parametrize("route", ROUTES)
def test_the_api_page_names_the_route(route: str) -> None:
    assert f"`{route}`" in text_of(ROOT / "docs/api.md")


@pytest.mark.parametrize("code", ERRORS)
def test_the_api_page_names_the_error(code: str) -> None:
    assert f"`{code}`" in text_of(ROOT / "docs/api.md")


@pytest.mark.parametrize("name", [*INPUTS, *OUTPUTS, *SETTINGS])
def test_the_documents_name_the_setting(name: str) -> None:
    assert f"`{name}`" in everything()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_looks_like_a_setting_is_one(page: Path) -> None:
    prose = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
    settings = set(re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`", prose))
    inputs = set(re.findall(rf"`((?:{'|'.join(PREFIXES)})_[a-z_]+[a-z])`", prose))

    assert settings - {*SETTINGS, *WORDS_OF_OTHERS, *words_of_the_contract()} == set()
    former = OF_THE_PREDECESSOR if page.name == "moving.md" else set()
    assert inputs - {*INPUTS, *OUTPUTS} - former == set()


def words_of_the_contract() -> set[str]:
    """What schemas enumerate, and the kinds of API Gateway's own refusals."""
    enumerated = re.findall(r"'enum': \[([^\]]*)\]", str(CONTRACT["components"]["schemas"]))
    words = chain.from_iterable(re.findall(r"\w+", values) for values in enumerated)
    return {*words, *CONTRACT["x-amazon-apigateway-gateway-responses"]}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_is_dead(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL))

    dead = [link for link in links if not link.startswith(("http:", "https:")) and not leads_somewhere(page, link)]

    assert dead == []


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return False
    return not anchor or anchor in {slug(title) for title in re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)}


def slug(title: str) -> str:
    """A heading's anchor as GitHub makes it: lower case, punctuation gone, spaces as hyphens."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
