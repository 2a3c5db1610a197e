"""The images table: a row per photo, its lease, and the transactions that change a photo and its faces together."""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from faceprint.aws.batches import read_batch, write_batch
from faceprint.aws.failures import aws_failures, refused_item
from faceprint.aws.items import Item, from_item, to_item
from faceprint.model.errors import ConflictError
from faceprint.model.limits import MAX_TRANSACTION_ITEMS
from faceprint.model.records import Claim, FaceRow, ImageRecord, ObjectVersion, Status

_FREE = "(attribute_not_exists(LeaseUntil) OR LeaseUntil < :now OR LeaseOwner = :owner)"
_UNFINISHED = "(NOT (#status <> :pending AND ETag = :etag AND VersionId = :version) OR attribute_exists(Attempts))"

_LISTED_NAMES = ("key", "status", "reason", "ETag", "VersionId", "bytes", "width", "height", "name", "metadata",
                 "FaceIds", "UploadedAt", "IndexedAt")  # fmt: skip
_LISTED = {
    "ProjectionExpression": ", ".join(f"#{name}" for name in _LISTED_NAMES),
    "ExpressionAttributeNames": {f"#{name}": name for name in _LISTED_NAMES},
}
"""What a list tells of a photo; several of the names are DynamoDB's own words."""


