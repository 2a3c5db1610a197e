"""The faces table: a row per face, under Rekognition's attribute names."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from faceprint.aws.batches import read_batch
from faceprint.aws.failures import aws_failures
from faceprint.aws.items import from_item
from faceprint.model.limits import MAX_TRANSACTION_ITEMS
from faceprint.model.records import FaceRow

_SHORT = {"ProjectionExpression": "FaceId, #key, #name", "ExpressionAttributeNames": {"#key": "key", "#name": "name"}}


@dataclass(frozen=True)
class FaceRecords:
    """Reads rows; they are written and removed in the transactions of the image they belong to."""

    client: Any
    table: str

    def read(self, face_id: str) -> FaceRow | None:
        """One row, or None."""
        with aws_failures():
            answer = self.client.get_item(TableName=self.table, Key={"FaceId": {"S": face_id}}, ConsistentRead=True)
        return from_item(answer["Item"]) if "Item" in answer else None

    def read_whole(self, face_ids: Iterable[str]) -> dict[str, FaceRow]:
        """Whole rows by FaceId, as of now; what has no row is absent."""
        return self._read_many(face_ids, {"ConsistentRead": True})

    def read_names(self, face_ids: Iterable[str]) -> dict[str, FaceRow]:
        """FaceId, key and name by FaceId: what an answer needs of up to 100 matches, in one call."""
        return self._read_many(face_ids, _SHORT)

    def _read_many(self, face_ids: Iterable[str], options: dict[str, Any]) -> dict[str, FaceRow]:
        wanted = [{"FaceId": {"S": face_id}} for face_id in dict.fromkeys(face_ids)]
        rows: dict[str, FaceRow] = {}
        for start in range(0, len(wanted), MAX_TRANSACTION_ITEMS):
            keys = wanted[start : start + MAX_TRANSACTION_ITEMS]
            for item in read_batch(self.client, self.table, keys, **options):
                row = from_item(item)
                rows[row["FaceId"]] = row
        return rows
