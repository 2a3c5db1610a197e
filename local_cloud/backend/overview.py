"""How much there is, for `status`."""

from typing import Any

from moto.s3.models import FakeDeleteMarker

from local_cloud.backend.application import AwsBackend
from local_cloud.backend.moto_state import each_backend_of


def overview(backend: AwsBackend, *, bucket: str, table: str) -> dict[str, Any]:
    """Depth of every queue; alarms in ALARM; images of the bucket as a listing shows them; rows of the faces table."""
    with backend.lock:
        queues = [queue for sqs in each_backend_of("sqs") for queue in sqs.queues.values()]
        buckets = {name: found for s3 in each_backend_of("s3") for name, found in s3.buckets.items()}
        tables = {name: found for db in each_backend_of("dynamodb") for name, found in db.tables.items()}
        images = [key for key in buckets[bucket].keys.values() if not isinstance(key, FakeDeleteMarker)]
        return {
            "queues": {
                queue.name: {
                    "visible": queue.approximate_number_of_messages,
                    "inFlight": queue.approximate_number_of_messages_not_visible,
                }
                for queue in queues
            },
            "alarms": sorted(
                alarm.name
                for cloudwatch in each_backend_of("cloudwatch")
                for alarm in cloudwatch.get_alarms_by_state_value("ALARM")
            ),
            "images": len(images),
            "faces": len(tables[table].items),
        }
