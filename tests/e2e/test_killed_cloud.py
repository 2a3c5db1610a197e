"""The whole local cloud is killed with -9, again and again, while photos come in: nothing lost, nothing twice."""

import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import md5
from io import BytesIO
from pathlib import Path
from typing import Any

import requests
from PIL import Image

from local_world import ROOT, SAMPLES, LocalCloud, start_cloud, wait_until

UPLOADS = 200
UPLOADS_BEFORE_A_KILL = 15
CLIENTS = 4
KILLS_AT_WORK = 8
KILLS_AT_START = 2
PHOTOS = ("barack-obama-1", "grace-hopper", "joe-biden-1", "eileen-collins")
LATER = (429, 500, 502, 503, 504)


def test_what_was_answered_outlives_ten_kills_and_is_indexed_exactly_once(tmp_path: Path) -> None:
    chance, data, port = random.Random(11), tmp_path / "data", free_ports()
    uploads = Uploads(small_photos())
    cloud = start(data, port)
    with ThreadPoolExecutor(CLIENTS) as pool, uploads:
        clients = [pool.submit(uploads.run, cloud) for _ in range(CLIENTS)]
        for kill in range(KILLS_AT_WORK):
            uploads.wait_for(UPLOADS_BEFORE_A_KILL * (kill + 1))
            time.sleep(chance.uniform(0, 0.5))  # a random moment is what is tested
            end(cloud.process)
            if kill < KILLS_AT_START:
                kill_while_starting(data, port, seconds=chance.uniform(0.5, 2.5))
            cloud = start(data, port)
        for client in clients:
            client.result()
    try:
        wait_until(lambda: set(statuses(cloud).values()) == {"INDEXED"}, seconds=60)
        assert len(uploads.accepted) == UPLOADS
        assert_everything_agrees(cloud, uploads.accepted)
    finally:
        cloud.stop()


class Uploads:
    """Photos by key, each sent until it is answered with 200, 201 or 202; what is `accepted` must not be lost."""

    def __init__(self, photos: dict[str, bytes]) -> None:
        self.accepted: dict[str, bytes] = {}
        self._open = list(photos.items())
        self._progress = threading.Condition()
        self._given_up = False

    def __enter__(self) -> None:
        pass

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        """After a failure nobody waits for a cloud that does not come."""
        self._given_up = failure is not None

    def run(self, cloud: LocalCloud) -> None:
        """Addresses and key stay the same over all restarts. Every third photo does not wait for its faces."""
        while True:
            with self._progress:
                if not self._open:
                    return
                key, photo = self._open.pop()
            headers = {"Prefer": "respond-async"} if int(key[5:8]) % 3 == 0 else {}
            while not self._is_accepted(cloud, key, photo, headers):
                if self._given_up:
                    return
                time.sleep(0.05)
            with self._progress:
                self.accepted[key] = photo
                self._progress.notify_all()

    def wait_for(self, count: int) -> None:
        with self._progress:
            assert self._progress.wait_for(lambda: len(self.accepted) >= count, timeout=60)

    @staticmethod
    def _is_accepted(cloud: LocalCloud, key: str, photo: bytes, headers: dict[str, str]) -> bool:
        with suppress(requests.RequestException):
            answer = cloud.send("PUT", f"/index/{key}", photo, headers=headers)
            assert answer.status_code in (200, 201, 202, *LATER), answer.text
            return answer.status_code in (200, 201, 202)
        return False


def small_photos() -> dict[str, bytes]:
    """One face each, every one different."""
    photos = {}
    for number in range(UPLOADS):
        image = Image.open(SAMPLES / f"{PHOTOS[number % len(PHOTOS)]}.jpg")
        image.thumbnail((320, 320))
        buffer = BytesIO()
        image.save(buffer, "JPEG", quality=90)
        photos[f"kill/{number:03}.jpg"] = buffer.getvalue() + number.to_bytes(4, "big")
    return photos


def free_ports() -> str:
    """The first of three ports in a row that nobody listens on."""
    while True:
        first = random.SystemRandom().randrange(20_000, 30_000)
        with suppress(OSError):
            for port in range(first, first + 3):
                socket.create_server(("127.0.0.1", port)).close()
            return str(first)


def start(data: Path, port: str) -> LocalCloud:
    """With messages back as soon as a killed function's lease has ended (30 s), for the sake of the test's length."""
    cloud = start_cloud(data, "--port", port)
    sqs = cloud.client("sqs")
    url = next(url for url in sqs.list_queues()["QueueUrls"] if not url.endswith("-dead"))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "32"})
    return cloud


def end(process: subprocess.Popen[str]) -> None:
    """kill -9 of this one process."""
    process.kill()
    with process:
        process.wait(10)


def kill_while_starting(data: Path, port: str, *, seconds: float) -> None:
    command = [sys.executable, "-m", "local_cloud", "up", "--json", "--port", port, "--data", str(data)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    time.sleep(seconds)
    end(process)


def rows(cloud: LocalCloud, table: str) -> list[dict[str, Any]]:
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName=cloud.addresses[table])
    return [item for page in pages for item in page["Items"]]


def statuses(cloud: LocalCloud) -> dict[str, str]:
    """By key, for every object in the bucket."""
    pages = cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=cloud.addresses["bucket"])
    known = {row["key"]["S"]: row["status"]["S"] for row in rows(cloud, "imagesTable")}
    return {found["Key"]: known.get(found["Key"], "unknown") for page in pages for found in page.get("Contents", [])}


def assert_everything_agrees(cloud: LocalCloud, accepted: dict[str, bytes]) -> None:
    """Bucket, both tables and collection hold every photo and its one face exactly once, and nothing else."""
    s3, bucket = cloud.client("s3"), cloud.addresses["bucket"]
    etags = {key: s3.head_object(Bucket=bucket, Key=key)["ETag"].strip('"') for key in statuses(cloud)}
    faces = rows(cloud, "table")
    pages = cloud.client("rekognition").get_paginator("list_faces").paginate(CollectionId=cloud.addresses["collection"])
    collection = Counter(face["FaceId"] for page in pages for face in page["Faces"])

    assert etags == {key: md5(photo, usedforsecurity=False).hexdigest() for key, photo in accepted.items()}
    assert {row["key"]["S"] for row in rows(cloud, "imagesTable")} == set(accepted)
    assert Counter(row["key"]["S"] for row in faces) == dict.fromkeys(accepted, 1)
    assert collection == Counter(row["FaceId"]["S"] for row in faces)
