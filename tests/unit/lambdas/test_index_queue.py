"""How long a message stays away that the index function hands back."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from faceprint.aws.index_queue import IndexQueue
from local_cloud.provision.storage import MAX_RECEIVE_COUNT, VISIBILITY_SECONDS

ROOT = Path(__file__).resolve().parents[3]


class Sqs:
    """Remembers the visibility timeouts that it was given, in seconds."""

    def __init__(self) -> None:
        self.seconds: list[int] = []
        self.hidden: dict[str, int] = {}

    def change_message_visibility(self, **request: Any) -> None:
        self.seconds.append(request["VisibilityTimeout"])

    def change_message_visibility_batch(self, **request: Any) -> None:
        self.hidden |= {entry["ReceiptHandle"]: entry["VisibilityTimeout"] for entry in request["Entries"]}


INDEX_TIMEOUT = yaml.safe_load((ROOT / "lambdas/functions.yaml").read_text())["functions"]["index"]["timeout"]


@pytest.mark.parametrize("lease", [15, INDEX_TIMEOUT, 60, 300])
def test_deliveries_outlast_the_lease_of_a_killed_worker(lease: int) -> None:
    sqs = Sqs()
    queue = IndexQueue(sqs, "url")

    for received in range(1, MAX_RECEIVE_COUNT):
        queue.return_later("handle", received, timeout=lease)

    # Three deliveries are left when the longest lease has ended: for whatever else may go wrong.
    assert sum(sqs.seconds[: MAX_RECEIVE_COUNT - 3]) > lease


def test_a_batch_is_hidden_no_longer_than_its_function_can_work() -> None:
    sqs = Sqs()

    IndexQueue(sqs, "url").hide(["a", "b"], 35)

    assert sqs.hidden == {"a": 35, "b": 35}


def test_the_queue_is_as_patient_as_aws_advises_in_both_worlds() -> None:
    (factor,) = re.findall(
        r"visibility_timeout_seconds = (\d+) \* local.index_timeout", (ROOT / "terraform/queue.tf").read_text()
    )

    assert (int(factor), VISIBILITY_SECONDS) == (6, 6 * INDEX_TIMEOUT)


def test_terraform_gives_a_message_up_after_as_many_deliveries() -> None:
    (count,) = re.findall(r"maxReceiveCount\s*=\s*(\d+)", (ROOT / "terraform/queue.tf").read_text())

    assert int(count) == MAX_RECEIVE_COUNT
