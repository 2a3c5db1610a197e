"""What requests of each service need."""

from collections.abc import Callable, Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import ParseError

from local_cloud.backend.moto_state import ACCOUNT_ID
from local_cloud.iam.dynamodb_needs import dynamodb_needs
from local_cloud.iam.requests import AwsRequest, MalformedRequestError, Need
from local_cloud.iam.rest_needs import api_gateway_needs, lambda_needs, route53_needs
from local_cloud.iam.s3_needs import s3_needs, to_read

_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, IndexError, ParseError)


def needs_of(request: AwsRequest) -> list[Need]:
    """Everything that must be allowed; empty only for what AWS lets everybody do. Raises MalformedRequestError."""
    try:
        found = list(_NEEDS.get(request.service, _any_service)(request))
        if not found and not _is_free(request):
            found = [request.need()]
    except _UNREADABLE as exc:
        raise MalformedRequestError from exc
    return found


def _is_free(request: AwsRequest) -> bool:
    """Who one is, is nobody's secret: no policy can forbid that question."""
    return request.service == "sts" and request.operation == "GetCallerIdentity"


def _any_service(request: AwsRequest) -> Iterator[Need]:
    yield request.need()


def _sqs(request: AwsRequest) -> Iterator[Need]:
    parameters = request.parameters
    in_path = "" if request.target else unquote(request.path)  # the query protocol may POST to the queue itself
    name = (parameters.get("QueueUrl") or in_path).rsplit("/", 1)[-1] or parameters.get("QueueName", "")
    operation = request.operation.removesuffix("Batch")
    yield Need(f"sqs:{operation}", request.arn(name) if name else "*")


def _sns(request: AwsRequest) -> Iterator[Need]:
    parameters = request.parameters
    named = parameters.get("TopicArn") or parameters.get("TargetArn") or parameters.get("ResourceArn")
    yield Need(f"sns:{request.operation.removesuffix('Batch')}", named or "*")


def _sts(request: AwsRequest) -> Iterator[Need]:
    if not _is_free(request):
        yield request.need(request.parameters.get("RoleArn", "*"))


def _logs(request: AwsRequest) -> Iterator[Need]:
    group, stream = request.parameters.get("logGroupName"), request.parameters.get("logStreamName", "")
    yield request.need(request.arn(f"log-group:{group}:log-stream:{stream}") if group else "*")


def _rekognition(request: AwsRequest) -> Iterator[Need]:
    parameters = request.parameters
    collection = parameters.get("CollectionId")
    yield request.need(request.arn(f"collection/{collection}") if collection else "*")
    for image in (parameters.get(name) or {} for name in ("Image", "SourceImage", "TargetImage")):
        # Rekognition reads the bucket with its caller's permission.
        if place := image.get("S3Object"):
            yield to_read(place["Bucket"], place["Name"], place.get("Version"))


def _iam(request: AwsRequest) -> Iterator[Need]:
    role = request.parameters.get("RoleName")
    yield request.need(f"arn:aws:iam::{ACCOUNT_ID}:role/{role}" if role else "*")


_NEEDS: dict[str, Callable[[AwsRequest], Iterator[Need]]] = {
    "apigateway": api_gateway_needs,
    "dynamodb": dynamodb_needs,
    "iam": _iam,
    "lambda": lambda_needs,
    "logs": _logs,
    "rekognition": _rekognition,
    "route53": route53_needs,
    "s3": s3_needs,
    "sns": _sns,
    "sqs": _sqs,
    "sts": _sts,
}
