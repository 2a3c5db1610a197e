"""Requests per second, by operation and region, with a clock that only the test moves."""

from __future__ import annotations

import pytest

from face_engine.errors import ProvisionedThroughputExceededError
from face_engine.operations import OPERATIONS
from face_engine.quotas import QuotaChoice, Quotas, aws_default


class Counted:
    """How many requests of one kind a moment takes."""

    def __init__(self, choice: QuotaChoice) -> None:
        self.now = 0.0
        self._quotas = Quotas(choice, clock=lambda: self.now)

    def burst(self, operation: str, region: str = "us-east-1", most: int = 1000) -> int:
        for served in range(most):
            try:
                self._quotas.take(operation, region)
            except ProvisionedThroughputExceededError:
                return served
        return most


@pytest.mark.parametrize(
    ("operation", "region", "served"),
    [
        ("SearchFacesByImage", "us-east-1", 50),
        ("SearchFacesByImage", "eu-central-1", 5),
        ("DetectFaces", "eu-west-1", 100),
        ("DetectFaces", "eu-central-1", 25),
        ("DeleteFaces", "us-east-1", 5),
        ("TagResource", "us-east-1", 10),
    ],
)
def test_aws_quotas_are_those_of_operation_and_region(operation: str, region: str, served: int) -> None:
    assert Counted("aws").burst(operation, region) == served


def test_one_number_holds_for_each_operation_by_itself() -> None:
    counted = Counted(5)

    assert counted.burst("SearchFaces") == counted.burst("SearchFacesByImage") == 5


def test_requests_come_back_with_time_and_refusals_take_none() -> None:
    counted = Counted(5)
    counted.burst("DetectFaces")

    counted.now = 0.4
    assert counted.burst("DetectFaces") == 2
    counted.now = 100.0
    assert counted.burst("DetectFaces") == 5


def test_less_than_one_request_a_second_still_lets_one_through() -> None:
    counted = Counted(0.5)

    assert counted.burst("DetectFaces") == 1
    counted.now = 2.0
    assert counted.burst("DetectFaces") == 1


def test_without_a_quota_nothing_is_counted() -> None:
    assert Counted(None).burst("DetectFaces") == 1000


def test_every_operation_has_a_quota() -> None:
    assert all(aws_default(name, region) > 0 for name in OPERATIONS for region in ("us-east-1", "sa-east-1"))
