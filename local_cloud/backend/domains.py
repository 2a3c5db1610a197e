"""Custom domain names of API Gateway, as moto has them at this moment: whoever made them."""

from typing import Any

from local_cloud.backend.moto_state import ACCOUNT_ID, backends_of
from local_cloud.gateway.domains import BasePathMapping

_NO_BASE_PATH = "(none)"


class BackendDomains:
    """Those of one region. Single reads of dictionaries: no request waits for the backend's lock."""

    def __init__(self, region: str) -> None:
        self._region = region

    def mappings(self, name: str) -> list[BasePathMapping] | None:
        """Of the name, or of the wildcard above it; None: neither is registered."""
        apigateway: Any = backends_of("apigateway")[ACCOUNT_ID][self._region]
        wildcard = f"*.{name.partition('.')[2]}"
        registered = next((each for each in (name, wildcard) if each in apigateway.domain_names), None)
        if registered is None:
            return None
        found = list(apigateway.base_path_mappings.get(registered, {}).values())
        return [BasePathMapping(_base_path(each), each.rest_api_id, each.stage or None) for each in found]


def _base_path(mapping: Any) -> str:
    return "" if mapping.base_path == _NO_BASE_PATH else str(mapping.base_path)
