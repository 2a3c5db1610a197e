"""Runs a module as `python -m` would, and dies with its parent, even when that is killed with -9.

    python parent_watch.py MODULE [ARGUMENT…]

The parent holds the other end of standard input and never writes. Its death closes the pipe; then this
process and everything it started end at once. (Linux's PR_SET_PDEATHSIG would fire when the *thread* that
started the child ends, and macOS has nothing like it.) Uses the standard library alone: Lambda workers run
it without site-packages.
"""

import os
import runpy
import signal
import sys
import threading


def _die_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Watch, then become the module named by the first argument."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
