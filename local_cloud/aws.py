"""boto3 clients for the door. Made once each: a client costs about 50 ms."""

import threading
from typing import Any

import boto3
from botocore.config import Config

from local_cloud.settings import ACCESS_KEY_ID, SECRET_ACCESS_KEY


class Aws:
    """The local cloud's AWS, as any AWS user sees it."""

    def __init__(self, endpoint: str, region: str) -> None:
        self.endpoint, self.region = endpoint, region
        self._session = boto3.session.Session(
            aws_access_key_id=ACCESS_KEY_ID, aws_secret_access_key=SECRET_ACCESS_KEY, region_name=region
        )
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:
        """A client of this service; safe to share between threads."""
        with self._lock:
            if service not in self._clients:
                config = Config(
                    signature_version="s3v4" if service == "s3" else None,
                    s3={"addressing_style": "path"},
                    retries={"total_max_attempts": 1},
                )
                self._clients[service] = self._session.client(service, endpoint_url=self.endpoint, config=config)
            return self._clients[service]
