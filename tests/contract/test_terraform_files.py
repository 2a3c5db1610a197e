"""terraform/ is well formed, says what its inputs mean, refuses nonsense, and plans what its tests promise."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import pytest
import yaml

from terraform_world import ROOT, TerraformCopy, dependencies, terraform_copy

TERRAFORM = ROOT / "terraform"
TEST_FILES = sorted(TERRAFORM.glob("tests/*.tftest.hcl"))
ANY_NAME_WILL_DO = {"aws_profile"}

# What 6.0 of the provider removed, renamed or gave another meaning, of the kinds that could be used here: the upgrade
# guide's list. Arguments and attributes.
GONE_IN_PROVIDER_6 = {
    "resource.aws_api_gateway_account": ("reset_on_delete",),
    "resource.aws_api_gateway_deployment": (
        "stage_name",
        "stage_description",
        "canary_settings",
        "invoke_url",
        "execution_arn",
    ),
    "resource.aws_s3_bucket": ("region",),
    "data.aws_s3_bucket": ("region",),
    "data.aws_region": ("name",),
}


@dataclass
class Results:
    """What `terraform test` said: a status per run, and what was wrong."""

    statuses: dict[tuple[str, str], str] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def read(self, event: dict) -> None:
        if event["type"] == "test_run":
            run = event["test_run"]
            if run.get("status"):
                self.statuses[run["path"], run["run"]] = run["status"]
        elif event["type"] == "diagnostic" and event["diagnostic"]["severity"] == "error":
            said = event["diagnostic"]
            self.complaints.append(
                f"{event.get('@testfile')} {event.get('@testrun')}: {said.get('detail') or said['summary']}"
            )


@pytest.fixture(scope="module")
def before() -> dict[str, int]:
    return files_of_the_repository()


@pytest.fixture(scope="module")
def copy(before: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> TerraformCopy:
    return terraform_copy(tmp_path_factory.mktemp("deployment"))


@pytest.fixture(scope="module")
def results(copy: TerraformCopy) -> Results:
    """Of one call for all files: half of the time of each is spent on starting."""
    done = copy.run("test", "-json")
    found = Results()
    for line in done.stdout.splitlines():
        found.read(json.loads(line))
    return found


def files_of_the_repository() -> dict[str, int]:
    return {path.relative_to(ROOT).as_posix(): path.stat().st_mtime_ns for path in TERRAFORM.rglob("*")}


def code(path: Path) -> str:
    """The file without its comments."""
    return re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE)


def blocks(kind: str, *folders: Path) -> Iterator[tuple[str, str]]:
    """Label and content of every top-level block of one kind."""
    for folder in folders:
        for path in sorted(folder.glob("*.tf")):
            yield from re.findall(rf'^{kind} "(\w+)" \{{\n(.*?)^\}}', code(path), flags=re.MULTILINE | re.DOTALL)


def all_code() -> str:
    return "\n".join(code(path) for path in sorted(TERRAFORM.rglob("*.tf")) if ".terraform" not in path.parts)


def modules() -> list[Path]:
    return [TERRAFORM, *sorted((TERRAFORM / "modules").iterdir())]


def argument(block: str, name: str) -> str | None:
    found = re.search(rf"^  {name}\s+= (.+)$", block, flags=re.MULTILINE)
    return found[1] if found else None


def test_files_are_formatted(copy: TerraformCopy) -> None:
    done = copy.run("fmt", "-check", "-recursive", "-diff", "-no-color")

    assert done.returncode == 0, done.stdout + done.stderr


def test_configuration_is_valid(copy: TerraformCopy) -> None:
    done = copy.run("validate", "-json")

    said = json.loads(done.stdout)
    assert said["valid"], said["diagnostics"]
    assert said["diagnostics"] == []  # the provider warns of what its next version removes


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.name.partition(".")[0])
def test_plan_keeps_the_promises_of(path: Path, results: Results) -> None:
    promised = re.findall(r'^run "(\w+)"', path.read_text(), flags=re.MULTILINE)

    kept = {run: results.statuses.get((f"tests/{path.name}", run)) for run in promised}

    assert kept == dict.fromkeys(promised, "pass"), "\n".join(results.complaints)


def test_testing_leaves_no_trace_in_the_repository(before: dict[str, int], results: Results) -> None:
    assert files_of_the_repository() == before


def test_every_validation_is_tested() -> None:
    validated = {name for name, block in blocks("variable", TERRAFORM) if "  validation {" in block}

    refused = re.findall(r"expect_failures = \[var\.(\w+)\]", (TERRAFORM / "tests/validation.tftest.hcl").read_text())

    assert set(refused) == validated


def test_every_check_is_tested() -> None:
    runs = "\n".join(path.read_text() for path in TEST_FILES)

    assert set(re.findall(r"expect_failures = \[check\.(\w+)\]", runs)) == {
        name for name, _ in blocks("check", TERRAFORM)
    }


def test_no_check_reads_anything_itself() -> None:
    """Terraform reads it again at every apply, so that no plan is empty."""
    assert [name for name, block in blocks("check", TERRAFORM) if re.search(r"^  data ", block, re.MULTILINE)] == []


def test_every_variable_says_its_type_and_meaning() -> None:
    variables = list(blocks("variable", *modules()))

    silent = [name for name, block in variables if not (argument(block, "type") and argument(block, "description"))]

    assert len(variables) > 30
    assert silent == []


def test_every_variable_that_could_hold_nonsense_refuses_it() -> None:
    could = {name: block for name, block in blocks("variable", TERRAFORM) if argument(block, "type") != "bool"}

    assert {name for name, block in could.items() if "  validation {" not in block} == ANY_NAME_WILL_DO


def test_every_variable_has_a_default() -> None:
    assert [name for name, block in blocks("variable", TERRAFORM) if argument(block, "default") is None] == []


def test_every_output_says_its_meaning() -> None:
    outputs = list(blocks("output", *modules()))

    assert outputs
    assert [name for name, block in outputs if not argument(block, "description")] == []


def test_no_provider_is_used_but_aws() -> None:
    kinds = set(re.findall(r'^(?:resource|data|ephemeral) "(\w+)"', all_code(), flags=re.MULTILINE))
    locked = re.findall(r'^provider "(.+)"', (TERRAFORM / ".terraform.lock.hcl").read_text(), flags=re.MULTILINE)

    assert {kind for kind in kinds if not kind.startswith("aws_")} == {"terraform_data"}
    assert set(re.findall(r'^\s+source\s+= "(\w+/\w+)"', all_code(), flags=re.MULTILINE)) == {"hashicorp/aws"}
    assert locked == ["registry.terraform.io/hashicorp/aws"]


@pytest.mark.parametrize("kind", GONE_IN_PROVIDER_6)
def test_nothing_is_used_that_the_next_provider_has_no_more(kind: str) -> None:
    block, _, resource = kind.partition(".")
    written = re.findall(rf'^{block} "{resource}" "\w+" \{{\n(.*?)^\}}', all_code(), flags=re.MULTILINE | re.DOTALL)
    prefix = r"\bdata\." if block == "data" else r"(?<!data\.)\b"

    for name in GONE_IN_PROVIDER_6[kind]:
        assert not [body for body in written if re.search(rf"^ *{name} *[={{]", body, flags=re.MULTILINE)]
        assert not re.search(rf"{prefix}{resource}\.\w+(\[[^]]*\])?\.{name}\b", all_code())


def test_both_the_locked_provider_and_the_next_are_accepted() -> None:
    locked = re.findall(r'^  constraints = "(.+)"', (TERRAFORM / ".terraform.lock.hcl").read_text(), flags=re.MULTILINE)

    asked = re.findall(r'^ +version += "(.*)"$', all_code(), flags=re.MULTILINE)

    assert set(asked) == {">= 5.100, < 7.0"}
    assert locked == [">= 5.100.0, < 7.0.0"]


def test_everything_goes_after_the_guard(copy: TerraformCopy) -> None:
    """What is missing here has to be added to the guard's depends_on: `terraform destroy` would not spare it."""
    needed_by = dependencies(copy)
    reached, left = set(), ["terraform_data.guard"]
    while left:
        reached.add(resource := left.pop())
        left += needed_by.get(resource, set()) - reached

    assert len(needed_by) > 40
    assert sorted(needed_by.keys() - reached) == []


