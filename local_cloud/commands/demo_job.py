"""What the demo does with the samples, and what it expects."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
import yaml

_SECONDS = 35  # longer than API Gateway lets any request take


@dataclass
class Report:
    """What was answered; `mistakes` are the answers that were not expected."""

    indexed: list[dict[str, Any]] = field(default_factory=list)
    searches: list[dict[str, Any]] = field(default_factory=list)
    identified: dict[str, Any] = field(default_factory=dict)
    annotated: str = ""  # base64
    mistakes: list[str] = field(default_factory=list)


def read_plan(path: Path) -> dict[str, Any]:
    """samples.yaml: what to index, search and identify, and what must come out."""
    plan: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return plan


class Job:
    """Knows the HTTP API and nothing else."""

    def __init__(self, url: str, key: str, samples: Path) -> None:
        self._url, self._samples = url, samples
        self._session = requests.Session()
        self._session.headers["x-api-key"] = key
        self._report = Report()

    def run(self, plan: dict[str, Any]) -> Report:
        for entry in plan["index"]:
            self._index(entry["file"], entry["name"])
        for entry in plan["search"]:
            self._search(entry["file"], entry["expect"], entry.get("name"))
        self._identify(plan["group"]["file"], plan["group"]["names"])
        return self._report

    def _index(self, file: str, name: str) -> None:
        answer = self._send("PUT", f"/index/{quote(file)}?name={quote(name)}", file)
        faces = [
            {"FaceId": record["Face"]["FaceId"], "name": answer["image"].get("name")}
            for record in answer["FaceRecords"]
        ]
        self._report.indexed.append({"file": file, "faces": faces})
        if not faces:
            self._report.mistakes.append(f"{file}: no face was indexed ({answer['image']['status']})")

    def _search(self, file: str, expected: str, name: str | None) -> None:
        answer = self._send("POST", "/search", file)
        matches = [{"name": match.get("name"), "Similarity": match["Similarity"]} for match in answer["matches"]]
        self._report.searches.append({"file": file, "outcome": answer["outcome"], "matches": matches})
        best = matches[0]["name"] if matches else None
        if (answer["outcome"], best) != (expected, name):
            self._report.mistakes.append(f"{file}: {answer['outcome']} {best}, expected {expected} {name}")

    def _identify(self, file: str, names: list[str | None]) -> None:
        answer = self._send("POST", "/identify?annotate=true", file)
        faces = [
            {"name": face.get("name"), "outcome": face["outcome"], "BoundingBox": face["BoundingBox"]}
            for face in answer["faces"]
        ]
        self._report.identified = {"file": file, "faces": faces}
        self._report.annotated = answer["annotated"]
        if [face["name"] for face in faces] != names:
            self._report.mistakes.append(f"{file}: {[face['name'] for face in faces]}, expected {names}")

    def _send(self, method: str, path: str, file: str) -> dict[str, Any]:
        content = (self._samples / file).read_bytes()
        kind = {"Content-Type": "image/jpeg"}
        answer = self._session.request(method, self._url + path, data=content, headers=kind, timeout=_SECONDS)
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document
