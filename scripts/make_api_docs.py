#!/usr/bin/env python3
"""Makes docs/api.md of contract, walk and recorded answers."""

import plain_shell  # noqa: F401  # before what it speaks of

import sys

from api_contract.api_page import api_page_files
from api_contract.generated import write_or_check


def main(arguments: list[str] | None = None) -> int:
    """0; with --check 1 when the page is stale."""
    command = "scripts/make_api_docs.py"
    return write_or_check(api_page_files, what=str(__doc__), command=command, arguments=arguments)


if __name__ == "__main__":
    sys.exit(main())
