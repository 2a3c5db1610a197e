"""Batches that DynamoDB does only in part are finished, or given up in time."""

from typing import Any

import pytest

from faceprint.aws import batches
from faceprint.model.errors import ThrottledError


class Slow:
    """A client that does `share` requests of each call."""

    def __init__(self, share: int) -> None:
        self.share, self.calls, self.written = share, 0, []

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803  # boto3's own name
        done, left = self._split(RequestItems["t"]["Keys"])
        return {"Responses": {"t": done}, "UnprocessedKeys": {"t": {"Keys": left}} if left else {}}

    def batch_write_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803  # boto3's own name
        done, left = self._split(RequestItems["t"])
        self.written += done
        return {"UnprocessedItems": {"t": left} if left else {}}

    def _split(self, requests: list[Any]) -> tuple[list[Any], list[Any]]:
        self.calls += 1
        return list(requests[: self.share]), list(requests[self.share :])


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches.time, "sleep", lambda _: None)


def test_what_was_left_undone_is_asked_for_again() -> None:
    reader, writer = Slow(3), Slow(10)

    assert batches.read_batch(reader, "t", list(range(8))) == list(range(8))
    batches.write_batch(writer, "t", list(range(60)))

    assert reader.calls == 3
    assert writer.written == list(range(60))


def test_nothing_to_do_takes_no_call() -> None:
    client = Slow(1)

    assert batches.read_batch(client, "t", []) == []
    batches.write_batch(client, "t", [])

    assert client.calls == 0


def test_throttling_without_end_is_given_up() -> None:
    client = Slow(0)

    with pytest.raises(ThrottledError):
        batches.read_batch(client, "t", [1])
    with pytest.raises(ThrottledError):
        batches.write_batch(client, "t", [1])

    assert client.calls == 10
