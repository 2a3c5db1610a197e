"""The custom domain, as terraform/domain.tf makes it, without certificate and DNS: nobody asks for them here."""

import contextlib

from local_cloud.aws import Aws
from local_cloud.blueprint import Names
from local_cloud.settings import Settings


def ensure_domain(aws: Aws, names: Names, settings: Settings, api_id: str) -> None:
    """Register the domain and lead its base path, the stage's name, to the stage."""
    client, domain = aws.client("apigateway"), f"api.{names.shared}.{settings.root_domain}"
    if domain not in [each["domainName"] for each in client.get_domain_names()["items"]]:
        client.create_domain_name(domainName=domain, endpointConfiguration={"types": ["REGIONAL"]})
    with contextlib.suppress(client.exceptions.ConflictException):
        client.create_base_path_mapping(
            domainName=domain, basePath=settings.stage, restApiId=api_id, stage=settings.stage
        )


def ensure_zone(aws: Aws, root_domain: str) -> None:
    """The public hosted zone that Terraform looks up: it is there before a deployment, and stays after it."""
    client = aws.client("route53")
    if f"{root_domain}." not in [zone["Name"] for zone in client.list_hosted_zones()["HostedZones"]]:
        client.create_hosted_zone(Name=root_domain, CallerReference=root_domain)
