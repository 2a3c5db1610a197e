"""How much there is, for `status`."""

from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import FakeDeleteMarker, s3_backends
from moto.sqs.models import sqs_backends

from local_cloud.backend.application import AwsBackend


def overview(backend: AwsBackend, *, bucket: str, table: str) -> dict[str, Any]:
    """Depth of every queue; the images of the bucket as a listing shows them; the rows of the faces table."""
    with backend.lock:
        queues = [queue for _, _, sqs in sqs_backends.iter_backends() for queue in sqs.queues.values()]
        buckets = {name: found for _, _, s3 in s3_backends.iter_backends() for name, found in s3.buckets.items()}
        tables = {name: found for _, _, db in dynamodb_backends.iter_backends() for name, found in db.tables.items()}
        images = [key for key in buckets[bucket].keys.values() if not isinstance(key, FakeDeleteMarker)]
        return {
            "queues": {
                queue.name: {
                    "visible": queue.approximate_number_of_messages,
                    "inFlight": queue.approximate_number_of_messages_not_visible,
                }
                for queue in queues
            },
            "images": len(images),
            "faces": len(tables[table].items),
        }
