"""Settings: command line over environment over `.env` over defaults. The only place that reads os.environ."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from local_cloud.errors import StartupError
from local_cloud.ranges import (
    Reader,
    amount,
    anything,
    first_port,
    folder,
    metrics_name,
    module,
    number,
    one_of,
    origins,
    pattern,
    requests_per_second,
    switch,
    whole_number,
)

REPOSITORY = Path(__file__).resolve().parent.parent
DOTENV = REPOSITORY / ".env"

# Credentials of this cloud. Any others are accepted too, but a presigned link must be signed with these.
ACCESS_KEY_ID = "AKIALOCALCLOUD000000"
SECRET_ACCESS_KEY = "local-cloud-secret"  # noqa: S105 # nosec B105  # opens nothing but this machine's own loopback cloud


@dataclass(frozen=True)
class Settings:
    """Everything that can be chosen. Names in the environment are those of the Terraform variables, in capitals."""

    host: str = "127.0.0.1"
    host_names: str = ""  # comma-separated; of this machine, beside its addresses and localhost
    port: int = 8000
    region: str = "us-east-1"
    rekognition_endpoint_url: str = ""  # for the functions and their collection; empty: the engine of this cloud
    shared_resource_identifier: str = "rekognition"
    stage: str = "v1"
    debug_mode: bool = False
    max_faces_count: int = 100
    face_detect_threshold: float = 80
    face_detect_quality_filter: str = "AUTO"
    face_detect_attributes: str = "DEFAULT"
    price_per_image: str = "0.001"  # US dollars
    search_concurrency: int = 8  # faces of one photo
    upload_wait_seconds: float = 10
    link_expiry_seconds: int = 900
    cors_allowed_origins: str = ""  # comma-separated
    create_custom_domain: bool = False
    root_domain: str = ""  # of the custom domain
    metrics_namespace: str = "Faceprint"  # empty: no custom metrics
    throttle_rate_limit: float = 200.0  # requests per second and key
    throttle_burst_limit: int = 500
    keyless_rate_limit: float = 20.0  # requests per second and route that needs no key
    quota_limit: int = 10_000  # requests per period
    quota_period: str = "DAY"
    workers_per_function: int = 6  # processes; about 55 MB each
    concurrency: int = 1000  # invocations at once in the account
    alarm_seconds: float = 5.0  # between two looks at the alarms
    packages: Path = REPOSITORY / "build" / "lambda"  # layer and runtime, from scripts/package_lambdas.py local
    engine_module: str = "face_engine"
    engine_tps: str = ""  # Rekognition's requests per second of each operation, or `aws`; empty: no quota
    terraform: bool = False  # provision by terraform/ instead of by boto3
    faults: Path | None = None  # a plan of what goes wrong (docs/faults.md)
    data: Path | None = None  # None: a temporary directory, removed at exit

    @property
    def door_port(self) -> int:
        return self.port + 1 if self.port else 0

    @property
    def engine_port(self) -> int:
        return self.port + 2 if self.port else 0

    @property
    def own_names(self) -> frozenset[str]:
        """What clients may call this machine, beside its addresses and localhost; in lower case."""
        return frozenset(name.strip().lower() for name in (self.host, *self.host_names.split(",")) if name.strip())


@dataclass(frozen=True)
class Setting:
    """Where a variable's value goes, and how it is read."""

    attribute: str
    read: Reader


