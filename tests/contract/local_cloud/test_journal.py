"""The file of the backend's changes: whatever was answered is in it, whole."""

from pathlib import Path

import pytest

from local_cloud.backend.journal import Journal, records

SNAPSHOT = b"a snapshot"
RECORDS = [b"first", b"", b"\x00" * 5000, b"last"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A snapshot and four records."""
    found = tmp_path / "journal"
    found.write_bytes(SNAPSHOT)
    journal = Journal(found)
    for record in RECORDS:
        journal.append(record)
    journal.close()
    return found


def read(path: Path) -> tuple[list[bytes], int]:
    """The records, and how many bytes behind them are no record."""
    with path.open("rb") as file:
        file.seek(len(SNAPSHOT))
        found = list(records(file))
        return found, path.stat().st_size - file.tell()


def test_records_come_back_in_order(path: Path) -> None:
    assert read(path) == (RECORDS, 0)


@pytest.mark.parametrize("kept", range(12))
def test_a_torn_last_record_is_dropped_wherever_it_is_torn(path: Path, kept: int) -> None:
    whole = path.read_bytes()
    last = len(RECORDS[-1]) + 8
    path.write_bytes(whole[: len(whole) - last + kept])

    assert read(path) == (RECORDS[:-1], kept)


@pytest.mark.parametrize("position", range(1, 13))
def test_a_last_record_with_a_wrong_byte_is_dropped(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[-position] ^= 0x10
    path.write_bytes(content)

    assert read(path)[0] == RECORDS[:-1]


def test_a_record_that_the_disk_refuses_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    write, before = os.write, path.read_bytes()
    journal = Journal(path)
    monkeypatch.setattr(os, "write", lambda file, content: write(file, content[:5]))

    with pytest.raises(OSError, match="only 5 of"):
        journal.append(b"refused")

    monkeypatch.undo()
    assert path.read_bytes() == before
    journal.append(b"taken")
    journal.close()
    assert read(path) == ([*RECORDS, b"taken"], 0)
