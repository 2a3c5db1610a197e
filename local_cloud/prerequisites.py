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
    """Tell of all of them at once, instead of one after everything else has been started."""
    complaints = []
    for port in filter(None, (settings.port, settings.door_port, settings.engine_port)):
        try:
            listen_on(settings.host, port).close()
        except StartupError as exc:
            complaints.append(str(exc))
    if complaints:
        raise StartupError("\n".join(complaints))
