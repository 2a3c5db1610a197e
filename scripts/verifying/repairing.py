"""Repairs what can be repaired safely. Whoever changes a photo's faces holds its lease, as the functions do."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from faceprint.aws.failures import aws_failures
from faceprint.aws.image_records import ImageRecords
from faceprint.model.errors import ConflictError
from faceprint.model.records import Claim, ObjectVersion
from verifying.deployment import Deployment
from verifying.findings import ANNOUNCED, REMOVED, REOPENED, Finding, Kind
from verifying.queues import IndexQueue

_LEASE_SECONDS = 15
_NO_VERSION = ObjectVersion("verify", "verify")
"""Stands in the row that holds the lease of a photo without a row, while its faces are removed."""

_FREE = "(attribute_not_exists(LeaseUntil) OR LeaseUntil = :zero OR LeaseUntil < :now)"


@dataclass(frozen=True)
class Done:
    """What became of a finding: `done` is one of "announced", "removed", "corrected", "left"."""

    finding: Finding
    done: str
    why: str = ""

    def as_row(self) -> dict[str, Any]:
        """For tables and JSON."""
        return {**self.finding.as_row(), "done": self.done, "why": self.why}


@dataclass(frozen=True)
class Repair:
    """`now` in seconds since the epoch: leases that ended before are nobody's."""

    deployment: Deployment
    queue: IndexQueue
    now: float
    owner: str = field(default_factory=lambda: f"verify-{uuid.uuid4()}")

    @property
    def images(self) -> ImageRecords:
        return ImageRecords(self.deployment.dynamodb, self.deployment.images_table, self.deployment.table)

    def run(self, findings: Sequence[Finding]) -> list[Done]:
        """Faces first, then rows, then the events, so that the index function finds the rows as they shall be."""
        done = [self._attempt(finding) for finding in findings]
        keys = dict.fromkeys(each.finding.key for each in done if each.done == "announced")
        self.queue.announce(list(keys))
        return done

    def _attempt(self, finding: Finding) -> Done:
        try:
            return self._repair(finding)
        except ConflictError:
            return Done(finding, "left", "somebody has changed or is changing the photo; verify again")

    def _repair(self, finding: Finding) -> Done:
        if finding.kind in REMOVED:
            return self._remove_face(finding)
        if finding.kind in REOPENED:
            self._reopen(finding)
            return Done(finding, "announced")
        if finding.kind in ANNOUNCED:
            return Done(finding, "announced")
        if finding.kind is Kind.LEASE_LEFT:
            self._update(finding.key, "REMOVE LeaseOwner, LeaseUntil")
            return Done(finding, "corrected")
        if finding.kind is Kind.FACE_COUNT_WRONG:
            return self._count_faces(finding)
        return Done(finding, "left", "not made by Faceprint: delete it yourself if it is nobody's")

    def _reopen(self, finding: Finding) -> None:
        """Makes the row PENDING; a face of another photo leaves it, so that the indexing does not erase that."""
        update = "SET #status = :pending"
        values: dict[str, Any] = {":pending": {"S": "PENDING"}}
        if finding.kind is Kind.FACE_OF_OTHER_PHOTO:
            update += " DELETE FaceIds :face"
            values[":face"] = {"SS": [finding.face_id]}
        self._update(finding.key, update, values, {"#status": "status"})

    def _count_faces(self, finding: Finding) -> Done:
        with self._held(finding.key) as claim:
            number = {":count": {"N": str(len(claim.face_ids))}, ":owner": {"S": self.owner}}
            with aws_failures():
                self.deployment.dynamodb.update_item(
                    TableName=self.deployment.images_table,
                    Key={"key": {"S": finding.key}},
                    UpdateExpression="SET FaceCount = :count",
                    ConditionExpression="LeaseOwner = :owner",
                    ExpressionAttributeValues=number,
                )
        return Done(finding, "corrected")

    def _update(
        self, key: str, update: str, values: dict[str, Any] | None = None, names: dict[str, str] | None = None
    ) -> None:
        """Changes a row that nobody holds. Raises ConflictError when somebody does, or when it is gone."""
        now = {":now": {"N": str(self.now)}, ":zero": {"N": "0"}}
        with aws_failures():
            self.deployment.dynamodb.update_item(
                TableName=self.deployment.images_table,
                Key={"key": {"S": key}},
                UpdateExpression=update,
                ConditionExpression=f"attribute_exists(#key) AND {_FREE}",
                ExpressionAttributeNames={"#key": "key", **(names or {})},
                ExpressionAttributeValues={**now, **(values or {})},
            )

    def _remove_face(self, finding: Finding) -> Done:
        if not finding.key:
            return self._delete_face(finding)
        with self._held(finding.key) as claim:
            if finding.face_id in claim.face_ids:
                return Done(finding, "left", "its photo has taken it in since")
            done = self._delete_face(finding)
            if done.done == "removed":
                self.images.forget_lost_face(finding.face_id)
            return done

    def _delete_face(self, finding: Finding) -> Done:
        with aws_failures():
            answer = self.deployment.rekognition.delete_faces(
                CollectionId=self.deployment.collection, FaceIds=[finding.face_id]
            )
        kept = [
            reason
            for refused in answer.get("UnsuccessfulFaceDeletions", [])
            for reason in refused["Reasons"]
            if reason != "FACE_NOT_FOUND"
        ]
        return Done(finding, "left", ", ".join(kept)) if kept else Done(finding, "removed")

    @contextmanager
    def _held(self, key: str) -> Iterator[Claim]:
        """The photo's lease; a photo without a row gets one for as long. Raises ConflictError when it is taken."""
        claim = self.images.claim_row(key, owner=self.owner, seconds=_LEASE_SECONDS)
        if not claim.done:
            try:
                yield claim
            finally:
                self.images.release(claim)
            return
        claim = self.images.claim_version(key, _NO_VERSION, owner=self.owner, seconds=_LEASE_SECONDS)
        try:
            yield claim
        finally:
            self.images.erase(claim)
