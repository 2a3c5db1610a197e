"""What the counter says of real botocore calls: how many, how long, how often repeated."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

from faceprint.aws.call_counter import CallCounter
from tiny_http_server import Reply, TinyServer, tiny_server

BUSY = Reply({"__type": "ThrottlingException"}, status=400)


def client_of(url: str, counter: CallCounter, attempts: int = 2) -> Any:
    client = boto3.client(
        "rekognition",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"mode": "standard", "total_max_attempts": attempts}, connect_timeout=1),
    )
    counter.attach(client)
    return client


def list_faces(server: TinyServer, counter: CallCounter) -> Any:
    return client_of(server.url, counter).list_faces(CollectionId="c")


def test_a_call_is_counted_with_its_time() -> None:
    counter = CallCounter()
    with tiny_server(Reply({"Faces": []})) as server:
        list_faces(server, counter)

    told = counter.summary()
    assert told["calls"] == {"rekognition.ListFaces": 1}
    assert told["callMilliseconds"]["rekognition.ListFaces"] > 0
    assert told["retries"] == {}


def test_a_retry_is_no_call_but_counted_beside_them() -> None:
    counter = CallCounter()
    with tiny_server(BUSY, Reply({"Faces": []})) as server:
        list_faces(server, counter)

    told = counter.summary()
    assert (told["calls"], told["retries"]) == ({"rekognition.ListFaces": 1}, {"rekognition.ListFaces": 1})


def test_a_call_that_fails_in_the_end_has_its_time_and_retries() -> None:
    counter = CallCounter()
    with tiny_server(Reply({"__type": "InternalServerError"}, status=500)) as server, pytest.raises(ClientError):
        list_faces(server, counter)

    told = counter.summary()
    assert (told["calls"], told["retries"]) == ({"rekognition.ListFaces": 1}, {"rekognition.ListFaces": 1})
    assert len(counter.milliseconds_of("rekognition")) == 1


def test_a_call_that_is_throttled_in_the_end_costs_nothing_and_is_none() -> None:
    counter = CallCounter()
    with tiny_server(BUSY) as server, pytest.raises(ClientError):
        list_faces(server, counter)

    told = counter.summary()
    assert (told["calls"], told["retries"]) == ({}, {"rekognition.ListFaces": 2})
    assert counter.of("rekognition") == {}


def test_a_call_that_reaches_nobody_is_counted_too() -> None:
    counter = CallCounter()

    with pytest.raises((EndpointConnectionError, ConnectTimeoutError)):
        client_of("http://127.0.0.1:9", counter).list_faces(CollectionId="c")

    assert counter.summary()["retries"] == {"rekognition.ListFaces": 1}
    assert len(counter.milliseconds_of("rekognition")) == 1


def test_a_reset_forgets_everything() -> None:
    counter = CallCounter()
    with tiny_server(BUSY, Reply({"Faces": []})) as server:
        list_faces(server, counter)

    counter.reset()

    assert counter.summary() == {"calls": {}, "callMilliseconds": {}, "retries": {}}


def test_calls_of_several_threads_are_all_counted_and_their_times_added() -> None:
    counter, hold = CallCounter(), threading.Event()
    with tiny_server(Reply({"Faces": []}, held=hold)) as server:
        client = client_of(server.url, counter)
        with ThreadPoolExecutor(8) as pool:
            calls = [pool.submit(client.list_faces, CollectionId="c") for _ in range(8)]
            threading.Timer(0.1, hold.set).start()
            for call in calls:
                call.result()

    assert counter.calls == {"rekognition.ListFaces": 8}
    assert sum(counter.milliseconds_of("rekognition")) > 8 * 50
