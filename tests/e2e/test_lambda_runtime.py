"""Functions in processes of their own: every way to fail, by what Lambda answers."""

import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import awslambdaric
import pytest

from local_cloud.lambda_runtime.environment import Place
from local_cloud.lambda_runtime.model import (
    PAYLOAD_LIMIT,
    Function,
    FunctionNotFoundError,
    PayloadTooLargeError,
    StillRunningError,
    TooManyRequestsError,
)
from local_cloud.lambda_runtime.pool import IDLE_SECONDS
from local_cloud.lambda_runtime.runtime import LambdaRuntime
from local_world import wait_until

pytestmark = pytest.mark.e2e

CODE = """
import os, signal, sys, time

def handler(event, context):
    do = event.get("do")
    if do == "fail":
        raise ValueError("bad " + event["why"])
    if do == "exit":
        os._exit(7)
    if do == "sleep":
        time.sleep(event["seconds"])
    if do == "big":
        return "x" * 7_000_000
    if do == "look":
        return {"environ": dict(os.environ), "path": sys.path, "left": context.get_remaining_time_in_millis()}
    if do == "import":
        import moto
    if do == "remember":
        held = bytearray(event["megabytes"] << 20)
        time.sleep(event["seconds"])
    print("hello from", context.function_name)
    return {"pid": os.getpid(), "echo": event}

not_callable = 1
"""

STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
from app import handler
"""

Start = Callable[..., LambdaRuntime]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Deploys the code above as function `f`; arguments are those of Function."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text(CODE)
    (tmp_path / "code" / "broken.py").write_text("import no_such_module")
    (tmp_path / "code" / "stubborn.py").write_text(STUBBORN)
    (tmp_path / "code" / "large.py").write_text("held = bytearray(300 << 20)\ndef handler(event, context): pass")
    site = Path(awslambdaric.__file__).parent
    (tmp_path / "runtime").mkdir()
    for name in (site, *site.parent.glob("runtime_client*"), *site.parent.glob("simplejson*")):
        (tmp_path / "runtime" / name.name).symlink_to(name)
    for name in site.parent.glob("snapshot_restore_py*"):
        (tmp_path / "runtime" / name.name).symlink_to(name)
    place = Place("us-east-1", "http://127.0.0.1:1", "ID", "SECRET", tmp_path / "runtime")
    running: list[LambdaRuntime] = []

    def start_runtime(concurrency: int = 1000, **options: Any) -> LambdaRuntime:
        values = {"handler": "app.handler", "memory": 128, "timeout": 5, "environment": {"MINE": "1"}, **options}
        runtime = LambdaRuntime(place, logs=tmp_path / "logs", workers_per_function=2, concurrency=concurrency)
        running.append(runtime)
        runtime.deploy([Function(name="f", arn="arn:aws:lambda:r:1:function:f", code=tmp_path / "code", **values)])
        return runtime

    yield start_runtime
    for runtime in running:
        runtime.close()


def invoke(runtime: LambdaRuntime, **event: Any) -> tuple[Any, bool]:
    result = runtime.invoke("f", json.dumps(event).encode())
    return json.loads(result.payload), result.failed


def test_a_function_answers_by_name_and_arn_from_one_warm_process(start: Start, tmp_path: Path) -> None:
    runtime = start()

    first, _ = invoke(runtime, a="ü")
    second = json.loads(runtime.invoke("arn:aws:lambda:r:1:function:f", b"{}").payload)

    assert (first["echo"], first["pid"]) == ({"a": "ü"}, second["pid"])
    log = (tmp_path / "logs" / "f.log").read_text()
    assert [log.count(mark) for mark in ("START RequestId", "hello from f", "END RequestId")] == [2, 2, 2]
    assert log.count("Init Duration") == 1


def test_the_process_sees_lambdas_environment_and_nothing_else(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_DEVELOPER", "1")

    seen, _ = invoke(start(), do="look")

    environ = seen["environ"]
    assert "SECRET_OF_THE_DEVELOPER" not in environ
    assert (environ["MINE"], environ["AWS_LAMBDA_FUNCTION_NAME"], environ["AWS_REGION"]) == ("1", "f", "us-east-1")
    assert environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert not [path for path in seen["path"] if "site-packages" in path]
    assert 0 < seen["left"] <= 5000


def test_a_missing_dependency_shows(start: Start) -> None:
    answer, error = invoke(start(), do="import")

    assert (answer["errorType"], error) == ("ModuleNotFoundError", True)


def test_an_exception_is_reported_with_its_trace_and_the_process_lives_on(start: Start) -> None:
    runtime = start()
    before, _ = invoke(runtime)

    answer, error = invoke(runtime, do="fail", why="luck")
    after, _ = invoke(runtime)

    assert (answer["errorType"], answer["errorMessage"], error) == ("ValueError", "bad luck", True)
    assert answer["stackTrace"] and before["pid"] == after["pid"]


@pytest.mark.parametrize(
    ("handler", "error_type"),
    [
        ("broken.handler", "Runtime.ImportModuleError"),
        ("nothing.handler", "Runtime.ImportModuleError"),
        ("app.nothing", "Runtime.HandlerNotFound"),
        ("app", "Runtime.MalformedHandlerName"),
    ],
)
def test_initialisation_errors_are_lambdas(start: Start, handler: str, error_type: str) -> None:
    answer, error = invoke(start(handler=handler))

    assert (answer["errorType"], error) == (error_type, True)


def test_a_process_that_exits_fails_one_invocation(start: Start) -> None:
    runtime = start()

    answer, error = invoke(runtime, do="exit")
    after, after_error = invoke(runtime, a=1)

    assert (answer["errorType"], error) == ("Runtime.ExitError", True)
    assert "exit status 7" in answer["errorMessage"]
    assert (after["echo"], after_error) == ({"a": 1}, False)


def test_a_function_is_ended_after_its_timeout(start: Start) -> None:
    runtime = start(timeout=1)
    started = time.monotonic()

    answer, error = invoke(runtime, do="sleep", seconds=10)

    assert 0.9 < time.monotonic() - started < 3
    assert "Task timed out after 1.00 seconds" in answer["errorMessage"]
    assert (error, invoke(runtime)[1]) == (True, False)


def test_a_worker_killed_while_idle_is_replaced_unnoticed(start: Start) -> None:
    runtime = start()
    pid = runtime.pids()["f"][0]
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    answer, error = invoke(runtime)

    assert not error and answer["pid"] != pid


def test_a_worker_killed_at_work_fails_that_invocation(start: Start) -> None:
    runtime = start()
    pid = runtime.pids()["f"][0]
    killer = threading.Timer(0.3, os.kill, (pid, signal.SIGKILL))
    killer.start()

    answer, error = invoke(runtime, do="sleep", seconds=4)

    assert (answer["errorType"], error) == ("Runtime.ExitError", True)
    assert "signal: killed" in answer["errorMessage"]


@pytest.mark.parametrize(
    ("seconds", "at_most"),
    [pytest.param(60, 30, id="while it works"), pytest.param(0, 30, id="though it has freed it and answered")],
)
def test_a_function_that_uses_more_than_its_memory_is_killed(
    start: Start, tmp_path: Path, seconds: float, at_most: float
) -> None:
    runtime = start(timeout=60)
    started = time.monotonic()

    answer, error = invoke(runtime, do="remember", megabytes=200, seconds=seconds)
    after, after_error = invoke(runtime, a=1)

    assert (answer["errorType"], error) == ("Runtime.ExitError", True)
    assert answer["errorMessage"].endswith(" Error: Runtime exited with error: signal: killed")
    assert time.monotonic() - started < at_most
    assert (after["echo"], after_error) == ({"a": 1}, False)
    log = (tmp_path / "logs" / "f.log").read_text()
    assert "Memory Size: 128 MB\tMax Memory Used: 128 MB\t" in log
    assert "\tStatus: error\tError Type: Runtime.OutOfMemory\n" in log


def test_initialisation_has_the_same_memory(start: Start) -> None:
    answer, error = invoke(start(handler="large.handler"))

    assert (answer["errorType"], error) == ("Runtime.ExitError", True)
    assert answer["errorMessage"].endswith("signal: killed")
    assert invoke(start(handler="large.handler", memory=512)) == (None, False)


def test_the_report_tells_the_most_memory_that_the_environment_has_used(start: Start, tmp_path: Path) -> None:
    runtime = start(memory=512)

    invoke(runtime)
    invoke(runtime, do="remember", megabytes=200, seconds=0)
    invoke(runtime)

    used = re.findall(r"Memory Size: 512 MB\tMax Memory Used: (\d+) MB", (tmp_path / "logs" / "f.log").read_text())
    small, large, again = map(int, used)
    assert 10 < small < 100 and 200 < large < 300
    assert again >= large


def test_environments_that_end_leave_no_traceback_in_the_log(start: Start, tmp_path: Path) -> None:
    runtime = start(handler="stubborn.handler")
    with pytest.raises(StillRunningError):
        runtime.invoke("f", json.dumps({"do": "sleep", "seconds": 0.3}).encode(), answer_seconds=0.1)
    invoke(runtime)
    pool = runtime.pool("f")
    wait_until(lambda: len(pool._idle) == 2)
    for worker in pool._idle:
        worker.idle_since -= 2 * IDLE_SECONDS

    pool.reap()
    left = len(runtime.pids()["f"])
    runtime.close()

    assert left == 1
    assert "Traceback" not in (tmp_path / "logs" / "f.log").read_text()


def test_a_caller_may_leave_before_the_function_ends(start: Start) -> None:
    runtime = start()
    pid = invoke(runtime)[0]["pid"]

    with pytest.raises(StillRunningError):
        runtime.invoke("f", json.dumps({"do": "sleep", "seconds": 0.5}).encode(), answer_seconds=0.1)
    other = invoke(runtime)[0]["pid"]

    assert other != pid  # the first process is still at it
    assert set(runtime.pids()["f"]) == {pid, other}


def test_requests_beyond_the_limit_wait_for_a_turn(start: Start) -> None:
    runtime = start()
    pids: set[int] = set()

    def call() -> None:
        pids.add(invoke(runtime, do="sleep", seconds=0.05)[0]["pid"])

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(pids) == 2


def test_reserved_concurrency_refuses_at_once(start: Start) -> None:
    runtime = start(reserved_concurrency=1)
    with pytest.raises(StillRunningError):
        runtime.invoke("f", json.dumps({"do": "sleep", "seconds": 4}).encode(), answer_seconds=0.1)

    with pytest.raises(TooManyRequestsError, match="Reserved"):
        runtime.invoke("f", b"{}")


def test_the_accounts_concurrency_refuses_at_once_until_an_invocation_has_ended(start: Start) -> None:
    runtime = start(concurrency=1)
    with pytest.raises(StillRunningError):
        runtime.invoke("f", json.dumps({"do": "sleep", "seconds": 0.5}).encode(), answer_seconds=0.1)
    started = time.monotonic()

    with pytest.raises(TooManyRequestsError, match=r"^ConcurrentInvocationLimitExceeded$"):
        runtime.invoke("f", b"{}")

    assert time.monotonic() - started < 0.3
    assert wait_until(lambda: _answered(runtime))


def _answered(runtime: LambdaRuntime) -> bool:
    try:
        return not runtime.invoke("f", b"{}").failed
    except TooManyRequestsError:
        return False


def test_payloads_have_lambdas_limits(start: Start) -> None:
    runtime = start()

    answer, _ = invoke(runtime, do="big")

    assert answer["errorType"] == "Function.ResponseSizeTooLarge"
    with pytest.raises(PayloadTooLargeError):
        runtime.invoke("f", b"x" * (PAYLOAD_LIMIT + 1))
    with pytest.raises(FunctionNotFoundError):
        runtime.invoke("g", b"{}")
