"""Workers and the engine are killed, the cloud is stopped and started: every accepted photo is indexed exactly once."""

import os
import random
import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from local_world import LocalCloud, sample, start_cloud, wait_until

UPLOADS = 60
KILLS = 10
PHOTOS = ("barack-obama-1", "grace-hopper", "joe-biden-1", "eileen-collins")


def test_every_accepted_photo_is_indexed_exactly_once(world: tuple[str, ...], tmp_path: Path) -> None:
    data = tmp_path / "data"
    accepted: dict[str, bytes] = {}
    cloud = start_cloud(data, *world)
    with _Killing(cloud, KILLS // 2):
        _upload(cloud, range(UPLOADS // 2), accepted)
    assert cloud.stop() in (0, 130)

    cloud = start_cloud(data, *world)
    with _Killing(cloud, KILLS // 2):
        _upload(cloud, range(UPLOADS // 2, UPLOADS), accepted)
    try:
        assert len(accepted) >= UPLOADS * 0.9
        wait_until(lambda: _pending(cloud) == [], seconds=180)
        _assert_agreement(cloud, accepted)
    finally:
        cloud.stop()


def _upload(cloud: LocalCloud, numbers: range, accepted: dict[str, bytes]) -> None:
    """Uploads photos, each different, four at a time; who is refused with a 5xx asks again."""

    def upload(number: int) -> None:
        photo = sample(PHOTOS[number % len(PHOTOS)])
        photo += number.to_bytes(4, "big")
        for _ in range(4):
            with suppress(requests.ConnectionError):
                answer = cloud.send("PUT", f"/index/faults/{number:03}.jpg", photo)
                if answer.status_code in (200, 201):
                    accepted[f"faults/{number:03}.jpg"] = photo
                    return
                assert answer.status_code in (429, 500, 502, 503, 504), answer.text

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upload, numbers))


class _Killing:
    """Kills workers and the engine at random moments while the block runs, the engine every third time."""

    def __init__(self, cloud: LocalCloud, kills: int) -> None:
        self._cloud, self._kills, self._end = cloud, kills, threading.Event()
        self._random = random.Random(7)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join(60)
        self._end.set()

    def _run(self) -> None:
        for kill in range(self._kills):
            if self._end.wait(self._random.uniform(0.1, 1.0)):
                return
            status = self._cloud.status()
            workers = [pid for pids in status["workers"].values() for pid in pids]
            doomed = status["engine"]["pid"] if kill % 3 == 2 or not workers else self._random.choice(workers)
            with suppress(ProcessLookupError):
                os.kill(doomed, signal.SIGKILL)


def _pending(cloud: LocalCloud) -> list[str]:
    page = cloud.send("GET", "/index?limit=100").json()
    return [image["key"] for image in page["images"] if image["status"] != "INDEXED"]


def _assert_agreement(cloud: LocalCloud, accepted: dict[str, bytes]) -> None:
    listed = {image["key"]: image for image in cloud.send("GET", "/index?limit=100").json()["images"]}
    assert set(accepted) <= set(listed)
    dynamodb, table = cloud.client("dynamodb"), cloud.addresses["table"]
    rows = Counter(
        (item["key"]["S"], item["FaceId"]["S"])
        for page in dynamodb.get_paginator("scan").paginate(TableName=table)
        for item in page["Items"]
    )
    faces = Counter(
        face["FaceId"]
        for page in cloud.client("rekognition")
        .get_paginator("list_faces")
        .paginate(CollectionId=cloud.addresses["collection"])
        for face in page["Faces"]
    )
    assert Counter(face_id for _, face_id in rows) == faces
    assert Counter(key for key, _ in rows) == {key: image["faces"] for key, image in listed.items()}
    assert all(image["faces"] == 1 for image in listed.values())


@pytest.mark.parametrize("secret", ["apiKey", "image", "vector"])
def test_check_17_logs_hold_no_images_keys_or_vectors(library: LocalCloud, secret: str) -> None:
    import base64
    import re

    library.send("PUT", "/search", sample("barack-obama-2"))
    text = "\n".join(path.read_text(errors="replace") for path in (library.data / "logs").iterdir())

    assert '"level":"DEBUG"' in text
    if secret == "apiKey":
        assert library.addresses["apiKey"] not in text
    elif secret == "image":
        assert base64.b64encode(sample("barack-obama-2")).decode()[100:140] not in text
        assert "/9j/4" not in text
    else:
        assert not re.search(r"(-?0\.\d{4,}[, ]+){20}", text)
