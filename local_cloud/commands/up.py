"""`up`: start, say where everything is, stay."""

import json
import signal
from argparse import Namespace

from local_cloud.cloud import Cloud
from local_cloud.commands.running import Stopped, running_cloud, settings_from, wait_for_a_signal
from local_cloud.commands.terminal import answer, tell


def run_up(options: Namespace) -> int:
    """130 after Ctrl-C, as shells expect; 0 after SIGTERM, as service managers do."""
    try:
        with running_cloud(settings_from(options), announced=True) as cloud:
            if options.json:
                answer(json.dumps(cloud.addresses.as_dict()))
            else:
                tell(screen(cloud))
            wait_for_a_signal()
    except Stopped as stopped:
        return 130 if stopped.signal_number == signal.SIGINT else 0


def page_of(url: str) -> str:
    """The root of the gateway, given the URL of its stage."""
    return url.rpartition("/")[0] + "/"


def screen(cloud: Cloud) -> str:
    """What a person wants to see first."""
    addresses = cloud.addresses
    kept = f"kept in {cloud.data}" if cloud.settings.data else "gone when this stops (--data DIR keeps them)"
    return f"""
Faceprint is up. Photos, tables and faces are {kept}.

  API      {addresses.url}
  API key  {addresses.apiKey}
  contract {page_of(addresses.url)}   every request, to read and to try in a browser
  AWS      {addresses.awsEndpoint}   aws --endpoint-url … s3|sqs|dynamodb|lambda|rekognition …
  logs     {cloud.logs}

Index a photo, and find its person on another:

  curl -T samples/barack-obama-1.jpg -H 'x-api-key: {addresses.apiKey}' \\
       -H 'x-amz-meta-name: Barack Obama' {addresses.url}/index/barack-obama-1.jpg
  curl -T samples/barack-obama-2.jpg -H 'x-api-key: {addresses.apiKey}' {addresses.url}/search

Ctrl-C stops it.
"""
