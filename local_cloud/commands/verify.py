"""`verify`: scripts/verify.py, told where this cloud is."""

import subprocess
import sys
from argparse import Namespace

from local_cloud.commands.terminal import tell
from local_cloud.settings import (
    ACCESS_KEY_ID,
    REPOSITORY,
    SECRET_ACCESS_KEY,
    environment_for_children,
    read_settings,
)
from local_cloud.state import RunningState, find_running

_COULD_NOT = 2


def run_verify(options: Namespace) -> int:
    """0 when the stores agree, 1 when they do not, 2 when that could not be found out."""
    state = find_running(options.data)
    if state is None:
        tell("no local cloud is running here")
        return _COULD_NOT
    command = [sys.executable, str(REPOSITORY / "scripts" / "verify.py"), *_arguments(options)]
    return subprocess.run(command, env=_environment(state), check=False).returncode  # noqa: S603  # our own script


def _arguments(options: Namespace) -> list[str]:
    switches = [f"--{name}" for name in ("json", "repair") if getattr(options, name)]
    seconds = [f"--{name}={value}" for name in ("settle", "patience") if (value := getattr(options, name)) is not None]
    return switches + seconds


def _environment(state: RunningState) -> dict[str, str]:
    return environment_for_children() | {
        "AWS_ENDPOINT_URL": state.addresses["awsEndpoint"],
        "AWS_ENDPOINT_URL_REKOGNITION": state.addresses["rekognitionEndpoint"],
        "AWS_REGION": read_settings({}).region,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_S3_BUCKET_NAME": state.addresses["bucket"],
        "AWS_DYNAMODB_TABLE_ID": state.addresses["table"],
        "AWS_DYNAMODB_IMAGES_TABLE_ID": state.addresses["imagesTable"],
        "AWS_REKOGNITION_COLLECTION_ID": state.addresses["collection"],
    }
