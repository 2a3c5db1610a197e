"""The environment variables of a function's process: Lambda's own, the function's, and nothing of ours."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local_cloud.iam.roles import Credentials
from local_cloud.lambda_runtime.model import Function


@dataclass(frozen=True)
class Place:
    """What every function of this cloud shares."""

    region: str
    aws_endpoint: str  # the door
    access_key_id: str
    secret_access_key: str
    runtime: Path  # boto3 and awslambdaric, as AWS's runtime image has them
    assume: Callable[[str, str], Credentials] | None = None  # role and session name → what the function runs with


def environment_of(function: Function, place: Place, *, runtime_api: str, log_stream: str) -> dict[str, str]:
    """Reserved variables of the Lambda runtime win over the function's own, as on AWS."""
    return {
        **function.environment,
        "PATH": os.defpath,
        "LANG": "en_US.UTF-8",
        "PYTHONIOENCODING": "utf-8",
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join(str(path) for path in python_path(function, place)),
        "LAMBDA_TASK_ROOT": str(function.code),
        "LAMBDA_RUNTIME_DIR": str(place.runtime),
        "_HANDLER": function.handler,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        # SDKs name it in every call, so that a call tells which execution environment made it.
        "AWS_SDK_UA_APP_ID": log_stream[-32:],
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "AWS_REGION": place.region,
        "AWS_DEFAULT_REGION": place.region,
        **_credentials(function, place),
        "AWS_ENDPOINT_URL": place.aws_endpoint,
        # The home directory is found without HOME, too: the developer's profile must not reach the function.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _credentials(function: Function, place: Place) -> dict[str, str]:
    if not (function.role and place.assume):
        return {"AWS_ACCESS_KEY_ID": place.access_key_id, "AWS_SECRET_ACCESS_KEY": place.secret_access_key}
    assumed = place.assume(function.role, function.name)
    return {
        "AWS_ACCESS_KEY_ID": assumed.access_key_id,
        "AWS_SECRET_ACCESS_KEY": assumed.secret_access_key,
        "AWS_SESSION_TOKEN": assumed.session_token,
    }


def python_path(function: Function, place: Place) -> tuple[Path, ...]:
    """Where Lambda's Python looks, in its order: the function's code, its layers, the runtime's own packages."""
    return (function.code, *function.layers, place.runtime)