def test_no_plan_hides_a_policy_behind_a_pending_change() -> None:
    """Terraform reads a data source late when what it refers to, or its module depends on, is about to change."""
    data = re.findall(r'^data "\w+" "\w+" \{\n.*?^\}', all_code(), flags=re.MULTILINE | re.DOTALL)
    resource = r"(?<![\w.])(?:aws|terraform)_\w+\.\w+"

    assert data
    assert [block for block in data if re.search(resource, block) or "depends_on" in block] == []
    assert [block for _, block in blocks("module", *modules()) if "depends_on" in block] == []


def test_lock_file_knows_the_provider_on_every_platform() -> None:
    assert len(re.findall(r'"zh:[0-9a-f]{64}"', (TERRAFORM / ".terraform.lock.hcl").read_text())) > 10


def test_modules_come_from_this_repository() -> None:
    sources = [argument(block, "source") for _, block in blocks("module", *modules())]

    assert sources
    assert [source for source in sources if not (source or "").startswith('"./modules/')] == []


def test_regions_with_rekognition_are_those_that_botocore_knows() -> None:
    session = boto3.session.Session()
    partitions = session.get_available_partitions()
    known = {region for name in partitions for region in session.get_available_regions("rekognition", name)}

    listed = re.findall(r'^    "([a-z0-9-]+)",$', code(TERRAFORM / "collection.tf"), flags=re.MULTILINE)

    assert listed == sorted(known), "AWS offers Rekognition elsewhere by now: correct rekognition_regions"


