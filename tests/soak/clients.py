"""Clients that ask until they are answered well: what was accepted counts, and nothing else."""

import threading
import time
from collections.abc import Callable, Sequence

import requests
from botocore.exceptions import BotoCoreError, ClientError

from soak.photos import make_corrupt_photo, make_photo
from soak.workload import Step
from soak.world import World
from stores import index_queue_url

_AGAIN = (409, 429, 500, 502, 503, 504)
_PATIENCE_SECONDS = 180.0
_PAUSE_SECONDS = 0.3


class RefusedError(AssertionError):
    """A step was answered in a way that nobody promised, or not at all."""


class Clients:
    """Threads that share the steps by key, so that those of one key keep their order."""

    def __init__(self, world: World, steps: Sequence[Step], *, count: int) -> None:
        self._world, self.done = world, 0
        self._ends, self._lock = threading.Event(), threading.Lock()
        self.failures: list[Exception] = []
        lanes: list[list[Step]] = [[] for _ in range(count)]
        for step in steps:
            lanes[sum(step.key.encode()) % count].append(step)
        self._threads = [threading.Thread(target=self._run, args=(lane,), daemon=True) for lane in lanes]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Begin nothing more."""
        self._ends.set()

    @property
    def are_busy(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _run(self, lane: list[Step]) -> None:
        for step in lane:
            if self._ends.is_set():
                return
            try:
                self._until_accepted(step)
            except Exception as exc:
                self.failures.append(exc)
                self.end()
            with self._lock:
                self.done += 1

    def _until_accepted(self, step: Step) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        carry_out = self._deeds()[step.kind]
        while not carry_out(step):
            if time.monotonic() > deadline:
                raise RefusedError(f"{step} was not accepted in {_PATIENCE_SECONDS:g} s")
            self._ends.wait(_PAUSE_SECONDS)

    def _deeds(self) -> dict[str, Callable[[Step], bool]]:
        uploads = dict.fromkeys(("new", "repeat", "replace"), self._upload)
        return {**uploads, "corrupt": self._upload_corrupt, "delete": self._delete, "poison": self._poison}

    def _upload(self, step: Step) -> bool:
        """Every fourth client waits for the faceprint."""
        headers = {} if step.photo % 4 == 0 else {"prefer": "respond-async"}
        return self._send("PUT", step, (200, 201), body=make_photo(step.photo), headers=headers)

    def _delete(self, step: Step) -> bool:
        """404: an earlier request of this step did it, and its answer was lost."""
        return self._send("DELETE", step, (200, 404))

    def _send(self, method: str, step: Step, accepted: tuple[int, ...], **request: object) -> bool:
        try:
            answer = self._world.cloud.send(method, f"/index/{step.key}", **request)  # type: ignore[arg-type]
        except requests.RequestException:
            return False
        if answer.status_code not in accepted + _AGAIN:
            raise RefusedError(f"{step}: {answer.status_code} {answer.text}")
        return answer.status_code in accepted

    def _upload_corrupt(self, step: Step) -> bool:
        """Past the API, which would refuse it."""
        try:
            cloud = self._world.cloud
            cloud.client("s3").put_object(
                Bucket=cloud.addresses["bucket"], Key=step.key, Body=make_corrupt_photo(step.photo)
            )
        except (BotoCoreError, ClientError):
            return False
        return True

    def _poison(self, step: Step) -> bool:
        """A message that is no event of S3."""
        try:
            cloud = self._world.cloud
            cloud.client("sqs").send_message(QueueUrl=index_queue_url(cloud), MessageBody=step.key)
        except (BotoCoreError, ClientError):
            return False
        return True
