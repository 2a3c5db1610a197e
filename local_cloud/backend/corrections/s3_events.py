"""S3 event notifications as S3 writes them: version, sequencer, and the events moto forgets or invents."""

import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote_plus

from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.s3 import notifications
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeDeleteMarker, S3Backend
from moto.s3.notifications import S3NotificationEvent

from local_cloud.backend.corrections.replacing import wrap
from local_cloud.backend.corrections.suspended_versions import deleted_in
from local_cloud.backend.moto_state import backends_of
from local_cloud.iam.policy import Decision, decide, granted_to

_EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e"


class _DestinationError(S3ClientError):
    def __init__(self) -> None:
        super().__init__("InvalidArgument", "Unable to validate the following destination configurations")


def refuse_queues_that_do_not_let_s3_send() -> None:
    """S3 tries each destination before it takes a configuration: the queue's policy must allow the bucket to send."""

    def put(original: Any, backend: S3Backend, bucket_name: str, notification_config: dict[str, Any]) -> Any:
        queues = notification_config.get("QueueConfiguration") or []
        for queue in queues if isinstance(queues, list) else [queues]:
            if not _may_send(queue["Queue"], backend.get_bucket(bucket_name)):
                raise _DestinationError
        return original(backend, bucket_name, notification_config)

    wrap(S3Backend, "put_bucket_notification_configuration", put)


def _may_send(queue_arn: str, bucket: Any) -> bool:
    _, _, _, region, account, name = queue_arn.split(":")
    queue = backends_of("sqs")[account][region].queues.get(name)
    context = {"aws:sourcearn": f"arn:aws:s3:::{bucket.name}", "aws:sourceaccount": bucket.account_id}
    policy = granted_to(str(queue.policy), "s3.amazonaws.com") if queue is not None and queue.policy else "{}"
    return decide([policy], "sqs:SendMessage", queue_arn, context) is Decision.ALLOWED


class _Sequencer:
    """Hex numbers that grow with every event; S3 promises the order per key, time keeps it over restarts."""

    last = 0

    def take(self) -> str:
        self.last = max(self.last + 1, time.time_ns())
        return f"{self.last:018X}"


_sequencer = _Sequencer()


def describe_events_fully() -> None:
    """Records carry sequencer, versionId (versioned buckets), requester and a key that keeps its slashes."""

    def _get_s3_event(_: Any, event_name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:
        name = str(getattr(event_name, "value", event_name)).removeprefix("s3:")
        return {"Records": [_record(name, bucket, key, notification_id)]}

    wrap(notifications, "_get_s3_event", _get_s3_event)


def _record(name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:
    described: dict[str, Any] = {"key": quote_plus(key.name, safe="/"), "sequencer": _sequencer.take()}
    if name.startswith("ObjectCreated"):
        described["size"] = key.size
    if name != "ObjectRemoved:Delete":
        described["eTag"] = key.etag.strip('"')
    if bucket.is_versioned:
        described["versionId"] = key.version_id
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region_name,
        "eventTime": iso_8601_datetime_with_milliseconds(),
        "eventName": name,
        "userIdentity": {"principalId": "AWS:LOCAL"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": described["sequencer"], "x-amz-id-2": "local"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": notification_id,
            "bucket": {"name": bucket.name, "ownerIdentity": {"principalId": "LOCAL"}, "arn": bucket.arn},
            "object": described,
        },
    }


def send_events_through(channel: Callable[[dict[str, Any]], list[tuple[dict[str, Any], float]]]) -> None:
    """`channel` says of each event which ones are sent in its place, and in how many seconds they can be received."""

    def _send_sqs_message(_: Any, account_id: str, event_body: Any, queue_name: str, region_name: str) -> None:
        backend = backends_of("sqs")[account_id][region_name]
        if queue_name not in backend.queues:
            return
        for body, seconds in channel(event_body):
            # Under the backend's lock: nobody receives it before its delay is set.
            message = backend.send_message(queue_name=queue_name, message_body=json.dumps(body))
            message.delayed_until = max(message.delayed_until, (time.time() + seconds) * 1000)

    wrap(notifications, "_send_sqs_message", _send_sqs_message)


def announce_one_event_per_multipart_upload() -> None:
    """A multipart upload is announced once, as CompleteMultipartUpload; moto adds an ObjectCreated:Put."""

    def complete_multipart_upload(original: Any, backend: S3Backend, *args: Any, **kwargs: Any) -> Any:
        put_object = backend.put_object

        def put_silently(*put_args: Any, **put_kwargs: Any) -> Any:
            return put_object(*put_args, **{**put_kwargs, "disable_notification": True})

        backend.put_object = put_silently  # type: ignore[method-assign]  # for this one call, under the lock
        try:
            return original(backend, *args, **kwargs)
        finally:
            del backend.put_object

    wrap(S3Backend, "complete_multipart_upload", complete_multipart_upload)


def announce_removals() -> None:
    """Deleting announces DeleteMarkerCreated (versioned, no version given) or Delete (the version given)."""

    def delete_object(
        original: Any,
        backend: S3Backend,
        bucket_name: str,
        key_name: str,
        version_id: str | None = None,
        bypass: bool = False,
    ) -> Any:
        bucket = backend.get_bucket(bucket_name)
        versions = {str(key.version_id): key for key in bucket.keys.getlist(key_name, [])}
        configuration, bucket.notification_configuration = bucket.notification_configuration, None
        try:
            deleted, meta = deleted_in(
                bucket, key_name, version_id, lambda: original(backend, bucket_name, key_name, version_id, bypass)
            )
        finally:
            bucket.notification_configuration = configuration
        has_versions = bucket.versioning_status is not None
        if not has_versions and versions:
            _announce(backend, bucket, S3NotificationEvent.OBJECT_REMOVED_DELETE_EVENT, key_name, None)
        elif has_versions and version_id is None and meta.get("delete-marker"):
            marker = S3NotificationEvent.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT
            _announce(backend, bucket, marker, key_name, meta["version-id"])
        elif version_id in versions and not isinstance(versions[version_id], FakeDeleteMarker):
            _announce(backend, bucket, S3NotificationEvent.OBJECT_REMOVED_DELETE_EVENT, key_name, version_id)
        return deleted, meta

    wrap(S3Backend, "delete_object", delete_object)


def _announce(backend: S3Backend, bucket: Any, event: S3NotificationEvent, name: str, version_id: str | None) -> None:
    removed = SimpleNamespace(name=name, version_id=version_id, etag=_EMPTY_ETAG, size=0)
    notifications.send_event(backend.account_id, event, bucket, removed)
