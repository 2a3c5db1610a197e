"""api/walk.yaml as steps: which requests are sent, in which order, and what holds for their answers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import yaml

from api_contract.openapi import ROOT, Contract

WALK_FILE = ROOT / "api" / "walk.yaml"
IMAGE_MEMBER = {"json": "image", "form": "file"}
CONTENT_TYPES = {"file": "image/jpeg", "base64": "text/plain", "json": "application/json"}
_KINDS_OF_PAIRS = {"file": "form", "form": "form", "refused": "form", "base64": "json", "json": "json"}


@dataclass(frozen=True)
class Photo:
    """A file of the repository, by its path from there."""

    path: str


@dataclass(frozen=True)
class Body:
    """`kind` is none, file, base64, json, form, text or zeros; members are those of JSON or the parts of a form."""

    kind: str = "none"
    photo: str = ""
    members: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    size: int = 0


@dataclass(frozen=True)
class Step:
    """One request of one way to send images. {{name}} stands for a value that an earlier step saves."""

    way: str
    name: str
    operation_id: str
    method: str
    route: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Body
    needs_key: bool
    status: int
    save: Mapping[str, str]
    expect: Mapping[str, Any]
    until: Mapping[str, Any]

    @property
    def step_id(self) -> str:
        """Stable and unique: the way and the name's words."""
        return f"{self.way}/{re.sub(r'[^a-z0-9]+', '-', self.name.lower()).strip('-')}"

    @property
    def target(self) -> str:
        """Path and query behind the stage, percent-encoded but for {{names}}; or a whole URL."""
        filled = self.route
        for name, value in self.path.items():
            filled = filled.replace(f"{{{name}}}", quote(value, safe="/{}"))
        query = urlencode(self.query, safe="{}/", quote_via=quote)
        return f"{filled}?{query}" if query else filled


@dataclass(frozen=True)
class Way:
    """A way to send images and its steps."""

    name: str
    title: str
    description: str
    steps: tuple[Step, ...]

    @property
    def leftovers(self) -> list[str]:
        """Targets of what the way stores and erases, which a walk that was interrupted leaves behind."""
        return [step.target for step in self.steps if step.operation_id == "deleteImage"]


def load_walk(contract: Contract, file: Path = WALK_FILE) -> tuple[Way, ...]:
    """Raises ValueError when a step names no operation of the contract, or two steps of a way have one name."""
    given = yaml.safe_load(file.read_text(encoding="utf-8"))
    ways = tuple(
        Way(name, way["title"], way["description"], tuple(_steps(name, way["photos"], given["steps"], contract)))
        for name, way in given["ways"].items()
    )
    names = [step.step_id for way in ways for step in way.steps]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"Steps of one way need names of their own: {', '.join(sorted(twice))}")
    return ways


def look_up(answer: Any, path: str) -> Any:
    """The value at a path such as FaceRecords.0.Face; None where there is none."""
    for name in path.split("."):
        if isinstance(answer, list) and name.isdigit() and int(name) < len(answer):
            answer = answer[int(name)]
        elif isinstance(answer, dict):
            answer = answer.get(name)
        else:
            return None
    return answer


def fill(value: Any, saved: Mapping[str, str]) -> Any:
    """Puts saved values for {{names}}, in texts and whatever holds texts."""
    if isinstance(value, str):
        return re.sub(r"\{\{(\w+)\}\}", lambda match: saved[match[1]], value)
    if isinstance(value, dict):
        return {name: fill(item, saved) for name, item in value.items()}
    return value


def _steps(way: str, photos: str, given: list[dict[str, Any]], contract: Contract) -> Iterator[Step]:
    for entry in given:
        if way in entry["ways"]:
            yield _step(way, photos, _put_way(entry, way), contract)


def _step(way: str, photos: str, entry: Mapping[str, Any], contract: Contract) -> Step:
    operation = contract.operations.get(entry.get("operation", ""))
    if operation is None and "request" not in entry:
        raise ValueError(f"{entry['name']!r} of api/walk.yaml names no operation of api/openapi.yaml")
    method, route = (operation.method, operation.path) if operation else entry["request"].split(" ", 1)
    body = _body(way, photos, entry)
    return Step(
        way=way,
        name=entry["name"],
        operation_id=entry.get("operation", ""),
        method=method,
        route=route,
        path=entry.get("path", {}),
        query=entry.get("query", {}),
        headers=_content_type(body) | entry.get("headers", {}),
        body=body,
        needs_key=entry.get("key", operation.needs_key if operation else True),
        status=entry.get("status", 200),
        save=entry.get("save", {}),
        expect=entry.get("expect", {}),
        until=entry.get("until", {}),
    )


def _body(way: str, photos: str, entry: Mapping[str, Any]) -> Body:
    pair = {name: Photo(f"{photos}/{file}") for name, file in entry.get("photos", {}).items()}
    if pair:
        return Body(_KINDS_OF_PAIRS[way], members=pair | entry.get("json", {}))
    if "photo" in entry:
        path = f"{photos}/{entry['photo']}"
        members = {IMAGE_MEMBER[way]: Photo(path)} if way in IMAGE_MEMBER else {}
        return Body(way, photo=path, members=members)
    if "json" in entry:
        return Body("json", members=entry["json"])
    if "text" in entry:
        return Body("text", text=entry["text"])
    return Body("zeros", size=entry["zeros"]) if "zeros" in entry else Body()


def _content_type(body: Body) -> dict[str, str]:
    return {"Content-Type": CONTENT_TYPES[body.kind]} if body.kind in CONTENT_TYPES else {}


def _put_way(value: Any, way: str) -> Any:
    if isinstance(value, str):
        return value.replace("{way}", way)
    if isinstance(value, dict):
        return {name: _put_way(item, way) for name, item in value.items()}
    return value
