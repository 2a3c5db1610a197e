"""/search, /identify, /detect and /compare."""

import base64
import json
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from faceprint.handlers.api_gateway import Api, Reply
from faceprint.model.errors import InvalidParameterError
from faceprint.model.names import check_key
from faceprint.model.parameters import (
    QUALITY_FILTERS,
    check_face_id,
    read_attributes,
    read_choice,
    read_count,
    read_flag,
    read_percent,
)
from faceprint.observability import logger
from faceprint.use_cases.ports import Means

app = Api()


@app.route("/search", method=["PUT", "POST"])
@app.route("/search/.+", method=["PUT", "POST"])
def search_faces() -> Reply:
    # As photos are indexed by default, so that a photo is never a stranger to itself.
    quality_filter = _quality_filter(default=app.wiring.settings.quality_filter)
    answer = app.wiring.search_faces.search(
        app.received.image(), threshold=_threshold(), max_faces=_max_faces(), quality_filter=quality_filter
    )
    return _answer_search(answer)


@app.get("/search")
def search_faces_by_face_id() -> Reply:
    face_id = check_face_id(app.received.parameters.get("faceId"))
    answer = app.wiring.search_faces.search_by_face(face_id, threshold=_threshold(), max_faces=_max_faces())
    return _answer_search(answer)


@app.post("/identify")
def identify_faces() -> Reply:
    request = app.received
    max_search = read_count(request.parameters, "maxSearch", default=20, most=100)
    annotate = request.accepts_picture() or read_flag(request.parameters, "annotate")
    answer = app.wiring.identify_faces.identify(
        request.image(), threshold=_threshold(), max_search=max_search, annotate=annotate, means=_means()
    )
    for face in answer["faces"]:
        app.measured.add("SearchOutcomes", 1, of=face["outcome"])
    if request.accepts_picture():
        return Response(200, "image/jpeg", base64.b64decode(answer["annotated"]))
    return app.answer(answer)


@app.post("/detect")
def detect_faces() -> Reply:
    attributes = read_attributes(app.received.parameters, default=app.wiring.settings.attributes)
    return app.answer(app.wiring.detect_faces.detect(app.received.image(), attributes=attributes))


@app.post("/compare")
def compare_faces() -> Reply:
    request, compare = app.received, app.wiring.compare_faces
    options: dict[str, Any] = {
        "threshold": _threshold("SimilarityThreshold"),
        "quality_filter": _quality_filter(default="NONE"),
    }
    source, target = request.named_image("source"), _target(request.parameters.get("target"))
    if "faceId" in target:
        return app.answer(compare.compare_with_face(source, check_face_id(target["faceId"]), **options))
    if "key" in target:
        return app.answer(compare.compare_with_image(source, check_key(str(target["key"])), **options))
    return app.answer(compare.compare(source, request.named_image("target"), **options))


def _answer_search(answer: dict[str, Any]) -> Reply:
    app.measured.add("SearchOutcomes", 1, of=answer["outcome"])
    return app.answer(answer)


def _target(given: Any) -> dict[str, Any]:
    """A target that names an indexed face or image; empty when it is an image itself."""
    if isinstance(given, str) and given.lstrip().startswith("{"):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            given = {}
    if not isinstance(given, dict):
        return {}
    if not {"faceId", "key"} & given.keys():
        raise InvalidParameterError('target must be base64, {"faceId": …} or {"key": …}.')
    return given


def _means() -> Means:
    context = app.lambda_context
    return Means(context.get_remaining_time_in_millis() / 1000, int(context.memory_limit_in_mb))


def _threshold(alias: str = "FaceMatchThreshold") -> float:
    return read_percent(app.received.parameters, "threshold", alias, default=app.wiring.settings.threshold)


def _max_faces() -> int:
    return read_count(app.received.parameters, "maxFaces", "MaxFaces", default=10, most=100)


def _quality_filter(*, default: str) -> str:
    parameters = app.received.parameters
    return read_choice(parameters, "qualityFilter", "QualityFilter", choices=QUALITY_FILTERS, default=default)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """API Gateway's proxy event in, its answer out."""
    return app.serve(event, context)