_endpoint = pattern(
    r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?",
    "scheme, host and port, such as http://127.0.0.1:8002",
)
SETTINGS = {
    "AWS_REGION": Setting(
        "region", pattern(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+", "a region as AWS writes it, such as us-east-1")
    ),
    "REKOGNITION_ENDPOINT_URL": Setting("rekognition_endpoint_url", _endpoint),
    "SHARED_RESOURCE_IDENTIFIER": Setting(
        "shared_resource_identifier",
        pattern(
            r"[a-z][a-z0-9-]{1,38}[a-z0-9]",
            "3 to 40 lower-case letters, digits and dashes, beginning with a letter and not ending with a dash",
        ),
    ),
    "STAGE": Setting("stage", pattern(r"[A-Za-z0-9_-]{1,128}", "1 to 128 letters, digits, dashes and underscores")),
    "DEBUG_MODE": Setting("debug_mode", switch),
    "AWS_REKOGNITION_FACE_DETECT_MAX_FACES_COUNT": Setting("max_faces_count", whole_number(1, 100)),
    "AWS_REKOGNITION_FACE_DETECT_THRESHOLD": Setting("face_detect_threshold", number(0, 100)),
    "AWS_REKOGNITION_FACE_DETECT_QUALITY_FILTER": Setting(
        "face_detect_quality_filter", one_of("NONE", "AUTO", "LOW", "MEDIUM", "HIGH")
    ),
    "AWS_REKOGNITION_FACE_DETECT_ATTRIBUTES": Setting("face_detect_attributes", one_of("DEFAULT", "ALL")),
    "AWS_REKOGNITION_PRICE_PER_IMAGE": Setting("price_per_image", amount(999_999)),
    "AWS_REKOGNITION_SEARCH_CONCURRENCY": Setting("search_concurrency", whole_number(1, 16)),
    "UPLOAD_WAIT_SECONDS": Setting("upload_wait_seconds", number(0, 20)),
    "LINK_EXPIRY_SECONDS": Setting("link_expiry_seconds", whole_number(1, 3_600)),
    "CORS_ALLOWED_ORIGINS": Setting("cors_allowed_origins", origins),
    "AWS_APIGATEWAY_CREATE_CUSTOM_DOMAIN": Setting("create_custom_domain", switch),
    "AWS_APIGATEWAY_ROOT_DOMAIN": Setting(
        "root_domain",
        pattern(
            r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}",
            "a domain name in lower case without a dot at its end, such as example.com",
        ),
    ),
    "METRICS_NAMESPACE": Setting("metrics_namespace", metrics_name),
    "THROTTLE_SETTINGS_RATE_LIMIT": Setting("throttle_rate_limit", number(0, 10_000, above=True)),
    "THROTTLE_SETTINGS_BURST_LIMIT": Setting("throttle_burst_limit", whole_number(1, 5_000)),
    "KEYLESS_RATE_LIMIT": Setting("keyless_rate_limit", number(1, 10_000)),
    "QUOTA_SETTINGS_LIMIT": Setting("quota_limit", whole_number(1, 2_147_483_647)),
    "QUOTA_SETTINGS_PERIOD": Setting("quota_period", one_of("DAY", "WEEK", "MONTH")),
    "LOCAL_CLOUD_WORKERS": Setting("workers_per_function", whole_number(1, 64)),
    "LOCAL_CLOUD_CONCURRENCY": Setting("concurrency", whole_number(1)),
    "LOCAL_CLOUD_ALARM_SECONDS": Setting("alarm_seconds", number(0.05, 3_600)),
    "LOCAL_CLOUD_PACKAGES": Setting("packages", folder),
    "LOCAL_CLOUD_ENGINE": Setting("engine_module", module),
    "FACE_ENGINE_TPS": Setting("engine_tps", requests_per_second),
    "LOCAL_CLOUD_HOST_NAMES": Setting("host_names", anything),
}
_MAY_BE_EMPTY = (origins, _endpoint, metrics_name, requests_per_second, anything)
# What scripts/ read from the same file, and the functions' names of a deployment's resources, which verify.py takes.
_OF_OTHERS = (
    "FACEPRINT_URL",
    "FACEPRINT_API_KEY",
    "AWS_S3_BUCKET_NAME",
    "AWS_DYNAMODB_TABLE_ID",
    "AWS_DYNAMODB_IMAGES_TABLE_ID",
    "AWS_REKOGNITION_COLLECTION_ID",
    "AWS_SQS_INDEX_QUEUE_URL",
)
_KNOWN = {*SETTINGS, *_OF_OTHERS}
_OUR_BEGINNINGS = ("LOCAL_CLOUD_", "FACEPRINT_", "AWS_REKOGNITION_", "THROTTLE_SETTINGS_", "QUOTA_SETTINGS_")
_CLOSE, _VERY_CLOSE = 0.8, 0.9
"""Of difflib's ratio: a letter or two are wrong, in a longer or in a shorter part."""
_OPTIONS: Mapping[str, tuple[str, Reader]] = {
    "port": ("--port", first_port),
    "engine_tps": ("--tps", requests_per_second),
    "concurrency": ("--concurrency", whole_number(1)),
}


