"""PUT /index/{filename}."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from faceprint.handlers.api_gateway import Api, Reply, usage
from faceprint.observability import logger

app = Api()


@app.put("/index/.+")
def upload_image() -> Reply:
    request, wiring = app.received, app.wiring
    wait = "respond-async" not in request.headers.get("prefer", "").lower()
    answer = wiring.upload_image.upload(
        request.key,
        request.image(),
        name=request.name,
        metadata=request.metadata,
        correlation_id=request.correlation_id,
        wait=wait,
    )
    status = answer["image"]["status"]
    if status == "PENDING":
        # One slash: a location that begins with two names another host.
        location = "/" + request.event["requestContext"]["path"].lstrip("/")
        return app.answer(answer, status=201, headers={"Location": location})
    if status == "DUPLICATE":
        app.measured.add("DuplicateUploads", 1)
    else:
        # The index function made the call, on behalf of this request.
        answer["usage"] = usage({"IndexFaces": 1}, wiring.settings.price_per_image)
    return app.answer(answer)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """API Gateway's proxy event in, its answer out."""
    return app.serve(event, context)
