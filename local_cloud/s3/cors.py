"""Which web pages may read a bucket's answers: its CORS configuration, applied as S3 applies it.

moto leaves a page's method and headers out of account, answers a refused preflight with 200, and adds nothing to HEAD.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from local_cloud.s3.refusal import S3Error

Environ = dict[str, Any]
Headers = list[tuple[str, str]]

_OURS = "access-control-"
_VARY = ("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")


@dataclass(frozen=True)
class CorsRule:
    """One rule of a configuration; an origin or header may hold one `*`."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age: str = ""

    def allows(self, origin: str, method: str, headers: Sequence[str] = ()) -> bool:
        return (
            any(fnmatchcase(origin, _literal(pattern)) for pattern in self.origins)
            and method in self.methods
            and all(any(fnmatchcase(name, _literal(pattern.lower())) for pattern in self.headers) for name in headers)
        )


def _literal(pattern: str) -> str:
    """With no meaning but that of `*`."""
    return pattern.replace("[", "[[]").replace("?", "[?]")


def answer_preflight(environ: Environ, rules: Sequence[CorsRule]) -> Headers:
    """The headers of a 200; S3Error where no rule allows what the page is about to ask."""
    origin, method = environ.get("HTTP_ORIGIN"), environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD")
    if not origin:
        raise S3Error(400, "BadRequest", "Insufficient information. Origin request header needed.")
    if not method:
        text = f"Invalid Access-Control-Request-Method: {method}"
        raise S3Error(400, "BadRequest", text)
    if not rules:
        raise S3Error(403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")
    wanted = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "").lower().split(",")
    names = [name.strip() for name in wanted if name.strip()]
    rule = next((rule for rule in rules if rule.allows(origin, method, names)), None)
    if rule is None:
        text = (
            "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, "
            "request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by "
            "the resource's CORS spec."
        )
        raise S3Error(403, "AccessForbidden", text)
    allowed = [("Access-Control-Allow-Headers", ", ".join(names))] if names else []
    return [*allowed, *_headers(rule, origin)]


def with_cors(environ: Environ, headers: Headers, rules: Sequence[CorsRule]) -> Headers:
    """The answer's headers with those for the page, if there is one that a rule allows."""
    origin, method = environ.get("HTTP_ORIGIN"), environ["REQUEST_METHOD"]
    kept = [header for header in headers if not header[0].lower().startswith(_OURS)]
    rule = next((rule for rule in rules if origin and rule.allows(origin, method)), None)
    return [*kept, *(_headers(rule, origin or "") if rule else [])]


def _headers(rule: CorsRule, origin: str) -> Headers:
    anybody = "*" in rule.origins
    found = [("Access-Control-Allow-Origin", "*" if anybody else origin)]
    found.append(("Access-Control-Allow-Methods", ", ".join(rule.methods)))
    if rule.exposed:
        found.append(("Access-Control-Expose-Headers", ", ".join(rule.exposed)))
    if rule.max_age:
        found.append(("Access-Control-Max-Age", rule.max_age))
    if not anybody:
        found.append(("Access-Control-Allow-Credentials", "true"))
    return [*found, _VARY]