@dataclass(frozen=True)
class ImageRecords:
    """Only who holds the lease of a photo changes its rows and its faces in the collection."""

    client: Any
    images_table: str
    faces_table: str

    def read(self, key: str) -> ImageRecord | None:
        """One row as of now, or None."""
        with aws_failures():
            answer = self.client.get_item(TableName=self.images_table, Key=_key(key), ConsistentRead=True)
        return _to_record(answer["Item"]) if "Item" in answer else None

    def read_many(self, keys: list[str]) -> dict[str, ImageRecord]:
        """Up to 100 rows by key, without what lists do not tell (UnindexedFaces above all); no row, no record."""
        items = read_batch(self.client, self.images_table, [_key(key) for key in keys], **_LISTED)
        return {record.key: record for record in map(_to_record, items)}

    def claim_version(self, key: str, version: ObjectVersion, *, owner: str, seconds: float) -> Claim:
        """The lease for indexing one version; `done` when its indexing has ended already.

        The row goes on telling the last finished indexing until the next has ended. Attempts keeps the versions whose
        indexing began and was not finished: the collection may hold their faces.

        Raises ConflictError while somebody else holds the lease.
        """
        values = {
            ":pending": Status.PENDING.value,
            ":etag": version.etag,
            ":version": version.version_id,
            ":attempt": {_attempt(version)},
        }
        return self._claim(
            key,
            "SET #status = if_not_exists(#status, :pending), ETag = if_not_exists(ETag, :etag),"
            " VersionId = if_not_exists(VersionId, :version), LeaseOwner = :owner, LeaseUntil = :until"
            " ADD Attempts :attempt",
            f"{_FREE} AND {_UNFINISHED}",
            values,
            owner=owner,
            seconds=seconds,
            names={"#status": "status"},
            version=version,
        )

    def claim_row(self, key: str, *, owner: str, seconds: float) -> Claim:
        """The lease for removing faces or the whole image; `done` when there is no such row.

        Raises ConflictError while somebody else holds the lease.
        """
        return self._claim(
            key,
            "SET LeaseOwner = :owner, LeaseUntil = :until",
            f"attribute_exists(#key) AND {_FREE}",
            {},
            owner=owner,
            seconds=seconds,
            names={"#key": "key"},
        )

    def _claim(
        self,
        key: str,
        update: str,
        condition: str,
        values: dict[str, Any],
        *,
        owner: str,
        seconds: float,
        names: dict[str, str],
        version: ObjectVersion | None = None,
    ) -> Claim:
        now = time.time()
        values = values | {":owner": owner, ":now": now, ":until": now + seconds}
        try:
            with aws_failures():
                answer = self.client.update_item(
                    TableName=self.images_table,
                    Key=_key(key),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=to_item(values),
                    ReturnValues="ALL_OLD",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConflictError as exc:
            item = refused_item(exc)
            if item is None or (item and not (version and _is_finished(item, version))):
                raise
            return Claim(key, owner, done=True)
        return _to_claim(key, owner, answer.get("Attributes", {}), version)

    def release(self, claim: Claim) -> None:
        """Ends the lease without a result, so that the next attempt need not wait for its end."""
        self._end_lease(claim, "REMOVE LeaseOwner, LeaseUntil", {})

    def abandon(self, claim: Claim) -> None:
        """Ends the lease of an attempt that has not reached the collection, and forgets that it began."""
        if claim.attempt is None:
            self.release(claim)
            return
        attempt = {":attempt": {"SS": [_attempt(claim.attempt)]}}
        self._end_lease(claim, "REMOVE LeaseOwner, LeaseUntil DELETE Attempts :attempt", attempt)

    def commit(self, claim: Claim, record: ImageRecord, rows: list[FaceRow]) -> None:
        """Writes a photo's row and its faces' rows, removes the rows of faces that it no longer has; ends the lease.

        One transaction up to 99 changes of faces; beyond, the surplus goes first, which a repetition puts right.

        Raises ConflictError when the lease has been lost.
        """
        stale = set(claim.face_ids) - set(record.face_ids)
        changes = [{"Put": {"TableName": self.faces_table, "Item": to_item(row)}} for row in rows]
        changes += [self._delete_face(face_id) for face_id in sorted(stale)]
        image = {"Put": {"TableName": self.images_table, "Item": _from_record(record), **_held(claim)}}
        self._transact(changes, image)

    def erase(self, claim: Claim) -> None:
        """Removes a photo's row and the rows of its faces. Raises ConflictError when the lease has been lost."""
        changes = [self._delete_face(face_id) for face_id in claim.face_ids]
        self._transact(changes, {"Delete": {"TableName": self.images_table, "Key": _key(claim.key), **_held(claim)}})

    def forget_face(self, claim: Claim, face_id: str) -> None:
        """Removes one face's row and takes it from its photo's; ends the lease."""
        left = set(claim.face_ids) - {face_id}
        update = {
            "TableName": self.images_table,
            "Key": _key(claim.key),
            "UpdateExpression": "SET FaceCount = :count REMOVE LeaseOwner, LeaseUntil DELETE FaceIds :face",
            **_held(claim),
        }
        update["ExpressionAttributeValues"] |= {":count": {"N": str(len(left))}, ":face": {"SS": [face_id]}}
        self._transact([self._delete_face(face_id)], {"Update": update})

    def forget_lost_face(self, face_id: str) -> None:
        """Removes the row of a face whose photo has no row."""
        with aws_failures():
            self.client.delete_item(TableName=self.faces_table, Key={"FaceId": {"S": face_id}})

    def _end_lease(self, claim: Claim, update: str, values: Item) -> None:
        """Changes the row of a lease that is still held; where it has been lost there is nothing to end."""
        request = {"TableName": self.images_table, "Key": _key(claim.key), "UpdateExpression": update, **_held(claim)}
        request["ExpressionAttributeValues"] |= values
        with suppress(ConflictError), aws_failures():
            self.client.update_item(**request)

    def _delete_face(self, face_id: str) -> Item:
        return {"Delete": {"TableName": self.faces_table, "Key": {"FaceId": {"S": face_id}}}}

    def _transact(self, changes: list[Item], last: Item) -> None:
        room = MAX_TRANSACTION_ITEMS - 1
        write_batch(self.client, self.faces_table, [_as_request(change) for change in changes[room:]])
        with aws_failures():
            self.client.transact_write_items(TransactItems=[*changes[:room], last])


def _key(key: str) -> Item:
    return {"key": {"S": key}}


def _as_request(change: Item) -> Item:
    """A change of a transaction as BatchWriteItem writes it."""
    if "Put" in change:
        return {"PutRequest": {"Item": change["Put"]["Item"]}}
    return {"DeleteRequest": {"Key": change["Delete"]["Key"]}}


def _attempt(version: ObjectVersion) -> str:
    return f"{version.version_id} {version.etag}"


def _version_of(attempt: str) -> ObjectVersion:
    version_id, _, etag = attempt.partition(" ")
    return ObjectVersion(etag, version_id)


def _is_finished(item: Item, version: ObjectVersion) -> bool:
    return _to_record(item).is_final_for(version) and "Attempts" not in item


def _to_claim(key: str, owner: str, item: Item, version: ObjectVersion | None) -> Claim:
    """What the lease gives, of the row as it was before ({} where there was none)."""
    record = _to_record({**_key(key), **item})
    attempts = from_item(item).get("Attempts", set())
    ours = {_attempt(version)} if version else set()
    return Claim(
        key,
        owner,
        record.face_ids,
        interrupted=tuple(_version_of(attempt) for attempt in sorted(attempts - ours)),
        finished=None if record.status is Status.PENDING else record.version,
        attempt=None if ours <= attempts else version,
    )


def _held(claim: Claim) -> dict[str, Any]:
    return {
        "ConditionExpression": "LeaseOwner = :owner",
        "ExpressionAttributeValues": {":owner": {"S": claim.owner}},
    }


def _from_record(record: ImageRecord) -> Item:
    return to_item(
        {
            "key": record.key,
            "status": record.status.value,
            "reason": record.reason,
            "ETag": record.version.etag,
            "VersionId": record.version.version_id,
            "sequencer": record.sequencer,
            "bytes": record.size,
            "width": record.width,
            "height": record.height,
            "name": record.name,
            "metadata": record.metadata,
            "FaceIds": set(record.face_ids),
            "FaceCount": len(record.face_ids),
            "UnindexedFaces": record.unindexed_faces,
            "FaceModelVersion": record.face_model_version,
            "warnings": list(record.warnings),
            "UploadedAt": record.uploaded_at,
            "IndexedAt": record.indexed_at,
        }
    )


def _to_record(item: Item) -> ImageRecord:
    row = from_item(item)
    return ImageRecord(
        key=row["key"],
        status=Status(row.get("status", Status.PENDING)),
        version=ObjectVersion(row.get("ETag", ""), row.get("VersionId", "")),
        reason=row.get("reason", ""),
        sequencer=row.get("sequencer", ""),
        size=row.get("bytes", 0),
        width=row.get("width", 0),
        height=row.get("height", 0),
        name=row.get("name", ""),
        metadata=row.get("metadata", {}),
        face_ids=tuple(sorted(row.get("FaceIds", ()))),
        unindexed_faces=row.get("UnindexedFaces", []),
        face_model_version=row.get("FaceModelVersion", ""),
        warnings=tuple(row.get("warnings", ())),
        uploaded_at=row.get("UploadedAt", ""),
        indexed_at=row.get("IndexedAt", ""),
    )
