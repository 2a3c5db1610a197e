"""What calls with a ClientRequestToken were answered, so that a repetition has the same answer and no effect."""

from __future__ import annotations

import json
from typing import Any

from face_engine.database import Database
from face_engine.records import ClientRequest, Collection

KEPT_SECONDS = 3600.0
"""How long an answer is remembered: SDKs repeat a call within minutes, and send a token with every one they make."""


class RequestReusedError(Exception):
    """The operation was called with this token before, and with other parameters."""


class ClientRequests:
    """Belongs inside the transaction that does what the call asks for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recall(self, request: ClientRequest) -> dict[str, Any] | None:
        """The answer to this call when it was made before; raises `RequestReusedError`."""
        statement = "SELECT parameters, answer FROM client_requests WHERE operation = ? AND token = ? AND made_at > ?"
        found = self._database.select(statement, (request.operation, request.token, request.made_at - KEPT_SECONDS))
        if not found:
            return None
        parameters, answer = found[0]
        if parameters != request.parameters:
            raise RequestReusedError(request.token)
        return dict(json.loads(answer))

    def remember(self, request: ClientRequest, collection: Collection, answer: dict[str, Any]) -> None:
        """Until it is too old, or the collection is deleted."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM client_requests WHERE made_at <= ?", (request.made_at - KEPT_SECONDS,))
            connection.execute(
                "INSERT INTO client_requests (operation, token, collection, parameters, answer, made_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    request.operation,
                    request.token,
                    collection.id,
                    request.parameters,
                    json.dumps(answer),
                    request.made_at,
                ),
            )
