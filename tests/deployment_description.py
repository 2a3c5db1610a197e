"""What is deployed, read through the AWS APIs: to compare two provisioners, and to see that nothing is left."""

import json
import re
from typing import Any

from local_world import LocalCloud

_QUEUE = ("VisibilityTimeout", "MessageRetentionPeriod", "RedrivePolicy", "Policy", "SqsManagedSseEnabled")
_FUNCTION = ("Handler", "Runtime", "MemorySize", "Timeout", "Description")
_MAPPING = ("BatchSize", "FunctionResponseTypes", "ScalingConfig", "EventSourceArn", "FunctionArn", "State")


def describe(cloud: LocalCloud) -> dict[str, Any]:
    """Functions, environments, permissions, event sources, queues, tables, indexes, bucket, API and usage plan."""
    return {
        "functions": _functions(cloud),
        "mappings": [
            {name: mapping[name] for name in _MAPPING}
            for mapping in cloud.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        ],
        "queues": _queues(cloud),
        "tables": _tables(cloud),
        "bucket": _bucket(cloud),
        "api": _api(cloud),
    }


def _functions(cloud: LocalCloud) -> dict[str, Any]:
    client, iam = cloud.client("lambda"), cloud.client("iam")
    found = {}
    for function in client.list_functions()["Functions"]:
        role = function["Role"].rsplit("/", 1)[1]
        policies = iam.list_role_policies(RoleName=role)["PolicyNames"]
        found[function["FunctionName"]] = {
            **{name: function[name] for name in _FUNCTION},
            "Environment": {name: _without_host(value) for name, value in function["Environment"]["Variables"].items()},
            "ResourcePolicy": _without_api_id(client.get_policy(FunctionName=function["FunctionName"])["Policy"])
            if function["FunctionName"] != "rekognition_index"
            else None,
            "Trust": _statements(iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]),
            "Permissions": {
                name: _statements(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])
                for name in policies
            },
        }
    return found


def _without_api_id(policy: str) -> list[str]:
    return _statements(json.loads(re.sub(r":[a-z0-9]{10}/", ":API/", policy)))


def _statements(document: dict[str, Any]) -> list[str]:
    """Each statement as text, one action or resource in a list or alone alike."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(item) for name, item in value.items() if name != "Sid"}
        return sorted(value) if isinstance(value, list) and len(value) > 1 else value[0] if value == [*value] else value

    return sorted(json.dumps(plain(statement), sort_keys=True) for statement in document["Statement"])


def _queues(cloud: LocalCloud) -> dict[str, Any]:
    sqs = cloud.client("sqs")
    found = {}
    for url in sqs.list_queues().get("QueueUrls", []):
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        kept = {name: attributes[name] for name in _QUEUE if name in attributes}
        for name in {"RedrivePolicy", "Policy"} & kept.keys():
            kept[name] = json.loads(kept[name])
        if "Policy" in kept:
            kept["Policy"] = _statements(kept["Policy"])
        found[url.rsplit("/", 1)[1]] = kept
    return found


def _tables(cloud: LocalCloud) -> dict[str, Any]:
    dynamodb = cloud.client("dynamodb")
    found = {}
    for name in dynamodb.list_tables()["TableNames"]:
        table = dynamodb.describe_table(TableName=name)["Table"]
        backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        found[name] = {
            "KeySchema": table["KeySchema"],
            "AttributeDefinitions": sorted(table["AttributeDefinitions"], key=lambda item: item["AttributeName"]),
            "BillingMode": table["BillingModeSummary"]["BillingMode"],
            "SSE": table["SSEDescription"]["Status"],
            "PointInTimeRecovery": backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
            "Indexes": [
                {part: index[part] for part in ("IndexName", "KeySchema", "Projection")}
                for index in table.get("GlobalSecondaryIndexes", [])
            ],
        }
    return found


def _bucket(cloud: LocalCloud) -> dict[str, Any]:
    s3, bucket = cloud.client("s3"), cloud.addresses["bucket"]
    (queue,) = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    return {
        "Versioning": s3.get_bucket_versioning(Bucket=bucket)["Status"],
        "PublicAccessBlock": s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"],
        "Encryption": [rule["ApplyServerSideEncryptionByDefault"] for rule in rules],
        "Policy": _statements(json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])),
        "Notification": (queue["QueueArn"], sorted(queue["Events"])),
    }


def _api(cloud: LocalCloud) -> dict[str, Any]:
    client = cloud.client("apigateway")
    (api,) = client.get_rest_apis()["items"]
    (stage,) = client.get_stages(restApiId=api["id"])["item"]
    (plan,) = client.get_usage_plans()["items"]
    keys = client.get_usage_plan_keys(usagePlanId=plan["id"])["items"]
    exported = client.get_export(restApiId=api["id"], stageName=stage["stageName"], exportType="oas30")
    return {
        "name": api["name"],
        "stage": stage["stageName"],
        "limits": {
            name: (settings["throttlingRateLimit"], settings["throttlingBurstLimit"], settings["metricsEnabled"])
            for name, settings in stage["methodSettings"].items()
        },
        "definition": json.loads(exported["body"].read()),
        "plan": {"throttle": plan["throttle"], "quota": {"offset": 0, **plan["quota"]}, "name": plan["name"]},
        "keys": [key["name"] for key in keys],
    }


def _without_host(value: str) -> str:
    """A queue's URL names the port, which differs from cloud to cloud."""
    return "/".join(value.split("/")[3:]) if value.startswith("http://127.0.0.1:") else value


def what_is_there(cloud: LocalCloud) -> dict[str, list[str]]:
    """The names of all that a deployment is made of, by kind; only kinds of which there is something."""
    found = {
        "functions": [item["FunctionName"] for item in cloud.client("lambda").list_functions()["Functions"]],
        "layers": [item["LayerName"] for item in cloud.client("lambda").list_layers()["Layers"]],
        "mappings": [
            item["UUID"] for item in cloud.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        ],
        "roles": [item["RoleName"] for item in cloud.client("iam").list_roles()["Roles"]],
        "buckets": [item["Name"] for item in cloud.client("s3").list_buckets()["Buckets"]],
        "queues": [url.rsplit("/", 1)[1] for url in cloud.client("sqs").list_queues().get("QueueUrls", [])],
        "tables": cloud.client("dynamodb").list_tables()["TableNames"],
        "apis": [item["name"] for item in cloud.client("apigateway").get_rest_apis()["items"]],
        "keys": [item["name"] for item in cloud.client("apigateway").get_api_keys()["items"]],
        "plans": [item["name"] for item in cloud.client("apigateway").get_usage_plans()["items"]],
        "logging role": [cloud.client("apigateway").get_account().get("cloudwatchRoleArn") or ""],
        "domains": [item["domainName"] for item in cloud.client("apigateway").get_domain_names()["items"]],
        "certificates": [
            item["DomainName"] for item in cloud.client("acm").list_certificates()["CertificateSummaryList"]
        ],
        "log groups": [item["logGroupName"] for item in cloud.client("logs").describe_log_groups()["logGroups"]],
        "alarms": [item["AlarmName"] for item in cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]],
        "dashboards": [
            item["DashboardName"] for item in cloud.client("cloudwatch").list_dashboards()["DashboardEntries"]
        ],
        "queries": [item["name"] for item in cloud.client("logs").describe_query_definitions()["queryDefinitions"]],
        "collections": cloud.client("rekognition").list_collections()["CollectionIds"],
    }
    return {kind: sorted(filter(None, names)) for kind, names in found.items() if any(names)}
