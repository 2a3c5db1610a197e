"""How the local cloud runs Terraform: variables, the copy of the sources, the provider's mirror, failures."""

import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from local_cloud.errors import StartupError
from local_cloud.provision import terraform
from local_cloud.provision.terraform import Terraform, find_provider, variables_of
from local_cloud.settings import REPOSITORY, Settings, read_settings

Program = Callable[[str], None]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Puts a stand-in for terraform on PATH, written in bash."""

    def install(script: str) -> None:
        path = tmp_path / "bin" / "terraform"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/usr/bin/env bash\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(terraform, "require_terraform", lambda: str(path))

    return install


def deployment(folder: Path, **variables: str) -> Terraform:
    return Terraform(folder, aws_endpoint="http://127.0.0.1:1", variables=variables, region="us-east-1")


def test_every_setting_is_a_variable_of_terraform() -> None:
    declared = re.findall(r'^variable "(\w+)"', (REPOSITORY / "terraform/variables.tf").read_text(), re.MULTILINE)

    assert set(variables_of(Settings())) <= set(declared)


def test_defaults_are_those_of_terraform() -> None:
    text = (REPOSITORY / "terraform/variables.tf").read_text()
    defaults = dict(re.findall(r'variable "(\w+)" \{.*?default\s+= (\S+)', text, re.DOTALL))
    own = {"lambda_python_runtime", "compatible_architectures", "force_destroy"}

    given = {name: value for name, value in variables_of(Settings()).items() if name not in own}

    assert {name: value.removesuffix(".0") for name, value in given.items()} == {
        name: defaults[name].strip('"') for name in given
    }


def test_origins_become_a_list() -> None:
    variables = variables_of(Settings(cors_allowed_origins="https://a.example,https://b.example"))

    assert variables["cors_allowed_origins"] == '["https://a.example", "https://b.example"]'


def test_a_custom_domain_is_asked_for_in_the_same_words() -> None:
    wanted = {"AWS_APIGATEWAY_CREATE_CUSTOM_DOMAIN": "true", "AWS_APIGATEWAY_ROOT_DOMAIN": "example.com"}

    variables = variables_of(read_settings({}, {".env": wanted}))

    assert variables["aws_apigateway_create_custom_domain"] == "true"
    assert variables["aws_apigateway_root_domain"] == "example.com"
    with pytest.raises(StartupError, match="set AWS_APIGATEWAY_ROOT_DOMAIN"):
        read_settings({}, {".env": {"AWS_APIGATEWAY_CREATE_CUSTOM_DOMAIN": "true"}})


def test_sources_are_copied_anew_and_state_stays(tmp_path: Path) -> None:
    deployment(tmp_path)
    folder = tmp_path / "terraform"
    (folder / "terraform.tfstate").write_text("state")
    (folder / "gone.tf").write_text("a file of an earlier version")

    deployment(tmp_path)

    assert (folder / "terraform.tfstate").read_text() == "state"
    assert not (folder / "gone.tf").exists()
    for name in ("terraform/api.tf", "terraform/.terraform.lock.hcl", "lambdas/functions.yaml", "api/openapi.yaml"):
        assert (tmp_path / name).read_bytes() == (REPOSITORY / name).read_bytes()


def test_a_persons_own_variables_and_backend_stay_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "repository"
    for name in ("terraform/api.tf", "terraform/terraform.tfvars", "terraform/backend.tf", "terraform/build/code.zip"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("")
    for name in ("lambdas/functions.yaml", "api/openapi.yaml", "scripts/package_lambdas.py"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("")
    monkeypatch.setattr(terraform, "REPOSITORY", source)

    deployment(tmp_path / "data")

    assert {path.name for path in (tmp_path / "data/terraform").iterdir()} == {"api.tf"}


def test_a_mirror_counts_only_with_the_locked_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terraform.platform, "system", lambda: "Linux")
    monkeypatch.setattr(terraform.platform, "machine", lambda: "aarch64")
    for name, version in (("old", "5.99.0"), ("locked", "5.100.0")):
        folder = tmp_path / name / f"registry.terraform.io/hashicorp/aws/{version}/linux_arm64"
        folder.mkdir(parents=True)
        (folder / f"terraform-provider-aws_v{version}_x5").touch()

    assert find_provider([tmp_path / "old", tmp_path / "locked"]) == tmp_path / "locked"
    assert find_provider([tmp_path / "old"]) is None


def test_terraform_gets_the_local_endpoint_and_nobodys_profile(
    tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    program("env")

    said = deployment(tmp_path, stage="v2").apply().output.splitlines()

    assert "AWS_ENDPOINT_URL=http://127.0.0.1:1" in said
    assert "TF_VAR_stage=v2" in said
    assert not [line for line in said if line.startswith("AWS_PROFILE")]


def test_a_failure_tells_terraforms_own_error(tmp_path: Path, program: Program) -> None:
    program('[[ $1 == init ]] || { echo "much before"; echo "Error: no such thing" >&2; exit 1; }')

    with pytest.raises(StartupError, match=r"terraform apply failed.*\nError: no such thing") as failure:
        deployment(tmp_path).apply()

    assert "much before" not in str(failure.value)
    assert "much before" in (tmp_path / "terraform.log").read_text()


@pytest.mark.parametrize(("status", "clean"), [(0, True), (2, False)])
def test_a_plan_with_changes_is_no_failure(tmp_path: Path, program: Program, status: int, clean: bool) -> None:
    program(f"exit {status}")

    assert deployment(tmp_path).plan_is_clean()[0] is clean


def test_the_state_is_counted_without_data_sources(tmp_path: Path, program: Program) -> None:
    script = """echo a warning of six words more >&2
printf '%s\\n' 'aws_x.a["two words"]' data.aws_y.b 'module.f["k"].data.aws_y.c'"""
    program(script)

    assert deployment(tmp_path).resources() == ['aws_x.a["two words"]']


def test_without_terraform_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terraform.shutil, "which", lambda _: None)

    with pytest.raises(StartupError, match=r"install Terraform 1\.11 or later, or leave --terraform out"):
        terraform.require_terraform()


def test_resources_are_counted_without_data_sources_and_warnings(program: Program, tmp_path: Path) -> None:
    program(
        """cat <<'END'
data.aws_partition.current
aws_s3_bucket.images
aws_route53_record.validation["example.com"]
module.function["index"].aws_iam_role.this
module.function["index"].data.aws_iam_policy_document.trust
terraform_data.code[0]
Warning: Unable to open CLI configuration file
│ The CLI configuration file does not exist.
END"""
    )

    assert deployment(tmp_path).resources() == [
        "aws_s3_bucket.images",
        'aws_route53_record.validation["example.com"]',
        'module.function["index"].aws_iam_role.this',
        "terraform_data.code[0]",
    ]
