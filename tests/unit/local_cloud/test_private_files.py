"""A data directory is its owner's alone, and nothing is believed that somebody else laid there."""

import os
import pickle
from pathlib import Path

import pytest

from local_cloud.backend import snapshot
from local_cloud.backend.application import AwsBackend
from local_cloud.errors import StartupError
from local_cloud.private_files import make_private
from local_cloud.state import RunningState, read_state, write_state

STATE = RunningState(os.getpid(), "data", {"apiKey": "key"})


def test_an_open_directory_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)

    make_private(folder)

    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_state_file_is_its_owners_alone_whatever_lies_there(tmp_path: Path) -> None:
    path, victim = tmp_path / "state.json", tmp_path / "victim"
    victim.write_text("precious")
    path.symlink_to(victim)
    path.with_suffix(".partial").symlink_to(victim)

    write_state(path, STATE)

    assert (read_state(path), path.stat().st_mode & 0o777) == (STATE, 0o600)
    assert victim.read_text() == "precious"


def test_the_state_of_another_user_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    write_state(path, STATE)
    monkeypatch.setattr("local_cloud.private_files.os.getuid", lambda: path.stat().st_uid + 1)

    assert read_state(path) is None


class Trap:
    """Runs when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return pytest.fail, ("the snapshot of another user was read",)


def test_the_snapshot_of_another_user_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "aws.snapshot"
    path.write_bytes(pickle.dumps(Trap()))
    monkeypatch.setattr("local_cloud.private_files.os.getuid", lambda: path.stat().st_uid + 1)

    with pytest.raises(StartupError, match="belongs to another user"):
        snapshot.load(AwsBackend(), path)
