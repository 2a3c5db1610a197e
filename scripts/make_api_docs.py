#!/usr/bin/env python3
"""Makes docs/api.md of contract, walk and recorded answers."""

import sys

from scripts.contract.api_page import api_page_files
from scripts.contract.generated import write_or_check


def main(arguments: list[str] | None = None) -> int:
    """0; with --check 1 when the page is stale."""
    command = "python -m scripts.make_api_docs"
    return write_or_check(api_page_files, what=str(__doc__), command=command, arguments=arguments)


if __name__ == "__main__":
    sys.exit(main())
