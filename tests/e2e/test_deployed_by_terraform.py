"""terraform/ applied by the real AWS provider: the same world as by boto3, a clean second plan, and nothing left."""

import re
from pathlib import Path
from typing import Any

import pytest
import requests

from alarms import Alarmed, alarm_definitions, cost_alarm, in_alarm
from deployment_description import describe, what_is_there
from local_cloud.errors import StartupError
from local_world import ROOT, WITH_DOMAIN, LocalCloud, sample, start_cloud, wait_until
from terraform_world import deployment_of, planned_changes

pytestmark = pytest.mark.e2e

PAGE = "https://photos.example.com"

# The provider resets this setting of the account from 6.0 on; 5 does with an argument alone that 6.0 does not know.
LEFT_IN_THE_ACCOUNT = {"logging role": ["arn:aws:iam::123456789012:role/rekognition_api_logging"]}

by_terraform = pytest.mark.parametrize("world", ["terraform"], indirect=True)


@by_terraform
@pytest.mark.parametrize("part", ["functions", "mappings", "queues", "tables", "bucket", "api"])
def test_both_provisioners_make_the_same(cloud: LocalCloud, by_boto3: dict[str, object], part: str) -> None:
    assert describe(cloud)[part] == by_boto3[part]


@pytest.fixture(scope="module")
def by_boto3(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    other = start_cloud(tmp_path_factory.mktemp("by_boto3"), "--debug")
    try:
        return describe(other)
    finally:
        other.stop()


@by_terraform
def test_functions_run_the_archives_that_were_deployed(cloud: LocalCloud) -> None:
    functions = cloud.client("lambda")
    function = functions.get_function(FunctionName="rekognition_search")["Configuration"]
    name, version = function["Layers"][0]["Arn"].rsplit(":", 2)[1:]
    layer = functions.get_layer_version(LayerName=name, VersionNumber=int(version))["Content"]
    unpacked = {folder.name for folder in (cloud.data / "code").iterdir()}

    (pid,) = cloud.status()["workers"]["rekognition_search"][:1]
    environment = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    (path,) = [entry for entry in environment if entry.startswith("PYTHONPATH=")]

    assert len(unpacked) == len({function["CodeSha256"], layer["CodeSha256"]}) == 2
    assert all(str(cloud.data / "code" / folder) in path for folder in unpacked)
    assert not (cloud.data / "code.zip").exists()


@by_terraform
def test_alarms_are_those_that_the_tests_of_failing_functions_trip(cloud: LocalCloud) -> None:
    functions = ("upload", "index", "search", "library", "info")
    alarmed = Alarmed("rekognition", functions, "rekognition-index-dead", "rekognition", "v1")
    wanted = [*alarm_definitions(alarmed), cost_alarm("rekognition")]

    found = {alarm["AlarmName"]: alarm for alarm in cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]}

    assert set(found) == {alarm["AlarmName"] for alarm in wanted}
    for alarm in wanted:
        deployed = {name: found[alarm["AlarmName"]][name] for name in alarm}
        deployed["Dimensions"] = sorted(deployed["Dimensions"], key=lambda dimension: dimension["Name"])
        assert deployed == alarm


@by_terraform
def test_a_throttled_function_trips_the_alarms_that_terraform_deployed(cloud: LocalCloud) -> None:
    functions = cloud.client("lambda")
    functions.put_function_concurrency(FunctionName="rekognition_info", ReservedConcurrentExecutions=0)
    try:
        answer = cloud.send("GET", "/info")
        wait_until(
            lambda: {"rekognition-api-5xx", "rekognition_info-throttles"} <= in_alarm(cloud.client("cloudwatch"))
        )
    finally:
        functions.delete_function_concurrency(FunctionName="rekognition_info")

    assert (answer.status_code, answer.json()["error"]) == (503, "Upstream")
    assert cloud.send("GET", "/info").status_code == 200


UPDATED, REPLACED = "updated in-place", "replaced"
EVERY_FUNCTION = {
    f'module.function["{name}"].aws_lambda_function.this': UPDATED
    for name in ("upload", "index", "search", "library", "info")
}
METHOD_SETTINGS = {
    f"aws_api_gateway_method_settings.{name}": UPDATED
    for name in ("all", 'keyless["health/GET"]', 'keyless["openapi.json/GET"]')
}


