"""How long a message stays away that the index function hands back."""

import re
from pathlib import Path
from typing import Any

import yaml

from faceprint.aws.index_queue import IndexQueue
from local_cloud.provision.storage import MAX_RECEIVE_COUNT

ROOT = Path(__file__).resolve().parents[3]


class Sqs:
    """Remembers the visibility timeouts that it was given, in seconds."""

    def __init__(self) -> None:
        self.seconds: list[int] = []

    def change_message_visibility(self, **request: Any) -> None:
        self.seconds.append(request["VisibilityTimeout"])


def test_deliveries_outlast_the_lease_of_a_killed_worker() -> None:
    sqs = Sqs()
    queue = IndexQueue(sqs, "url")
    lease = yaml.safe_load((ROOT / "lambdas/functions.yaml").read_text())["functions"]["index"]["timeout"]

    for received in range(1, MAX_RECEIVE_COUNT):
        queue.return_later("handle", received)

    # Three deliveries are left when the longest lease has ended: for whatever else may go wrong.
    assert sum(sqs.seconds[: MAX_RECEIVE_COUNT - 3]) > lease


def test_terraform_gives_a_message_up_after_as_many_deliveries() -> None:
    (count,) = re.findall(r"maxReceiveCount\s*=\s*(\d+)", (ROOT / "terraform/queue.tf").read_text())

    assert int(count) == MAX_RECEIVE_COUNT
