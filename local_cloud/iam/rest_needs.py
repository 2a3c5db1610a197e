"""What requests of REST services need. Their operation has no name on the wire: method and path tell it."""

import json
import re
from collections.abc import Iterator
from functools import cache
from urllib.parse import unquote

from botocore.loaders import Loader

from local_cloud.iam.requests import AwsRequest, Need

_INVOCATION = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")
_PATH_PARAMETER = re.compile(r"\\\{[^}]*?(\\\+)?\\\}")


def lambda_needs(request: AwsRequest) -> Iterator[Need]:
    """A function that gets a role or layers needs the right to pass and to read them."""
    if found := _INVOCATION.fullmatch(request.path):
        name = unquote(found[1]).split(":function:")[-1].split(":")[0]
        yield Need("lambda:InvokeFunction", request.arn(f"function:{name}"))
        return
    operation = _operation_of(request)
    yield Need(f"lambda:{operation}", "*")
    if operation in ("CreateFunction", "UpdateFunctionConfiguration"):
        document = json.loads(request.body or b"{}")
        yield from (_to_pass(role, "lambda.amazonaws.com") for role in [document.get("Role")] if role)
        yield from (Need("lambda:GetLayerVersion", layer) for layer in document.get("Layers") or [])


def api_gateway_needs(request: AwsRequest) -> Iterator[Need]:
    """Its actions are HTTP's methods, its resources the paths."""
    yield Need(f"apigateway:{request.method}", f"arn:aws:apigateway:{request.region}::{unquote(request.path)}")
    if request.path == "/account" and request.method == "PATCH":
        for change in json.loads(request.body)["patchOperations"]:
            if change["path"] == "/cloudwatchRoleArn" and change.get("value"):
                yield _to_pass(change["value"], "apigateway.amazonaws.com")


def route53_needs(request: AwsRequest) -> Iterator[Need]:
    yield Need(f"route53:{_operation_of(request)}", "*")


def _to_pass(role: str, service: str) -> Need:
    return Need("iam:PassRole", role, {"iam:passedtoservice": service})


def _operation_of(request: AwsRequest) -> str:
    """Raises MalformedRequestError's cause, a KeyError, for what is no operation."""
    path = request.path.rstrip("/")
    for method, pattern, name in _operations(request.service):
        if method == request.method and pattern.fullmatch(path):
            return name
    raise KeyError(path)


@cache
def _operations(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    """Method, path and name of each, as the SDK has them; a path without parameters comes before one with them."""
    model = Loader().load_service_model(service, "service-2")
    found = []
    for name, operation in sorted(model["operations"].items()):
        uri = operation["http"]["requestUri"].partition("?")[0].rstrip("/")
        pattern = _PATH_PARAMETER.sub(lambda part: ".+" if part[1] else "[^/]+", re.escape(uri))
        found.append((uri.count("{"), operation["http"]["method"], re.compile(pattern), name))
    return [entry[1:] for entry in sorted(found, key=lambda entry: entry[0])]
