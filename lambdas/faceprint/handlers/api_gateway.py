"""What the handlers behind API Gateway share: routing, errors, usage, the log line."""

import json
import time
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from faceprint.handlers.cross_origin import allow_origin, allow_request
from faceprint.handlers.measurements import Measurements, describe_calls
from faceprint.handlers.security_headers import secure
from faceprint.http_api import ApiRequest, error_body
from faceprint.model.costs import estimate_usd
from faceprint.model.errors import FaceprintError, MisconfiguredError, NotFoundError, ThrottledError
from faceprint.observability import log_event, logger, set_log_level
from faceprint.wiring import Wiring, get_wiring

Reply = Response[Any]

_JSON = "application/json"
_INTERNAL = "Something failed on our side; try again, and quote the requestId when it stays."


class Api(APIGatewayRestResolver):
    """Powertools' resolver with our errors. It matches `ApiRequest.route`, percent-encoded; `.+` spans slashes."""

    def __init__(self) -> None:
        super().__init__()
        self.measured = Measurements()
        self.exception_handler(FaceprintError)(self._refuse)
        self.not_found(self._miss)

    @property
    def received(self) -> ApiRequest:
        """The request that is being served."""
        return ApiRequest(self.current_event.raw_event)

    @property
    def seconds_left(self) -> float:
        """How long this invocation can go on."""
        return float(self.lambda_context.get_remaining_time_in_millis()) / 1000

    @property
    def wiring(self) -> Wiring:
        return get_wiring()

    def answer(self, body: dict[str, Any], *, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
        """JSON with what Rekognition was asked for, if it was."""
        calls = self.wiring.counter.of("rekognition")
        if calls and "usage" not in body:
            body = body | {"usage": usage(calls, self.wiring.settings.price_per_image)}
        return Response(status, _JSON, json.dumps(body, ensure_ascii=False), headers=dict(headers or {}))

    def serve(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Serves one event; whatever happens, the answer is one of the contract."""
        started = time.monotonic()
        request = ApiRequest(event)
        wiring: Wiring | None = None
        self.measured = Measurements()
        logger.set_correlation_id(request.correlation_id)
        try:
            wiring = get_wiring()
            wiring.counter.reset()
            set_log_level(debug_mode=wiring.settings.debug_mode)
            log_event(event)
            answer = self._resolve_for_origin(request, context)
        except Exception:
            logger.exception("failed", operation=request.operation)
            answer = _fail(request)
        answer.setdefault("multiValueHeaders", {})["x-correlation-id"] = [request.correlation_id]
        self._report(request, wiring, status=answer["statusCode"], seconds=time.monotonic() - started)
        return secure(answer)

    def _report(self, request: ApiRequest, wiring: Wiring | None, *, status: int, seconds: float) -> None:
        """The line of the request, and its metrics; without wiring nothing was called."""
        milliseconds = round(seconds * 1000, 1)
        logger.info(
            "served",
            operation=request.operation,
            requestId=request.request_id,
            status=status,
            milliseconds=milliseconds,
            **(describe_calls(wiring) if wiring else {}),
        )
        if wiring:
            self.measured.add("Latency", milliseconds, of=request.operation)
            self.measured.add_calls(wiring)
            self.measured.write(wiring)

    def _resolve_for_origin(self, request: ApiRequest, context: LambdaContext) -> dict[str, Any]:
        origins = self.wiring.settings.cors_allowed_origins
        if request.event.get("httpMethod") == "OPTIONS":
            return {"statusCode": 204, "headers": allow_request(request.headers, origins), "body": ""}
        answer: dict[str, Any] = self.resolve({**request.event, "path": request.route}, context)
        for name, value in allow_origin(request.headers, origins).items():
            answer.setdefault("multiValueHeaders", {})[name] = [value]
        return answer

    def _refuse(self, error: FaceprintError) -> Reply:
        if error.status >= 500:
            logger.error("failed", error=error.code, cause=repr(error.__cause__))
        else:
            logger.debug("refused", error=error.code, description=str(error))
        shown = FaceprintError(_INTERNAL) if isinstance(error, MisconfiguredError) else error
        headers = {"Retry-After": "1"} if isinstance(error, ThrottledError) else {}
        body = json.dumps(error_body(shown, self.received.request_id), ensure_ascii=False)
        return Response(error.status, _JSON, body, headers=headers)

    def _miss(self, _: Exception) -> Reply:
        return self._refuse(NotFoundError("There is no such route; see the list of routes in the documentation."))


def usage(calls: dict[str, int], price: float) -> dict[str, Any]:
    """Calls of Rekognition and what they are estimated to cost; DeleteFaces and ListFaces are free."""
    return {"calls": calls, "estimatedUsd": estimate_usd(calls, price)}


def _fail(request: ApiRequest) -> dict[str, Any]:
    body = error_body(FaceprintError(_INTERNAL), request.request_id)
    return {
        "statusCode": 500,
        "headers": {"Content-Type": _JSON},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
