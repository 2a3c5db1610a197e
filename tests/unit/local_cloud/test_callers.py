"""Web pages in a browser of this machine drive nothing of it, and made-up hosts are refused."""

from typing import Any

import pytest

from local_cloud.callers import NoPages, OwnHostOnly
from local_cloud.settings import Settings

FORM = "application/x-www-form-urlencoded"
SCOPE = "X-Amz-Credential=x%2F20260101%2Fus-east-1%2F{}%2Faws4_request"


def application(_: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain"), ("Cache-Control", "private")])
    return [b"served"]


def ask(
    front: type = NoPages, path: str = "/", query: str = "", names: str = "", **headers: str
) -> tuple[int, list[tuple[str, str]]]:
    """Status and headers."""
    environ = {"REQUEST_METHOD": "POST", "REQUEST_URI": f"{path}?{query}", "QUERY_STRING": query}
    environ |= {"HTTP_HOST": "127.0.0.1:8001"} | {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    answered: list[Any] = []
    settings = Settings(host_names=names)
    list(front(application, settings.own_names)(environ, lambda status, fields: answered.append((status, fields))))
    return int(answered[0][0][:3]), answered[0][1]


@pytest.mark.parametrize("front", [NoPages, OwnHostOnly])
@pytest.mark.parametrize(
    "host", ["127.0.0.1:8001", "localhost", "LOCALHOST:1", "[::1]:8001", "bucket.localhost:8001", "192.168.1.7", ""]
)
def test_addresses_and_localhost_are_answered(front: type, host: str) -> None:
    assert ask(front, host=host)[0] == 200


@pytest.mark.parametrize("front", [NoPages, OwnHostOnly])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8001", "127.0.0.1.evil.example", "localhost.evil.example", "[x", "a@b@"]
)
def test_a_rebound_name_is_refused(front: type, host: str) -> None:
    assert ask(front, host=host)[0] == 403


def test_a_name_that_the_settings_tell_is_answered() -> None:
    statuses = [ask(names="faces, Other.lan", host=host)[0] for host in ("faces:8001", "other.lan", "third.lan")]

    assert statuses == [200, 200, 403]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:3000"},
        {"origin": "http://localhost:8001"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_a_page_of_another_origin_is_refused(headers: dict[str, str]) -> None:
    assert ask(**headers)[0] == 403


def test_a_page_of_its_own_and_what_is_no_page_are_answered() -> None:
    own = {"origin": "http://127.0.0.1:8001", "sec_fetch_site": "same-origin"}

    assert [ask(**headers)[0] for headers in (own, {"sec_fetch_site": "none"}, {})] == [200, 200, 200]


def test_a_link_to_a_photo_is_for_pages() -> None:
    link = f"{SCOPE.format('s3')}&X-Amz-Signature=0"

    assert ask(path="/bucket/a.jpg", query=link, origin="http://localhost:3000", sec_fetch_site="cross-site")[0] == 200


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/", f"{SCOPE.format('sqs')}&X-Amz-Signature=0"),
        ("/", f"{SCOPE.format('sqs')}&{SCOPE.format('s3')}&X-Amz-Signature=0"),
        ("/", f"{SCOPE.format('s3')}&{SCOPE.format('sqs')}&X-Amz-Signature=0"),
        ("/", "X-Amz-Signature=0"),
        ("/_local/calls", f"{SCOPE.format('s3')}&X-Amz-Signature=0"),
        ("//_local/calls", f"{SCOPE.format('s3')}&X-Amz-Signature=0"),
    ],
)
def test_what_only_looks_like_such_a_link_is_refused(path: str, query: str) -> None:
    assert ask(path=path, query=query, origin="https://evil.example")[0] == 403


PROTECTION = {"X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy", "X-Frame-Options"}


@pytest.mark.parametrize("path", ["/bucket/a.jpg", "/"])
def test_a_program_gets_no_header_that_aws_does_not_send(path: str) -> None:
    assert [name for name, _ in ask(path=path)[1]] == ["Content-Type", "Cache-Control"]


@pytest.mark.parametrize(
    "headers", [{"sec_fetch_site": "none"}, {"origin": "http://127.0.0.1:8001"}, {"accept": "text/html,*/*"}]
)
def test_what_a_browser_may_show_is_protected_and_cached_as_its_owner_says(headers: dict[str, str]) -> None:
    answered = ask(**headers)[1]

    assert {name for name, _ in answered} >= PROTECTION
    assert [value for name, value in answered if name == "Cache-Control"] == ["private"]


@pytest.mark.parametrize(
    ("path", "headers"), [("/_local/calls", {}), ("/", {"host": "evil.example"}), ("/", {"origin": "null"})]
)
def test_pages_of_its_own_and_refusals_have_the_security_headers_once(path: str, headers: dict[str, str]) -> None:
    names = [name for name, _ in ask(path=path, **headers)[1]]

    assert set(names) >= PROTECTION
    assert names.count("Cache-Control") == 1
