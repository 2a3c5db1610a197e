"""Settings: command line over environment over `.env` over defaults. The only place that reads os.environ."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from local_cloud.errors import StartupError

REPOSITORY = Path(__file__).resolve().parent.parent
_TRUE = {"1", "true", "yes", "on"}

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
    shared_resource_identifier: str = "rekognition"
    stage: str = "v1"
    debug_mode: bool = False
    max_faces_count: int = 100
    face_detect_threshold: int = 80
    face_detect_quality_filter: str = "AUTO"
    face_detect_attributes: str = "DEFAULT"
    price_per_image: str = "0.001"  # US dollars
    search_concurrency: int = 8  # faces of one photo
    upload_wait_seconds: int = 10
    link_expiry_seconds: int = 900
    cors_allowed_origins: str = ""  # comma-separated
    create_custom_domain: bool = False
    root_domain: str = ""  # of the custom domain
    metrics_namespace: str = "Faceprint"  # empty: no custom metrics
    throttle_rate_limit: float = 200.0  # requests per second and key
    throttle_burst_limit: int = 500
    quota_limit: int = 1_000_000  # requests per period
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


_NAMES = {
    "AWS_REGION": "region",
    "SHARED_RESOURCE_IDENTIFIER": "shared_resource_identifier",
    "STAGE": "stage",
    "DEBUG_MODE": "debug_mode",
    "AWS_REKOGNITION_FACE_DETECT_MAX_FACES_COUNT": "max_faces_count",
    "AWS_REKOGNITION_FACE_DETECT_THRESHOLD": "face_detect_threshold",
    "AWS_REKOGNITION_FACE_DETECT_QUALITY_FILTER": "face_detect_quality_filter",
    "AWS_REKOGNITION_FACE_DETECT_ATTRIBUTES": "face_detect_attributes",
    "AWS_REKOGNITION_PRICE_PER_IMAGE": "price_per_image",
    "AWS_REKOGNITION_SEARCH_CONCURRENCY": "search_concurrency",
    "UPLOAD_WAIT_SECONDS": "upload_wait_seconds",
    "LINK_EXPIRY_SECONDS": "link_expiry_seconds",
    "CORS_ALLOWED_ORIGINS": "cors_allowed_origins",
    "AWS_APIGATEWAY_CREATE_CUSTOM_DOMAIN": "create_custom_domain",
    "AWS_APIGATEWAY_ROOT_DOMAIN": "root_domain",
    "METRICS_NAMESPACE": "metrics_namespace",
    "THROTTLE_SETTINGS_RATE_LIMIT": "throttle_rate_limit",
    "THROTTLE_SETTINGS_BURST_LIMIT": "throttle_burst_limit",
    "QUOTA_SETTINGS_LIMIT": "quota_limit",
    "QUOTA_SETTINGS_PERIOD": "quota_period",
    "LOCAL_CLOUD_WORKERS": "workers_per_function",
    "LOCAL_CLOUD_CONCURRENCY": "concurrency",
    "LOCAL_CLOUD_ALARM_SECONDS": "alarm_seconds",
    "LOCAL_CLOUD_PACKAGES": "packages",
    "LOCAL_CLOUD_ENGINE": "engine_module",
    "FACE_ENGINE_TPS": "engine_tps",
    "LOCAL_CLOUD_HOST_NAMES": "host_names",
}


def read_settings(options: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Settings:
    """`options` come from the command line and win; None means not given. All mistakes are reported together."""
    if environ is None:
        dotenv = {name: value for name, value in dotenv_values(REPOSITORY / ".env").items() if value is not None}
        environ = {**dotenv, **os.environ}
    defaults, values, mistakes = Settings(), {}, []
    for name, attribute in _NAMES.items():
        if name not in environ:
            continue
        try:
            values[attribute] = _parse(environ[name], getattr(defaults, attribute))
        except ValueError:
            mistakes.append(f"{name}={environ[name]!r} is not a {type(getattr(defaults, attribute)).__name__}")
    given = {name: value for name, value in options.items() if value is not None}
    chosen = replace(defaults, **{**values, **given})
    if chosen.create_custom_domain and not chosen.root_domain:
        mistakes.append("a custom domain needs its root: set AWS_APIGATEWAY_ROOT_DOMAIN, for example to example.com")
    if mistakes:
        raise StartupError("; ".join(mistakes))
    return chosen


def _parse(text: str, example: Any) -> Any:
    if isinstance(example, bool):
        return text.strip().lower() in _TRUE
    return type(example)(text) if not isinstance(example, Path) else Path(text).expanduser()


def environment_for_children() -> dict[str, str]:
    """What our own tools (engine, packaging) inherit: all but the developer's AWS settings and profile."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
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


def state_file() -> Path:
    """Where a cloud without --data says that it runs, so that `status` finds it."""
    folder = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(folder) / f"faceprint-local-cloud-{os.getuid()}.json"
