"""What must be there before anything is started: packages, and ports that nobody listens on."""

from pathlib import Path

from local_cloud.errors import StartupError
from local_cloud.http_server import listen_on
from local_cloud.settings import Settings


def require_packages(folder: Path) -> tuple[Path, Path]:
    """Layer and runtime, as scripts/package_lambdas.py made them at set-up."""
    layer, runtime = folder / "layer", folder / "runtime"
    if not (layer.is_dir() and runtime.is_dir()):
        raise StartupError(
            f"no Lambda layer in {folder}: run `make setup`, or scripts/package_lambdas.py local {folder}"
        )
    return layer, runtime


def require_free_ports(settings: Settings) -> None:
    """Tell at once, instead of after everything else has been started."""
    for port in filter(None, (settings.port, settings.door_port, settings.engine_port)):
        listen_on(settings.host, port).close()