def test_no_partition_is_taken_for_granted() -> None:
    values = re.sub(r"^\s+(?:description|error_message)\s+= .*\n", "", all_code(), flags=re.MULTILINE)

    assert re.findall(r"arn:aws[a-z-]*:\S*|\S*amazonaws\.com\.cn\S*", values) == []


def test_nothing_changes_with_the_clock_or_by_chance() -> None:
    assert re.findall(r"\b(?:timestamp|plantimestamp|uuid|bcrypt)\(", all_code()) == []


def test_no_role_gets_a_managed_policy() -> None:
    assert re.findall(r"policy_attachment|managed_policy|FullAccess|AdministratorAccess|PowerUser", all_code()) == []


@pytest.mark.parametrize("folder", modules(), ids=lambda folder: folder.name)
def test_every_policy_document_is_attached(folder: Path) -> None:
    text = "\n".join(code(path) for path in folder.glob("*.tf"))

    written = re.findall(r'^data "aws_iam_policy_document" "(\w+)"', text, flags=re.MULTILINE)

    attached = re.findall(r"policy\s+= data\.aws_iam_policy_document\.(\w+)\.json$", text, flags=re.MULTILINE)
    assert sorted(attached) == sorted(written)


def test_example_of_variables_shows_every_variable_with_its_default() -> None:
    defaults = {name: argument(block, "default") for name, block in blocks("variable", TERRAFORM)}

    shown = re.findall(r"^# (\w+) += (.+)$", (TERRAFORM / "terraform.tfvars.example").read_text(), flags=re.MULTILINE)

    assert dict(shown) == defaults
    assert len(shown) == len(defaults)


def test_example_of_variables_can_be_uncommented_as_a_whole(copy: TerraformCopy) -> None:
    example = (TERRAFORM / "terraform.tfvars.example").read_text()
    chosen = copy.folder.parent / "chosen.tfvars"
    chosen.write_text("".join(f"{line}\n" for line in re.findall(r"^# (\w+ += .+)$", example, flags=re.MULTILINE)))

    done = copy.run("test", "-no-color", "-filter=tests/alarms.tftest.hcl", f"-var-file={chosen}")

    assert done.returncode == 0, done.stdout + done.stderr


def test_example_of_a_backend_is_valid(copy: TerraformCopy) -> None:
    example = TERRAFORM / "backend.tf.example"
    with_backend = copy.folder / "backend.tf"
    with_backend.write_text(example.read_text())

    formatted, valid = copy.run("fmt", "-check", "backend.tf"), copy.run("validate", "-json")
    with_backend.unlink()

    assert formatted.returncode == 0
    assert json.loads(valid.stdout)["valid"]
    assert "use_lockfile = true" in example.read_text()


def test_every_check_that_is_skipped_says_why() -> None:
    text = (TERRAFORM / ".checkov.yaml").read_text()
    skipped = yaml.safe_load(text)["skip-check"]

    reasons = re.findall(r"^  - (CKV\w+)  # \S.{10,}$", text, flags=re.MULTILINE)

    assert reasons == skipped
    assert len(set(skipped)) == len(skipped)
    assert "checkov:skip" not in "\n".join(path.read_text() for path in TERRAFORM.rglob("*.tf"))
