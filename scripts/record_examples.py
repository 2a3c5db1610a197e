#!/usr/bin/env python3
"""Records api/examples.json: real requests and answers of every operation, from a running deployment."""

import plain_shell  # noqa: F401  # before what it speaks of

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import requests

from api_contract.examples import EXAMPLES_FILE, examples_text
from api_contract.openapi import load_contract
from api_contract.recorder import Recorder, WalkError
from api_contract.walk import load_walk


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 with the reason when the deployment does not answer as the walk expects."""
    parser = argparse.ArgumentParser(description=__doc__)
    environment = os.environ
    parser.add_argument("--url", default=environment.get("URL"), help="ends with the stage; default: $URL")
    parser.add_argument("--key", default=environment.get("KEY"), help="the API key; default: $KEY")
    parser.add_argument("--out", type=Path, default=EXAMPLES_FILE, help="default: api/examples.json")
    options = parser.parse_args(arguments)
    if not options.url or not options.key:
        parser.error("which deployment? Give --url and --key as `make run` prints them, or set URL and KEY")
    try:
        examples = list(Recorder(options.url, options.key).record(load_walk(load_contract())))
    except WalkError as problem:
        return _fail(str(problem))
    except requests.ConnectionError:
        return _fail(f"nothing answers at {options.url}; start it with `make run`, or name another with --url")
    except requests.RequestException as problem:
        return _fail(f"{options.url} does not answer: {problem}")
    options.out.write_text(examples_text(examples), encoding="utf-8")
    print(f"{len(examples)} requests and answers in {options.out.name}")
    return 0


def _fail(reason: str) -> int:
    print(f"record_examples: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
