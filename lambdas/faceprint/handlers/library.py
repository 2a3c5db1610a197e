"""/index (list, read, erase), /uploads and /faces."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from faceprint.handlers.api_gateway import Api, Reply
from faceprint.http_api import check_metadata
from faceprint.model.errors import InvalidParameterError
from faceprint.model.limits import MAX_IMAGE_BYTES
from faceprint.model.names import check_key, check_name
from faceprint.model.parameters import check_face_id, read_choice, read_count, read_cursor, read_text
from faceprint.observability import logger

app = Api()


@app.get("/index")
def list_images() -> Reply:
    parameters = app.received.parameters
    limit = read_count(parameters, "limit", default=50, most=100)
    prefix = read_text(parameters, "prefix")
    return app.answer(app.wiring.list_images.list(prefix=prefix, after=read_cursor(parameters), limit=limit))


@app.get("/index/.+")
def get_image() -> Reply:
    return app.answer(app.wiring.read_image.read(app.received.key))


@app.delete("/index/.+")
def delete_image() -> Reply:
    answer = app.wiring.erase_image.erase(app.received.key, seconds=app.seconds_left)
    app.measured.add("ErasedImages", 1)
    return app.answer(answer)


@app.post("/uploads")
def create_upload() -> Reply:
    parameters = app.received.parameters
    metadata = parameters.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise InvalidParameterError("metadata must be an object of text values.")
    answer = app.wiring.create_upload.create(
        check_key(read_text(parameters, "filename", required=True)),
        content_type=f"image/{_format(parameters)}",
        size=_size(parameters),
        name=check_name(read_text(parameters, "name")),
        metadata=check_metadata(metadata),
        correlation_id=app.received.correlation_id,
    )
    return app.answer(answer, status=201)


@app.get("/faces/<face_id>")
def get_face(face_id: str) -> Reply:
    return app.answer(app.wiring.keep_faces.read(check_face_id(face_id)))


@app.delete("/faces/<face_id>")
def delete_face(face_id: str) -> Reply:
    return app.answer(app.wiring.keep_faces.remove(check_face_id(face_id), seconds=app.seconds_left))


def _format(parameters: dict[str, Any]) -> str:
    choices = ("IMAGE/JPEG", "IMAGE/PNG")
    return read_choice(parameters, "contentType", choices=choices, default=choices[0]).removeprefix("IMAGE/").lower()


def _size(parameters: dict[str, Any]) -> int:
    if parameters.get("bytes") is None:
        raise InvalidParameterError(f"bytes is required: the size of the file, at most {MAX_IMAGE_BYTES}.")
    return read_count(parameters, "bytes", default=0, most=MAX_IMAGE_BYTES)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """API Gateway's proxy event in, its answer out."""
    return app.serve(event, context)
