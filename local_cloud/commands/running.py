"""A cloud for as long as a command needs it: settings from options, logging, signals, state file."""

import logging
import os
import signal
import socket
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from local_cloud.cloud import Cloud
from local_cloud.commands.terminal import CountedResources, tell
from local_cloud.private_files import OTHERS_NOTHING
from local_cloud.settings import Settings, read_settings, strange_names
from local_cloud.state import RunningState, announce, retract

_SWITCH_SECONDS = 0.0005
"""After which a thread that computes lets others in. At Python's own 5 ms, 500 refused calls a second made one
answer in twenty wait 8 ms longer."""


class Stopped(BaseException):
    """SIGTERM or Ctrl-C. Not an Exception: nothing between here and the command may take it for a failure."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number


def settings_from(options: Namespace) -> Settings:
    """Command line over environment over `.env`; says which names there are misspelt."""
    names = ("port", "host", "data", "terraform", "concurrency")
    values = {name: getattr(options, name) for name in names} | {"debug_mode": options.debug}
    values |= {name: getattr(options, name, None) for name in ("faults", "engine_tps")}
    settings = read_settings(values)
    for line in strange_names():
        tell(f"local_cloud: {line}")
    return settings


@contextmanager
def running_cloud(settings: Settings, *, announced: bool) -> Iterator[Cloud]:
    """Start, and in the end stop in order; a second Ctrl-C does not wait for that.

    An announced cloud is found by `status`, `logs` and `verify`.
    """
    _stop_on_signals()
    os.umask(OTHERS_NOTHING)
    sys.setswitchinterval(_SWITCH_SECONDS)
    if settings.host not in ("127.0.0.1", "localhost", "::1"):
        tell(
            f"WARNING: listening on {settings.host}. Everybody who can reach this machine can read and erase "
            "everything: the AWS endpoints ask for no password."
        )
    if settings.terraform:
        tell("Applying terraform/ to the local cloud: a minute or two")
    cloud = Cloud(settings, CountedResources())
    log_to(cloud.logs / "local_cloud.log")
    state = RunningState(os.getpid(), str(cloud.data), cloud.addresses.as_dict())
    try:
        if announced:
            announce(state)
        yield cloud
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        if announced:
            retract(state)
        cloud.close()


def wait_for_a_signal() -> NoReturn:
    """Return never: the handler of a signal raises. `signal.pause` would sleep through one that came just before it."""
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    with reader, writer:
        signal.set_wakeup_fd(writer.fileno())
        try:
            while True:
                reader.recv(1)
        finally:
            signal.set_wakeup_fd(-1)


def _stop_on_signals() -> None:
    def stop(number: int, _: FrameType | None) -> None:
        raise Stopped(number)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def log_to(path: os.PathLike[str]) -> None:
    """Our own log goes to a file: the terminal is for people, standard output for the JSON line."""
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger("local_cloud").setLevel(logging.INFO)
