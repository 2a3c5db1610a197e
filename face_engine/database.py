"""The SQLite file: one connection for all threads, one transaction at a time, complete after a kill at any moment.

Every change is one transaction in write-ahead mode, flushed to disk before it is answered. The file belongs to one
process at a time.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FACES = """
CREATE TABLE IF NOT EXISTS collections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    model_version TEXT NOT NULL,
    created_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS tags (
    collection INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (collection, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS faces (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    collection INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    face_id TEXT NOT NULL,
    image_id TEXT NOT NULL,
    image_digest BLOB NOT NULL,
    external_image_id TEXT,
    box TEXT NOT NULL,
    confidence REAL NOT NULL,
    faceprint BLOB NOT NULL,
    UNIQUE (collection, face_id)
);
CREATE INDEX IF NOT EXISTS faces_of_collection ON faces (collection, row);
CREATE INDEX IF NOT EXISTS faces_of_image ON faces (collection, image_digest);
"""
USERS = """
CREATE TABLE users (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    collection INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    vector BLOB,
    UNIQUE (collection, user_id)
);
CREATE INDEX users_of_collection ON users (collection, row);
ALTER TABLE faces ADD COLUMN user INTEGER REFERENCES users (row) ON DELETE SET NULL;
CREATE INDEX faces_of_user ON faces (user, row) WHERE user IS NOT NULL;
CREATE TABLE client_requests (
    operation TEXT NOT NULL,
    token TEXT NOT NULL,
    collection INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    parameters BLOB NOT NULL,
    answer TEXT NOT NULL,
    made_at REAL NOT NULL,
    PRIMARY KEY (operation, token)
) WITHOUT ROWID;
CREATE INDEX client_requests_by_age ON client_requests (made_at);
CREATE INDEX client_requests_of_collection ON client_requests (collection);
"""
MIGRATIONS = (FACES, USERS)
"""What makes each version of the file of the one before; `PRAGMA user_version` counts those that are done.

Files from before the count have the tables of the first and say 0, so the first may run twice."""


class StoreLockedError(RuntimeError):
    """Another process has the data directory open, or the file is not one of this engine."""


class Database:
    """Thread-safe; a transaction inside another one, of the same thread, is a part of it."""

    def __init__(self, path: Path) -> None:
        """Raises `StoreLockedError`."""
        self._lock = threading.RLock()
        self._connection = _open_database(path)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def select(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is done inside is kept, or nothing when it raises."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise

    def erase_traces(self) -> None:
        """What was deleted is overwritten in the file (secure_delete) and must not live on in the log beside it."""
        with self._lock:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _open_database(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)  # faceprints are biometric data: for the owner alone
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=1)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        _migrate(connection, path)
    except sqlite3.DatabaseError as exc:
        connection.close()
        raise StoreLockedError(f"{path} cannot be opened ({exc}); is another engine running on it?") from exc
    except StoreLockedError:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file to the newest version, each step in a transaction of its own."""
    [version] = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise StoreLockedError(f"{path} was written by a newer engine (version {version}); run that one on it")
    for number in range(version, len(MIGRATIONS)):
        step = f"BEGIN IMMEDIATE; {MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;"
        connection.executescript(step)
