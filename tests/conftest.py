"""What holds for all tests."""

import signal


def pytest_configure() -> None:
    """Programs that tests start must hear Ctrl-C, which a shell has its background jobs ignore, and theirs as well."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
