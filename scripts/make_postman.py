#!/usr/bin/env python3
"""Makes the Postman collection and environment of contract, walk and recorded answers."""

import plain_shell  # noqa: F401  # before what it speaks of

import sys

from api_contract.generated import write_or_check
from api_contract.postman import postman_files


def main(arguments: list[str] | None = None) -> int:
    """0; with --check 1 when a file is stale."""
    command = "scripts/make_postman.py"
    return write_or_check(postman_files, what=str(__doc__), command=command, arguments=arguments)


if __name__ == "__main__":
    sys.exit(main())
