"""Whether API Gateway may invoke a function: by the function's own policy, as `aws_lambda_permission` writes it."""

from collections.abc import Callable, Iterable

from local_cloud.iam.policy import Decision, decide, granted_to
from local_cloud.lambda_runtime.model import Function

API_GATEWAY = "apigateway.amazonaws.com"


def gateway_permission(functions: Iterable[Function]) -> Callable[[str, str], bool]:
    """Answers for a function's ARN and the ARN of the API's method; the policies are those of the deployment."""
    granted = {function.arn: granted_to(function.policy, API_GATEWAY) for function in functions}

    def may_invoke(function: str, source: str) -> bool:
        policy = granted.get(function)
        context = {"aws:sourcearn": source}
        return policy is None or decide([policy], "lambda:InvokeFunction", function, context) is Decision.ALLOWED

    return may_invoke
