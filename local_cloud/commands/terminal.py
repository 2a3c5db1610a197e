"""Standard output is for answers that programs read, standard error for people."""

import sys


def answer(text: str) -> None:
    """One answer, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def tell(text: str, *, end: str = "\n") -> None:
    """A message for whoever watches."""
    sys.stderr.write(text + end)
    sys.stderr.flush()
