"""What API Gateway does with a request, in its order. Reading `STEPS` is reading the specification."""

from collections.abc import Callable
from dataclasses import dataclass, field

from local_cloud.gateway.definition import METHODS, ApiDefinition
from local_cloud.gateway.domains import Domains, NoDomains, StagePath, host_name, resolve
from local_cloud.gateway.exchange import Exchange
from local_cloud.gateway.integration import Invoker, call_function
from local_cloud.gateway.mock import answer_mock
from local_cloud.gateway.refusals import (
    ConfigurationError,
    MissingAuthenticationTokenError,
    RequestTooLargeError,
    UnknownStageError,
    UnmappedError,
)
from local_cloud.gateway.usage import MethodThrottles, Usage

# API Gateway's limit for a request body, in bytes.
BODY_LIMIT = 10 * 1024 * 1024

# ANY means one of these: nothing that a client made up gets into a template.
_METHODS = frozenset(name.upper() for name in METHODS)


@dataclass(frozen=True)
class Deployed:
    """What the gateway serves: the definition, the keys, and who runs functions."""

    definition: ApiDefinition
    usage: Usage
    invoker: Invoker
    account_id: str
    may_invoke: Callable[[str, str], bool] = lambda *_: True  # function and source ARN, by the function's own policy
    domains: Domains = field(default_factory=NoDomains)
    throttles: MethodThrottles = field(default_factory=lambda: MethodThrottles({}))


def find_stage(exchange: Exchange, deployed: Deployed) -> None:
    """By the domain's mappings where the host is a custom domain, else by the first part of the path."""
    mappings = deployed.domains.mappings(host_name(exchange.header("host")))
    if mappings is None:
        stage, _, rest = exchange.path.lstrip("/").partition("/")
        found = StagePath(deployed.definition.api_id, stage, f"/{rest}", exchange.path.removeprefix(f"/{stage}"))
    elif not (mapped := resolve(exchange.path, mappings)) or mapped.api_id != deployed.definition.api_id:
        raise UnmappedError
    else:
        found = mapped
    if found.stage != deployed.definition.stage:
        raise UnknownStageError
    exchange.path_in_stage, exchange.told_path = found.rest, found.told


def find_route(exchange: Exchange, deployed: Deployed) -> None:
    """Resource and method; AWS answers both kinds of nowhere with the same refusal."""
    match = deployed.definition.match(exchange.path_in_stage)
    if match is None:
        raise MissingAuthenticationTokenError
    exchange.resource, exchange.path_parameters = match.resource, match.parameters
    if exchange.method in _METHODS:
        exchange.route = match.methods.get(exchange.method) or match.methods.get("ANY")
    if exchange.route is None:
        raise MissingAuthenticationTokenError


def check_api_key(exchange: Exchange, deployed: Deployed) -> None:
    """Before the size is looked at: who has no key learns nothing else."""
    assert exchange.route is not None
    if exchange.route.needs_key:
        exchange.key_digest = deployed.usage.authenticate(exchange.header("x-api-key"))


def check_size(exchange: Exchange, _: Deployed) -> None:
    if exchange.body_overflowed:
        raise RequestTooLargeError


def check_throttle_and_quota(exchange: Exchange, deployed: Deployed) -> None:
    """The caller's own limits first, then those of the method, which all callers share."""
    assert exchange.route is not None
    if exchange.key_digest is not None:
        deployed.usage.spend(exchange.key_digest)
    deployed.throttles.spend(exchange.resource, exchange.route.name)


def call_integration(exchange: Exchange, deployed: Deployed) -> None:
    assert exchange.route is not None
    if exchange.route.mock is not None:
        exchange.answer = answer_mock(exchange, deployed.definition)
    elif exchange.route.function is not None:
        if not deployed.may_invoke(exchange.route.function, source_arn(exchange, deployed)):
            raise ConfigurationError
        exchange.answer = call_function(exchange, deployed.definition, deployed.invoker, deployed.account_id)
    else:
        raise ConfigurationError


def source_arn(exchange: Exchange, deployed: Deployed) -> str:
    """The method of the API as a function's policy names it."""
    assert exchange.route is not None and exchange.route.function is not None
    region, definition = exchange.route.function.split(":")[3], deployed.definition
    api = f"arn:aws:execute-api:{region}:{deployed.account_id}:{definition.api_id}"
    return f"{api}/{definition.stage}/{exchange.method}{exchange.resource}"


Step = Callable[[Exchange, Deployed], None]
_BY_HEAD: tuple[Step, ...] = (find_stage, find_route, check_api_key)
STEPS: tuple[Step, ...] = (*_BY_HEAD, check_size, check_throttle_and_quota, call_integration)


def body_limit(exchange: Exchange, deployed: Deployed) -> int:
    """How much of a body is worth keeping, known from the headers alone: nothing of a request that will be refused."""
    for step in _BY_HEAD:
        step(exchange, deployed)
    return BODY_LIMIT
