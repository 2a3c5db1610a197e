"""/info, /openapi.json and /health."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from faceprint.handlers.api_gateway import Api, Reply
from faceprint.observability import logger
from faceprint.use_cases.describe_contract import describe_contract
from faceprint.use_cases.describe_service import describe_service

app = Api()


@app.route("/info", method=["GET", "POST"])
def info() -> Reply:
    return app.answer(describe_service(app.wiring.settings))


@app.get("/openapi.json")
def contract() -> Reply:
    return app.answer(describe_contract(app.received.stage_url))


@app.get("/health")
def health() -> Reply:
    return app.answer({"status": "ok"})


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """API Gateway's proxy event in, its answer out."""
    return app.serve(event, context)
