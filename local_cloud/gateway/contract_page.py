"""The contract for people: Swagger UI, where every request can be tried, at the root of the gateway.

API Gateway has no such page. It knows nothing but the address of the contract, and loads nothing from elsewhere.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from swagger_ui_bundle import swagger_ui_path

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Faceprint</title>
<link rel="stylesheet" href="/swagger-ui/swagger-ui.css">
<style>#key-notice.wrong { color: #b00020 }</style>
<link rel="icon" href="/swagger-ui/favicon-32x32.png">
</head>
<body>
<p class="swagger-ui" style="margin: 1rem auto; max-width: 1460px; padding: 0 20px">
<label>API key <input id="key" type="password" size="48" autocomplete="off" spellcheck="false"></label>
<span id="key-notice" role="status"></span>
</p>
<div id="contract" data-url="%(contract)s"></div>
<noscript>This page needs JavaScript; the contract itself is at <a href="%(contract)s">%(contract)s</a>.</noscript>
<script src="/swagger-ui/swagger-ui-bundle.js"></script>
<script src="/swagger-ui/show-contract.js"></script>
</body>
</html>
"""
_SCRIPT = Path(__file__).with_name("contract_page.js")
_ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "frame-ancestors 'none'; object-src 'none'; base-uri 'none'; form-action 'none'"
)


class ContractPage:
    """A WSGI application: the page and its assets, and the gateway for everything else."""

    def __init__(self, gateway: Application, *, stage: str) -> None:
        self._gateway = gateway
        self._contract = f"/{stage}/openapi.json"

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        content = self._content(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] in ("GET", "HEAD") else None
        if content is None:
            return self._gateway(environ, start_response)
        kind, body = content
        headers = [
            ("Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text/") else kind),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", _POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
        ]
        start_response("200 OK", headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _content(self, path: str) -> tuple[str, bytes] | None:
        if path == "/":
            return "text/html", (_PAGE % {"contract": self._contract}).encode()
        if path == "/swagger-ui/show-contract.js":
            return "text/javascript", _SCRIPT.read_bytes()
        asset = path.removeprefix("/swagger-ui/")
        if path != asset and asset in _ASSETS:
            return _ASSETS[asset], Path(str(swagger_ui_path), asset).read_bytes()
        return None
