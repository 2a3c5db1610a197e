"""Clients at once on a running cloud, on few names: some order of their calls explains what each was told."""

import hashlib
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from histories.one_name import Call, assert_explained
from local_world import LocalCloud, sample, start_cloud
from stores import settled

SEED = 6
NAMES = ("at-once/a.jpg", "at-once/b.jpg", "at-once/c.jpg")
PHOTOS = {name: sample(name) for name in ("barack-obama-1", "grace-hopper", "joe-biden-1", "eileen-collins")}
BY_ETAG = {hashlib.md5(photo).hexdigest(): name for name, photo in PHOTOS.items()}
CLIENTS, SECONDS = 7, 20
METHODS = ("PUT", "PUT", "PUT", "DELETE", "GET", "GET", "SEARCH", "SEARCH", "REMOVE")
MANY_CALLS = 150
"""Fewer would say little; the slowest machine makes several times as many."""


@pytest.fixture(scope="module")
def busy_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    running = start_cloud(tmp_path_factory.mktemp("at-once"), UPLOAD_WAIT_SECONDS="3")
    yield running
    running.stop()


class Clients:
    """What they ask, what they are told, and when."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud, self.started = cloud, time.monotonic()
        self.calls: list[Call] = []
        self.seen: dict[str, str] = {}
        self.removed: dict[str, float] = {}

    def act(self, client: int) -> None:
        chance = random.Random(SEED * 100 + client)
        while self._now() < SECONDS:
            self.ask(client, chance.choice(METHODS), chance.choice(NAMES), chance.choice(list(PHOTOS)), chance)

    def ask(self, client: int, method: str, name: str, photo: str, chance: random.Random) -> None:
        """One call; a search says something of every name."""
        if method == "REMOVE":
            self._remove_face(client, chance)
            return
        invoked = self._now()
        answer = self._send(method, name, photo, wait=chance.random() < 0.7)
        answered = self._now()
        if method == "SEARCH" and answer is not None and answer.status_code == 200:
            found = self._shown(answer.json(), photo, invoked)
            for other in NAMES:
                outcome = "HIT" if other in found else "MISS"
                self.calls.append(Call(other, client, method, photo, invoked, answered, outcome))
        elif method != "SEARCH":
            shown, outcome, faces = _read(method, answer, photo)
            self.calls.append(Call(name, client, method, shown, invoked, answered, outcome, faces))

    def _send(self, method: str, name: str, photo: str, *, wait: bool) -> requests.Response | None:
        try:
            if method == "SEARCH":
                return self.cloud.send("PUT", "/search", PHOTOS[photo])
            if method == "PUT":
                headers = {"x-amz-meta-name": photo} | ({} if wait else {"Prefer": "respond-async"})
                return self.cloud.send("PUT", f"/index/{name}", PHOTOS[photo], headers=headers)
            return self.cloud.send(method, f"/index/{name}")
        except requests.ConnectionError:
            return None

    def _shown(self, found: dict[str, Any], photo: str, invoked: float) -> set[str]:
        matches = [match for match in found["matches"] if match["key"] in NAMES]
        back = [match for match in matches if self.removed.get(match["FaceId"], invoked) < invoked]
        assert back == [], "a face is found that was removed before the search began"
        assert {match["name"] for match in matches} <= {photo}, "a face has the name of other contents"
        self.seen.update({match["FaceId"]: match["key"] for match in matches})
        return {match["key"] for match in matches}

    def _remove_face(self, client: int, chance: random.Random) -> None:
        """Removes a face that somebody has found; that its photo is replaced since is no failure."""
        if not self.seen:
            return
        face_id = chance.choice(list(self.seen))
        name = self.seen.pop(face_id, None)
        row = self.cloud.send("GET", f"/faces/{face_id}")
        if name is None or row.status_code != 200:
            return
        invoked = self._now()
        answer = self.cloud.send("DELETE", f"/faces/{face_id}")
        if answer.status_code == 404:
            return
        outcome = {200: "REMOVED", 409: "CONFLICT"}.get(answer.status_code, "UNKNOWN")
        self.calls.append(Call(name, client, "REMOVE", row.json()["name"], invoked, self._now(), outcome))
        if answer.status_code == 200:
            self.removed[face_id] = self._now()

    def _now(self) -> float:
        return time.monotonic() - self.started


def _read(method: str, answer: requests.Response | None, photo: str) -> tuple[str | None, str, int]:
    """Which photo the call is about, its outcome, and how many faces GET has shown."""
    asked = photo if method == "PUT" else None
    if answer is None or answer.status_code not in (200, 201, 404, 409):
        return asked, "UNKNOWN", 0
    if answer.status_code == 409:
        return asked, "CONFLICT", 0
    if answer.status_code == 404 or method == "DELETE":
        assert method != "PUT", answer.text
        return asked, "MISSING" if answer.status_code == 404 else "ERASED", 0
    body = answer.json()
    faces = [record["Face"]["name"] for record in body["FaceRecords"]]
    shown = BY_ETAG[body["image"]["etag"]]
    assert faces == [shown] * body["image"].get("faces", 0), "an answer shows the faces of other contents"
    assert method == "GET" or shown == photo
    return shown, body["image"]["status"], len(faces)


def test_some_order_of_the_calls_explains_what_everybody_was_told(busy_cloud: LocalCloud) -> None:
    clients = Clients(busy_cloud)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(clients.act, range(CLIENTS)))
    settled(busy_cloud, seconds=SECONDS)
    for name in NAMES:
        clients.ask(CLIENTS, "GET", name, "", random.Random())
    for photo in PHOTOS:
        clients.ask(CLIENTS, "SEARCH", "", photo, random.Random())

    assert len(clients.calls) > MANY_CALLS
    assert_explained(clients.calls)
    assert settled(busy_cloud, seconds=0) == []
    images = busy_cloud.send("GET", "/index?limit=100").json()["images"]
    assert [image["key"] for image in images if image["status"] != "INDEXED"] == []
