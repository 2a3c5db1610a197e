"""docs/partiql.md: its statements, and how results are written so that they are the same in every run."""

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from local_world import ROOT, LocalCloud, sample, wait_until

PAGE = ROOT / "docs/partiql.md"
ELIDED = "…"
WIDTH = 116

# In this order: the page counts photos and faces by it. A name goes to the only face.
PHOTOS = (
    ("2026/obama.jpg", "barack-obama-1", "Barack Obama", "gate"),
    ("2026/stage.jpg", "barack-obama-2", "Barack Obama", ""),
    ("2026/hopper.jpg", "grace-hopper", "Grace Hopper", "gate"),
    ("2026/group.jpg", "group", "", ""),
    ("2026/coffee.jpg", "no-face", "", ""),
)
DAMAGED = "2026/damaged.jpg"

_EXAMPLE = re.compile(r"```(sql|bash)\n(.*?)```\n\n```(json|text)\n(.*?)```", re.DOTALL)
_DECIMALS = 2


@dataclass(frozen=True)
class Example:
    """A statement (`sql`) or commands (`bash`) with the result that the page shows: `json`, or an error's `text`."""

    language: str
    code: str
    form: str
    shown: str


def examples(page: str) -> list[Example]:
    """All of the page, in its order, which is the order to run them in."""
    return [Example(*found) for found in _EXAMPLE.findall(page)]


def with_results(page: str, results: list[str]) -> str:
    """The page with these results under its statements."""
    waiting = iter(results)
    return _EXAMPLE.sub(lambda found: f"```{found[1]}\n{found[2]}```\n\n```{found[3]}\n{next(waiting)}\n```", page)


def index_photos(cloud: LocalCloud) -> None:
    """The page's photos by the API, and a damaged one past it: the API would not take that."""
    for key, name, person, camera in PHOTOS:
        cloud.put(key, sample(name), person, **({"x-amz-meta-camera": camera} if camera else {}))
    damaged = sample("joe-biden-1")[:20_000]
    cloud.client("s3").put_object(Bucket=cloud.addresses["bucket"], Key=DAMAGED, Body=damaged)
    wait_until(lambda: cloud.send("GET", f"/index/{DAMAGED}").json().get("image", {}).get("status") == "FAILED")


@dataclass(frozen=True)
class Placeholders:
    """What differs from run to run -> what the page writes instead."""

    by_value: dict[str, str]

    def hide(self, text: str) -> str:
        for value, placeholder in self.by_value.items():
            text = text.replace(value, placeholder)
        return text

    def reveal(self, text: str) -> str:
        """A time that several rows share means the last of them."""
        for value, placeholder in reversed(self.by_value.items()):
            text = text.replace(placeholder, value)
        return text


def placeholders(cloud: LocalCloud) -> Placeholders:
    """Faces are counted photo by photo from left to right; photo n was indexed at minute n of the page's time."""
    database, found = cloud.client("dynamodb"), {}
    rows = database.scan(TableName=cloud.addresses["table"])["Items"]
    keys = [key for key, *_ in PHOTOS]
    rows.sort(key=lambda row: (keys.index(row["key"]["S"]), float(row["BoundingBox"]["M"]["Left"]["N"])))
    for number, row in enumerate(rows, 1):
        found[row["FaceId"]["S"]] = f"00000000-0000-0000-0000-{number:012}"
    for number, key in enumerate([*keys, DAMAGED], 1):
        photo = database.get_item(TableName=cloud.addresses["imagesTable"], Key={"key": {"S": key}})["Item"]
        moment = f"2026-01-31T12:{number:02}:01+00:00"
        for row in rows:
            if row["key"]["S"] == key:
                found[row["ImageId"]["S"]] = f"00000000-0000-0000-{number:04}-000000000000"
                found[row["IndexedAt"]["S"]] = moment
        found[photo["IndexedAt"]["S"]] = moment  # written after the faces' rows
    return Placeholders(found)


def plain(item: dict[str, Any]) -> dict[str, Any]:
    """An item as the page shows it."""
    return {name: _plain(name, TypeDeserializer().deserialize(value)) for name, value in item.items()}


def _plain(name: str, value: Any) -> Any:
    if name == "Landmarks":
        return ELIDED
    if isinstance(value, dict):
        return {inner: _plain(inner, part) for inner, part in value.items()}
    if isinstance(value, set):
        return sorted(_plain(name, part) for part in value)
    if isinstance(value, list):
        return [_plain(name, part) for part in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else round(float(value), _DECIMALS)
    return value


def written(result: Any) -> str:
    """JSON, a line for each item that fits in one."""
    if isinstance(result, list) and result:
        lines = [json.dumps(item, ensure_ascii=False) for item in result]
        lines = [
            line if len(line) <= WIDTH else json.dumps(item, ensure_ascii=False, indent=2).replace("\n", "\n  ")
            for line, item in zip(lines, result, strict=True)
        ]
        return "[\n  " + ",\n  ".join(lines) + "\n]"
    return json.dumps(result, ensure_ascii=False)


def alike(shown: Any, real: Any) -> bool:
    """Equal, but for the last digit of a rounded number: another processor adds up differently."""
    if isinstance(shown, dict) and isinstance(real, dict):
        return shown.keys() == real.keys() and all(alike(shown[name], real[name]) for name in shown)
    if isinstance(shown, list) and isinstance(real, list):
        return len(shown) == len(real) and all(map(alike, shown, real))
    if isinstance(shown, float) and isinstance(real, int | float):
        return abs(shown - real) <= 1.5 * 10**-_DECIMALS
    return bool(shown == real)
