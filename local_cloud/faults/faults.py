"""The plan in force: what the door asks for each call, and S3's events for each event."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from local_cloud.faults.answers import Answer, Application, Environ, ask
from local_cloud.faults.dice import Dice
from local_cloud.faults.events import Event, Events, Sending
from local_cloud.faults.invisible import InvisibleFaces
from local_cloud.faults.operations import operation_of, text_of
from local_cloud.faults.plan import Call, CallRule, Plan
from local_cloud.faults.reading import PlanError, read_plan
from local_cloud.faults.strikes import Strikes, Workers

# AWS's SDKs put AWS_SDK_UA_APP_ID into the user agent of each call; for us it names the execution environment.
_WORKER = re.compile(r"\bapp/([0-9a-f]{32})\b")


@dataclass(frozen=True)
class _InForce:
    """A plan with the dice of its rules."""

    plan: Plan
    calls: tuple[Dice, ...]
    events: Events
    event_dice: tuple[Dice, ...]
    invisible: InvisibleFaces


def _put_in_force(plan: Plan) -> _InForce:
    calls = tuple(Dice(rule, seed=plan.seed, number=number) for number, rule in enumerate(plan.calls))
    events = tuple(Dice(rule, seed=plan.seed, number=-1 - number) for number, rule in enumerate(plan.events))
    return _InForce(plan, calls, Events(events), events, InvisibleFaces(plan.invisible_seconds))


class Faults:
    """Off until `replace` gives a plan; `workers` are set once there are any."""

    def __init__(self) -> None:
        self._strikes = Strikes()
        self._now = _put_in_force(Plan())

    def replace(self, plan: Plan) -> None:
        """This plan holds from now on, with dice that were never thrown."""
        self._now = _put_in_force(plan)

    def know_workers(self, workers: Workers) -> None:
        """From now on calls are known by the function that makes them."""
        self._strikes.workers = workers

    def serve(self, environ: Environ, start_response: Callable[..., Any], inner: Application) -> Iterable[bytes]:
        """A WSGI call that the plan may strike; with an empty plan nothing but `inner`."""
        now = self._now
        if not now.calls and not now.plan.invisible_seconds:
            return inner(environ, start_response)
        answer = self._answer(now, environ, inner)
        start_response(answer.status, list(answer.headers))
        return [answer.body]

    def send(self, event: Event) -> list[Sending]:
        """The events that S3 sends in place of this one, each with the seconds it is held back."""
        now = self._now
        return now.events.send(event) if now.event_dice else [(event, 0.0)]

    def page(self, method: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Status and document of /_local/faults: GET tells the rules, PUT replaces them, DELETE ends them."""
        if method == "PUT":
            try:
                self.replace(read_plan(body))
            except PlanError as exc:
                return 400, {"message": str(exc)}
        elif method == "DELETE":
            self.replace(Plan())
        elif method != "GET":
            return 405, {"message": "GET, PUT or DELETE"}
        return 200, self._report()

    def _report(self) -> dict[str, Any]:
        now = self._now
        return {
            "seed": now.plan.seed,
            "calls": [dice.report() for dice in now.calls],
            "events": [dice.report() for dice in now.event_dice],
            "invisible_seconds": now.plan.invisible_seconds,
        }

    def _answer(self, now: _InForce, environ: Environ, inner: Application) -> Answer:
        call = self._describe(environ)

        def carried_out(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
            answer = now.invisible.ask(environ, call.operation, inner)
            start_response(answer.status, list(answer.headers))
            return [answer.body]

        rule = self._striking(now, call)
        application = carried_out if call.service == "rekognition" else inner
        return ask(application, environ) if rule is None else self._strikes.strike(rule, call, environ, application)

    def _striking(self, now: _InForce, call: Call) -> CallRule | None:
        """The first rule that strikes; latency is added on the way."""
        for dice in now.calls:
            assert isinstance(dice.rule, CallRule)
            if dice.rule.meets(call) and dice.strikes():
                if dice.rule.fault != "latency":
                    return dice.rule
                self._strikes.wait(dice.rule.seconds)
        return None

    def _describe(self, environ: Environ) -> Call:
        service = environ["local_cloud.service"]
        # The bytes of a photo are no text, and megabytes.
        is_photo = service == "s3" and environ["REQUEST_METHOD"] == "PUT"
        body = b"" if is_photo else environ["wsgi.input"].read()
        if not is_photo:
            environ["wsgi.input"] = BytesIO(body)
        named = _WORKER.search(environ.get("HTTP_USER_AGENT", ""))
        workers, worker = self._strikes.workers, named[1] if named else ""
        function = workers.function_of(worker) if workers and worker else None
        operation = operation_of(environ, service, body)
        return Call(service, operation, function or "", worker if function else "", text_of(environ, body))


def answer_page(faults: Faults, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The admin page, for this machine alone."""
    status, document = 403, {"message": "only from this machine"}
    if environ.get("REMOTE_ADDR") in ("127.0.0.1", "::1"):
        status, document = faults.page(environ["REQUEST_METHOD"], environ["wsgi.input"].read())
    body = json.dumps(document).encode()
    reason = {200: "OK", 400: "Bad Request", 403: "Forbidden", 405: "Method Not Allowed"}[status]
    start_response(f"{status} {reason}", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
