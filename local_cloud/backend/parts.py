"""The parts of the state that change call by call: rows of tables, versions and tags of objects, messages of queues.

Each lies in a holder: the content of a table, bucket or queue, or S3's list of tags. All else (settings of these,
functions, roles, keys, alarms) is small, changes seldom, and is taken as one: `holders` tells where parts are cut off.

What a call touches is marked where moto looks it up: an item or object can be changed only by whoever has got it.
Messages are compared with what was last written down, since a queue is read from beginning to end anyway.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from moto.dynamodb.models.table import Table
from moto.s3.utils import _VersionedKeyStore
from moto.sqs.models import Message, Queue
from moto.utilities.tagging_service import TaggingService

from local_cloud.backend.corrections.replacing import wrap
from local_cloud.backend.moto_state import backends_of
from local_cloud.backend.touched import touched

Place = tuple[str, ...]  # service, account, region, name of the holder
Part = tuple[Place, Any, Any]  # where, its key, what it is now; None when it is gone
# Of a message, what changes: how often it was received, under which handle, and when it is to be seen again.
MessageState = tuple[int, str | None, float]

_UNTAGGING = ("untag_resource_using_tags", "untag_resource_using_names")

_EMPTY: dict[str, Callable[[], Any]] = {
    "dynamodb": lambda: defaultdict(dict),
    "s3": _VersionedKeyStore,
    "tags": dict,
    "sqs": list,
    "receivers": set,
}


def mark_what_is_touched() -> None:
    """Safe to repeat."""

    def mark_row(original: Any, table: Table, hash_key: Any, *args: Any, **kwargs: Any) -> Any:
        touched.rows.add((("dynamodb", table.account_id, table.region_name, table.name), hash_key))
        return original(table, hash_key, *args, **kwargs)

    def mark_object(original: Any, keys: _VersionedKeyStore, key: str) -> Any:
        touched.objects.setdefault(id(keys), set()).add(key)
        return original(keys, key)

    def mark_tags(original: Any, tagger: TaggingService, arn: str, *args: Any, **kwargs: Any) -> Any:
        touched.objects.setdefault(id(tagger.tags), set()).add(arn)
        return original(tagger, arn, *args, **kwargs)

    def mark_messages(original: Any, *args: Any, **kwargs: Any) -> Any:
        touched.messages = True
        return original(*args, **kwargs)

    wrap(Table, "get_item", mark_row)  # put_item begins with it too
    wrap(Table, "delete_item", mark_row)
    wrap(_VersionedKeyStore, "__sgetitem__", mark_object)  # every way to or into the dictionary begins with it
    for name in ("tag_resource", "delete_all_tags_for_resource", *_UNTAGGING):
        wrap(TaggingService, name, mark_tags)
    wrap(Message, "mark_received", mark_messages)
    wrap(Message, "change_visibility", mark_messages)
    wrap(Queue, "delete_message", mark_messages)  # arrivals are marked by `corrections.queues`


def holders() -> dict[Place, Any]:
    """The content of every table, bucket and queue there is, and S3's tags."""
    return {
        (service, account, region, name): content
        for service, contents in (("dynamodb", _tables), ("s3", _buckets), ("sqs", _queues))
        for account, region, backend in backends_of(service).iter_backends()
        for name, content in contents(backend)
    } | {
        ("tags", account, region, "s3"): backend.tagger.tags
        for account, region, backend in backends_of("s3").iter_backends()
    }


def cut_off(found: dict[Place, Any]) -> dict[int, Place]:
    """References for a pickler that leave out the parts, and who has received a message (nobody, after a restart)."""
    pending = [
        queue._pending_messages
        for _, _, backend in backends_of("sqs").iter_backends()
        for queue in backend.queues.values()
    ]
    return {id(each): ("receivers",) for each in pending} | {id(content): place for place, content in found.items()}


def empty_holder(place: Place) -> Any:
    """What a new table, bucket or queue begins with."""
    return _EMPTY[place[0]]()


def whole(place: Place, content: Any) -> Iterator[Part]:
    """Every part of one holder."""
    if place[0] == "sqs":
        yield from ((place, message.id, message) for message in content)
    else:
        yield from ((place, key, value) for key, value in dict.items(content))


def touched_parts(found: dict[Place, Any]) -> Iterator[Part]:
    """Rows and objects that were looked up since `touched` was cleared, as they are now."""
    for place, key in touched.rows:
        if place in found:
            yield place, key, found[place].get(key)
    for place, content in found.items():
        if place[0] in ("s3", "tags"):
            yield from ((place, key, dict.get(content, key)) for key in touched.objects.get(id(content), ()))


def message_states(messages: list[Any]) -> dict[str, MessageState]:
    return {
        message.id: (message.approximate_receive_count, message.receipt_handle, message.visible_at)
        for message in messages
    }


def changed_messages(place: Place, messages: list[Any], known: dict[str, MessageState]) -> Iterator[Part]:
    """Messages that came, went or were received since they were as in `known`."""
    states = message_states(messages)
    yield from ((place, gone, None) for gone in known.keys() - states.keys())
    yield from ((place, each.id, each) for each in messages if known.get(each.id) != states[each.id])


def put_back(part: Part, found: dict[Place, Any]) -> None:
    """Make a part what it was; KeyError when its holder is not there."""
    place, key, value = part
    content = found[place]
    if place[0] == "sqs":
        _put_message_back(content, key, value)
    elif value is None:
        dict.pop(content, key, None)
    else:
        dict.__setitem__(content, key, value)


def _put_message_back(messages: list[Any], identifier: str, message: Any) -> None:
    for position, each in enumerate(messages):
        if each.id == identifier:
            messages[position : position + 1] = [message] if message is not None else []
            return
    if message is not None:
        messages.append(message)


def _tables(backend: Any) -> Iterator[tuple[str, Any]]:
    return ((name, table.items) for name, table in backend.tables.items())


def _buckets(backend: Any) -> Iterator[tuple[str, Any]]:
    return ((name, bucket.keys) for name, bucket in backend.buckets.items())


def _queues(backend: Any) -> Iterator[tuple[str, Any]]:
    return ((name, queue._messages) for name, queue in backend.queues.items())