def read_settings(options: Mapping[str, Any], given: Mapping[str, Mapping[str, str]] | None = None) -> Settings:
    """`options` come from the command line and win; None means not given.

    `given` has the variables by where they stand, the last place winning. Raises StartupError with a line for each
    mistake of all places together.
    """
    values, mistakes = {}, []
    for attribute, text, said, read in [*_variables(given or sources()), *_options(options)]:
        try:
            values[attribute] = read(text)
        except ValueError as exc:
            mistakes.append(f"{said} must be {exc}")
    if values.get("create_custom_domain") and not values.get("root_domain"):
        mistakes.append("a custom domain needs its root: set AWS_APIGATEWAY_ROOT_DOMAIN, for example to example.com")
    if mistakes:
        raise StartupError("\n".join(mistakes))
    return replace(Settings(), **values)


def sources() -> dict[str, dict[str, str]]:
    """The variables of `.env` and of the environment, which wins."""
    dotenv = {name: value for name, value in dotenv_values(DOTENV).items() if value is not None}
    return {".env": dotenv, "the environment": dict(os.environ)}


def _variables(given: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str, str, Reader]]:
    """Attribute, text, how a mistake begins, and reader; an empty text stands for the default where none fits it."""
    for name, setting in SETTINGS.items():
        place = next((place for place in reversed(tuple(given)) if name in given[place]), None)
        if place is not None and (given[place][name] or setting.read in _MAY_BE_EMPTY):
            text = given[place][name]
            yield setting.attribute, text, f"{name}={text} in {place}", setting.read


def _options(options: Mapping[str, Any]) -> Iterator[tuple[str, Any, str, Reader]]:
    for attribute, value in options.items():
        option, read = _OPTIONS.get(attribute, ("", _as_given))
        if value is not None:
            yield attribute, value, f"{option} {value}", read


def _as_given(value: Any) -> Any:
    return value


def strange_names(given: Mapping[str, Mapping[str, str]] | None = None) -> list[str]:
    """A line for each name that looks like one of ours and is none: its value has no effect."""
    found = given or sources()
    lines = []
    for place, variables in found.items():
        for name in variables.keys() - _KNOWN:
            meant = _meant(name, certain_only=place != ".env")
            if meant:
                lines.append(f"{name} in {place} is no setting and has no effect; {meant}")
    return sorted(lines)


def _meant(name: str, *, certain_only: bool) -> str:
    """What to say of a name, and nothing where it may well be another program's."""
    if name.upper() in _KNOWN:
        return f"write {name.upper()}"
    is_ours = name.startswith(_OUR_BEGINNINGS)
    if certain_only and not is_ours:
        return ""
    # The engine has more settings than the one that is known here; what looks quite like that one is still told.
    cutoff = _VERY_CLOSE if name.startswith("FACE_ENGINE_") else _CLOSE
    close = get_close_matches(name.upper(), _KNOWN, n=1, cutoff=cutoff)
    ending = [known for known in sorted(_KNOWN) if "_" in name and known.endswith(f"_{name.upper()}")]
    if close or ending:
        return f"{(close or ending)[0]} may be meant"
    return ".env.example has the names" if is_ours else ""


def environment_for_children() -> dict[str, str]:
    """What our own tools (engine, packaging) inherit: all but the developer's AWS settings and profile.

    The engine's own settings may stand in `.env` as well.
    """
    of_engine = {name: value for name, value in sources()[".env"].items() if name.startswith("FACE_ENGINE_")}
    inherited = {name: value for name, value in (of_engine | os.environ).items() if not name.startswith("AWS_")}
    python_path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    no_profile = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**inherited, **no_profile, "PYTHONPATH": python_path}


def provider_folders() -> list[Path]:
    """Where a machine may keep Terraform's providers: its own places, then any mirror in the usual ones."""
    home = Path.home()
    cache = os.environ.get("TF_PLUGIN_CACHE_DIR")
    own = [Path(cache)] if cache else []
    own += [home / ".terraform.d" / "plugins", home / ".terraform.d" / "plugin-cache"]
    own += [Path("/usr/local/share/terraform/plugins"), Path("/usr/share/terraform/plugins")]
    places = (home, Path("/opt"), Path("/usr/local"), Path("/usr/local/share"), Path("/usr/share"), Path("/var/lib"))
    mirrors = [found.parent for place in places for found in sorted(place.glob("*/registry.terraform.io"))]
    return own + mirrors


def running_folder() -> Path:
    """Where running clouds leave word of themselves, whatever shell asks for them."""
    return Path(tempfile.gettempdir()) / f"faceprint-local-clouds-{os.getuid()}"
