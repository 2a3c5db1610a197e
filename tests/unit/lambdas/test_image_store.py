"""Erasing what S3 deletes only in part."""

from typing import Any

import pytest

from faceprint.aws import batches
from faceprint.aws.image_store import ImageStore
from faceprint.model.errors import FaceprintError, MisconfiguredError, UpstreamError


class StubbornS3:
    """Holds these versions of "a", the last one the newest; `refusals` says how each deletion of a version fails."""

    def __init__(self, *versions: str, refusals: dict[str, list[str]]) -> None:
        self.versions, self.refusals = list(versions), refusals
        self.asked: list[list[str]] = []

    def get_paginator(self, _: str) -> "StubbornS3":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        newest = self.versions[-1:]
        return [{"Versions": [{"Key": "a", "VersionId": v, "IsLatest": [v] == newest} for v in self.versions]}]

    def delete_objects(self, *, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:  # noqa: N803  # boto3's own
        self.asked.append([entry["VersionId"] for entry in Delete["Objects"]])
        errors = []
        for version in self.asked[-1]:
            if self.refusals.get(version):
                errors.append({"Key": "a", "VersionId": version, "Code": self.refusals[version].pop(0)})
            else:
                self.versions.remove(version)
        return {"Errors": errors} if errors else {}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches.time, "sleep", lambda _: None)


@pytest.mark.parametrize("code", ["InternalError", "SlowDown", "ServiceUnavailable"])
def test_versions_that_s3_did_not_delete_are_deleted_again(code: str) -> None:
    s3 = StubbornS3("v1", "v2", "v3", refusals={"v1": [code], "v3": [code, code]})

    assert ImageStore(s3, "bucket").erase("a") == 3

    assert s3.versions == []
    assert s3.asked == [["v1", "v2"], ["v1"], ["v3"], ["v3"], ["v3"]]


@pytest.mark.parametrize(("code", "failure"), [("InternalError", UpstreamError), ("AccessDenied", MisconfiguredError)])
def test_an_erasure_fails_while_a_version_stays_and_the_newest_stays_with_it(
    code: str, failure: type[FaceprintError]
) -> None:
    s3 = StubbornS3("v1", "v2", "v3", refusals={"v2": [code] * 9})

    with pytest.raises(failure) as caught:
        ImageStore(s3, "bucket").erase("a")

    assert caught.value.status >= 500
    assert s3.versions == ["v2", "v3"]


def test_a_failed_erasure_is_finished_by_repeating_it() -> None:
    s3 = StubbornS3("v1", "v2", refusals={"v2": ["InternalError"] * 5})
    with pytest.raises(UpstreamError):
        ImageStore(s3, "bucket").erase("a")

    assert ImageStore(s3, "bucket").erase("a") == 1

    assert s3.versions == []