@by_terraform
def test_plan_for_a_changed_line_of_code_shows_the_functions_alone(cloud: LocalCloud) -> None:
    terraform = deployment_of(cloud)
    source = terraform.folder.parent / "lambdas/faceprint/handlers/info.py"
    source.write_text(source.read_text() + "# changed\n")

    assert planned_changes(terraform) == EVERY_FUNCTION | {"terraform_data.code": REPLACED}


@by_terraform
@pytest.mark.parametrize(
    ("setting", "value", "changed"),
    [
        ("debug_mode", "false", EVERY_FUNCTION | METHOD_SETTINGS),
        (
            "force_destroy",
            "false",
            dict.fromkeys(
                (
                    "aws_dynamodb_table.faces",
                    "aws_dynamodb_table.images",
                    "aws_s3_bucket.images",
                    "terraform_data.guard",
                ),
                UPDATED,
            ),
        ),
        (
            "log_retention_days",
            "7",
            {name.replace("aws_lambda_function", "aws_cloudwatch_log_group"): UPDATED for name in EVERY_FUNCTION}
            | dict.fromkeys(("aws_cloudwatch_log_group.access", "aws_cloudwatch_log_group.execution"), UPDATED),
        ),
    ],
    ids=["debug_mode", "force_destroy", "log_retention_days"],
)
def test_plan_for_a_changed_setting_shows_what_it_changes_alone(
    cloud: LocalCloud, setting: str, value: str, changed: dict[str, str]
) -> None:
    assert planned_changes(deployment_of(cloud, **{setting: value})) == changed


@by_terraform
def test_a_changed_processor_builds_the_code_again_on_a_fresh_checkout(cloud: LocalCloud) -> None:
    changed = planned_changes(deployment_of(cloud, compatible_architectures='["arm64"]'))

    archives = ("terraform_data.code", "terraform_data.layer", "aws_lambda_layer_version.dependencies")
    assert changed == EVERY_FUNCTION | dict.fromkeys(archives, REPLACED)


@by_terraform
@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("aws_region", "eu-west-1", "This state is of a deployment in us-east-1, and aws_region is eu-west-1"),
        ("shared_resource_identifier", "other", "This state is of the deployment rekognition, and"),
    ],
)
def test_a_deployment_neither_moves_nor_gets_another_name(
    cloud: LocalCloud, setting: str, value: str, said: str
) -> None:
    with pytest.raises(StartupError) as refused:
        planned_changes(deployment_of(cloud, **{setting: value}))

    assert said in " ".join(str(refused.value).split())


@by_terraform
def test_a_refused_destroy_takes_nothing(cloud: LocalCloud) -> None:
    erasable = deployment_of(cloud)
    protected = deployment_of(cloud, force_destroy="false")
    protected.apply()
    try:
        cloud.put("guarded.jpg", sample("grace-hopper"), "Grace Hopper")
        before = _all_of(cloud)

        for terraform in (protected, erasable):
            with pytest.raises(StartupError, match=r"Refused,\s+and\s+nothing\s+was\s+destroyed"):
                terraform.destroy()

        assert _all_of(cloud) == before
        assert planned_changes(protected) == {}
        assert protected.apply().output.count("0 added, 0 changed, 0 destroyed") == 1
        assert protected.plan_is_clean()[0]
        assert cloud.send("POST", "/search", sample("grace-hopper")).json()["outcome"] == "match"
        cloud.put("guarded-too.jpg", sample("joe-biden-1"), "Joe Biden")
    finally:
        erasable.apply()


def _all_of(cloud: LocalCloud) -> tuple[dict[str, Any], ...]:
    s3, bucket = cloud.client("s3"), cloud.addresses["bucket"]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    return what_is_there(cloud), describe(cloud), {"rules": rules}


def told_in_documents() -> set[int]:
    """How many resources a person is told that Terraform makes."""
    pages = (ROOT / "README.md", ROOT / "docs/deploy.md")
    return {int(number) for page in pages for number in re.findall(r"(\d\d+) resources", page.read_text())}


