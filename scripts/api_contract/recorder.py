"""Walks through the API of a running deployment and keeps what it answers."""

import base64
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import requests

from api_contract.examples import Answer, Example, Request
from api_contract.openapi import ROOT
from api_contract.placeholders import Placeholders, shorten
from api_contract.walk import Body, Photo, Step, Way, fill, look_up

SHOWN_HEADERS = ("Content-Type", "Location", "Allow", "Retry-After")
TIMEOUT_SECONDS = 60
UNTIL_SECONDS = 60
PAUSE_SECONDS = 0.2


class WalkError(Exception):
    """The walk cannot go on; the text says at which step and why."""


@dataclass
class Recorder:
    """`url` ends with the stage. One recorder makes one recording."""

    url: str
    key: str
    saved: dict[str, str] = field(default_factory=dict)

    def record(self, ways: tuple[Way, ...]) -> Iterator[Example]:
        """Every step in order. Raises WalkError at the first answer that is not the expected one."""
        for target in (target for way in ways for target in way.leftovers):
            self._fetch("DELETE", self.url + target, headers={"x-api-key": self.key})
        parts = urlsplit(self.url)
        placeholders = Placeholders(f"{parts.scheme}://{parts.netloc}")
        for step in (step for way in ways for step in way.steps):
            answer = self._answer(step)
            self._check(step, answer)
            yield Example(
                step.step_id, step.operation_id, self._request(step, placeholders), _shown(answer, placeholders)
            )
            self.saved |= {name: str(look_up(answer.json(), path)) for name, path in step.save.items()}

    def _answer(self, step: Step) -> requests.Response:
        deadline = time.monotonic() + UNTIL_SECONDS
        while True:
            answer = self._send(step)
            if not step.until or _holds(answer, step.until) or time.monotonic() > deadline:
                return answer
            time.sleep(PAUSE_SECONDS)

    def _send(self, step: Step) -> requests.Response:
        target = fill(step.target, self.saved)
        url = target if target.startswith("http") else self.url + target
        headers = self._headers(step) | ({"x-api-key": self.key} if step.needs_key else {})
        with ExitStack() as files:
            body = _sent_body(self._body(step), files)
            return self._fetch(step.method, url, headers=headers, **body)

    def _body(self, step: Step) -> Body:
        return replace(step.body, members=fill(dict(step.body.members), self.saved))

    def _fetch(self, method: str, url: str, **options: Any) -> requests.Response:
        return requests.request(method, url, timeout=TIMEOUT_SECONDS, **options)

    def _check(self, step: Step, answer: requests.Response) -> None:
        if answer.status_code != step.status:
            raise WalkError(f"{step.step_id} answered {answer.status_code}, not {step.status}: {answer.text[:300]}")
        expected = fill(dict(step.expect) | dict(step.until), self.saved)
        if not _holds(answer, expected):
            raise WalkError(f"{step.step_id} must answer {expected}: {answer.text[:300]}")

    def _request(self, step: Step, placeholders: Placeholders) -> Request:
        target = placeholders.text(fill(step.target, self.saved))
        key = {"x-api-key": "…"} if step.needs_key else {}
        body = placeholders.normalise(_shown_body(self._body(step)))
        headers = {name: placeholders.text(value) for name, value in self._headers(step).items()}
        return Request(step.method, target, key | headers, body)

    def _headers(self, step: Step) -> dict[str, str]:
        return {name: fill(value, self.saved) for name, value in step.headers.items()}


def meets(found: Any, expected: Any) -> bool:
    """Whether a value of an answer is as a step expects it."""
    if isinstance(expected, dict):
        return found in expected["in"]
    return expected in found if isinstance(found, list) else bool(found == expected)


def encoded(photo: str) -> str:
    """A photo of the repository as base64 text."""
    return base64.b64encode((ROOT / photo).read_bytes()).decode()


def _holds(answer: requests.Response, expected: Mapping[str, Any]) -> bool:
    return all(meets(look_up(answer.json(), path), value) for path, value in expected.items())


def _sent_body(body: Body, files: ExitStack) -> dict[str, Any]:
    if body.kind == "form":
        photos = {name: part.path for name, part in body.members.items() if isinstance(part, Photo)}
        return {"files": {name: files.enter_context((ROOT / path).open("rb")) for name, path in photos.items()}}
    return {"data": _sent_data(body)}


def _sent_data(body: Body) -> bytes:
    members = {name: encoded(part.path) if isinstance(part, Photo) else part for name, part in body.members.items()}
    texts = {"base64": lambda: encoded(body.photo), "json": lambda: json.dumps(members), "text": lambda: body.text}
    if body.kind in texts:
        return texts[body.kind]().encode()
    return (ROOT / body.photo).read_bytes() if body.kind == "file" else bytes(body.size)


def _shown_body(body: Body) -> Any:
    if body.kind == "file":
        return f"@{body.photo}"
    if body.kind == "base64":
        return shorten(encoded(body.photo))
    if body.kind == "zeros":
        return f"{body.size} bytes"
    if body.kind in ("form", "json"):
        return {name: _shown_member(body.kind, part) for name, part in body.members.items()}
    return shorten(body.text) or None


def _shown_member(kind: str, part: Any) -> Any:
    if not isinstance(part, Photo):
        return part
    return f"@{part.path}" if kind == "form" else shorten(encoded(part.path))


def _shown(answer: requests.Response, placeholders: Placeholders) -> Answer:
    headers = {name: placeholders.text(answer.headers[name]) for name in SHOWN_HEADERS if name in answer.headers}
    if "json" in answer.headers.get("Content-Type", ""):
        return Answer(answer.status_code, headers, placeholders.normalise(answer.json()))
    kind = answer.headers.get("Content-Type", "")
    return Answer(answer.status_code, headers, "(a JPEG)…" if kind == "image/jpeg" else "")
