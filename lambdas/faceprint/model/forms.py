"""multipart/form-data (RFC 7578) in one pass: its cost grows with its length alone, whatever a client nests in it.

The standard library's parser is one for mail: it descends into parts of parts, and a body of 4 MB keeps it busy for
minutes.
"""

import re

from faceprint.model.errors import InvalidParameterError

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_DISPOSITION = re.compile(rb"^content-disposition:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_NAME = re.compile(rb';[ \t]*name=(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)
_MOST_HEAD_BYTES = 8192


def read_form(body: bytes, content_type: str) -> dict[str, bytes]:
    """The parts by name; of two with one name the last, and none without a name. Raises InvalidParameterError."""
    found = _BOUNDARY.search(content_type)
    boundary = (found[1] or found[2]).encode("utf-8", "replace") if found else b""
    pieces = re.split(rb"(?:\r\n|\n|\A)--" + re.escape(boundary), body) if boundary else []
    if len(pieces) < 2:
        raise InvalidParameterError("The form is malformed; let your client set Content-Type with its boundary.")
    parts = {}
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            break
        end = _HEAD_END.search(piece, 0, _MOST_HEAD_BYTES)
        name = _name_of(piece[: end.start()]) if end else None
        if end and name is not None:
            parts[name] = piece[end.end() :]
    return parts


def _name_of(head: bytes) -> str | None:
    disposition = _DISPOSITION.search(head)
    found = _NAME.search(disposition[1]) if disposition else None
    if found is None:
        return None
    return (found[2] if found[1] is None else found[1]).decode("utf-8", "replace")