@by_terraform
def test_a_second_plan_is_clean_and_destroy_leaves_nothing(cloud: LocalCloud) -> None:
    """The last of all: the cloud is empty afterwards."""
    terraform = deployment_of(cloud)
    made = len(terraform.resources())

    clean, plan = terraform.plan_is_clean()
    destroyed = terraform.destroy()

    print(f"{made} resources; second plan {plan.seconds:.1f} s; destroy {destroyed.seconds:.1f} s")
    assert clean, plan.output
    assert terraform.resources() == []
    assert what_is_there(cloud) == LEFT_IN_THE_ACCOUNT


@pytest.mark.usefixtures("terraform")
def test_two_deployments_stand_side_by_side_one_with_a_domain(tmp_path: Path) -> None:
    """One is deployed and used, another is added, used and destroyed: the first never notices."""
    other_logging = {"aws_apigateway_manage_account_logging": "false"}
    one = start_cloud(tmp_path / "data", "--terraform", "--debug")
    try:
        one.put("one.jpg", sample("grace-hopper"), "Grace Hopper")
        first = what_is_there(one)
        assert told_in_documents() == {len(deployment_of(one).resources())}
    finally:
        one.stop()
    environment = {f"TF_VAR_{name}": value for name, value in other_logging.items()}
    environment |= {"SHARED_RESOURCE_IDENTIFIER": "two", "CORS_ALLOWED_ORIGINS": PAGE, **WITH_DOMAIN}
    two = start_cloud(tmp_path / "data", "--terraform", "--debug", **environment)
    try:
        answer = two.send("POST", "/search", sample("grace-hopper")).json()
        assert answer["outcome"] == "unknown"
        assert two.put("two.jpg", sample("joe-biden-1"), "Joe Biden")["image"]["status"] == "INDEXED"
        assert what_is_there(two)["domains"] == ["api.two.example.com"]
        _assert_domain_leads_to_the_api(two)
        assert two.by_domain("api.two.example.com").send("GET", "/index/two.jpg").status_code == 200
        _assert_page_may_call(two)

        for shared, variables in (("two", other_logging), ("rekognition", {})):
            clean, plan = deployment_of(two, shared, **variables).plan_is_clean()
            assert clean, plan.output
        deployment_of(two, "two", **other_logging).destroy()

        assert what_is_there(two) == first
        assert two.client("dynamodb").scan(TableName="rekognition")["Count"] == 1
    finally:
        two.stop()


def _assert_domain_leads_to_the_api(cloud: LocalCloud) -> None:
    gateway, route53 = cloud.client("apigateway"), cloud.client("route53")
    (mapping,) = gateway.get_base_path_mappings(domainName="api.two.example.com")["items"]
    apis = {api["id"]: api["name"] for api in gateway.get_rest_apis()["items"]}
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    aliases = [record["Name"] for record in records if "AliasTarget" in record]

    assert (mapping["basePath"], mapping["stage"], apis[mapping["restApiId"]]) == ("v1", "v1", "two")
    assert aliases == ["api.two.example.com."]


def _assert_page_may_call(cloud: LocalCloud) -> None:
    """From a preflight to API Gateway's own refusal, which a page must be able to read."""
    wanted = {"Origin": PAGE, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-api-key"}

    preflight = cloud.send("OPTIONS", "/index/a.jpg", key="", headers=wanted)
    answer = cloud.send("GET", "/index", headers={"Origin": PAGE})
    refusal = cloud.send("GET", "/index", key="wrong", headers={"Origin": PAGE})

    photo = f"{cloud.addresses['awsEndpoint']}/{cloud.addresses['bucket']}/a.jpg"
    upload = requests.options(photo, headers=wanted, timeout=10)

    assert (preflight.status_code, preflight.headers["Access-Control-Allow-Headers"]) == (204, "x-api-key")
    assert (upload.status_code, upload.headers["Access-Control-Allow-Origin"]) == (200, PAGE)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, PAGE)
    assert (refusal.status_code, refusal.headers["Access-Control-Allow-Origin"]) == (403, "*")
