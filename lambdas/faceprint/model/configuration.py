"""What a deployment was configured with."""

from dataclasses import dataclass

from faceprint.model.errors import MisconfiguredError


@dataclass(frozen=True)
class Settings:
    """Empty text where a function was not given a name: each function gets only what it needs."""

    shared_resource_identifier: str
    stage: str
    debug_mode: bool
    bucket: str
    table: str
    images_table: str
    collection: str
    max_faces: int
    threshold: float
    quality_filter: str
    attributes: tuple[str, ...]
    price_per_image: float
    search_concurrency: int
    index_queue_url: str
    upload_wait_seconds: float
    link_expiry_seconds: int
    cors_allowed_origins: tuple[str, ...] = ()
    metrics_namespace: str = ""

    @property
    def service(self) -> str:
        """The deployment's name among others that write metrics into the same namespace."""
        return self.shared_resource_identifier or "faceprint"

    def need(self, name: str) -> str:
        """The name of a resource. Raises MisconfiguredError where the function was not given it."""
        value: str = getattr(self, name)
        if not value:
            raise MisconfiguredError(f"The environment of this function does not set its {name}.")
        return value
