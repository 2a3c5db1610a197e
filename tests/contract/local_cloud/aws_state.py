"""What the local AWS holds, in a form that can be compared between processes.

    python -m tests.contract.local_cloud.aws_state OBJECTS FILE…

prints a list of it for the states that a new process finds in each FILE, with object bytes in the folder OBJECTS.
"""

import json
import sys
from pathlib import Path
from typing import Any

from local_cloud.backend.application import AwsBackend
from local_cloud.backend.corrections.object_bytes import keep_objects_in
from local_cloud.backend.moto_state import each_backend_of, services_in_use
from local_cloud.backend.snapshot import load


def state() -> dict[str, Any]:
    """Rows, versions of objects with bytes and tags, messages with their counts, and some of what is around them."""
    return {
        "tables": {name: _rows(table) for db in each_backend_of("dynamodb") for name, table in db.tables.items()},
        "buckets": {name: _bucket(bucket) for s3 in each_backend_of("s3") for name, bucket in s3.buckets.items()},
        "tags": {arn: tags for s3 in each_backend_of("s3") for arn, tags in s3.tagger.tags.items() if tags},
        "queues": {name: _queue(queue) for sqs in each_backend_of("sqs") for name, queue in sqs.queues.items()},
        "alarms": sorted(name for cloudwatch in each_backend_of("cloudwatch") for name in cloudwatch.alarms),
        "roles": sorted(role.name for iam in each_backend_of("iam") for role in iam.roles.values()),
    }


def _rows(table: Any) -> list[str]:
    found = table.items.values()
    items = [item for each in found for item in (each.values() if table.has_range_key else [each])]
    return sorted(json.dumps(item.to_json(), sort_keys=True, default=str) for item in items)


def _bucket(bucket: Any) -> dict[str, Any]:
    return {
        "versioning": bucket.versioning_status,
        "keys": {key: [_version(each) for each in dict.__getitem__(bucket.keys, key)] for key in dict(bucket.keys)},
        "uploads": {
            identifier: {number: part.value.decode() for number, part in upload.parts.items()}
            for identifier, upload in dict(bucket.multiparts).items()
        },
    }


def _version(version: Any) -> list[str]:
    if not hasattr(version, "metadata"):
        return [version.version_id, "deleted"]
    acl = [grant.permissions for grant in version.acl.grants] if version.acl else []
    return [version.version_id, version.value.decode(), str(dict(version.metadata)), version.etag, str(acl)]


def _queue(queue: Any) -> dict[str, Any]:
    messages = [
        [message.id, message.body, message.approximate_receive_count, message.receipt_handle, message.visible_at]
        for message in queue._messages
    ]
    return {"messages": messages, "visibility": queue.visibility_timeout, "tags": queue.tags}


def main() -> None:
    objects, *paths = map(Path, sys.argv[1:])
    keep_objects_in(objects)
    backend, found = AwsBackend(), []
    for path in paths:
        for service in list(services_in_use()):
            for region in service.values():
                region.reset()
        load(backend, path)
        found.append(state())
    print(json.dumps(found, sort_keys=True))


if __name__ == "__main__":
    main()
