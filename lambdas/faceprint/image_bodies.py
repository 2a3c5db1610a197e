"""The image in a request's body: its bytes, or base64 in the many forms in which clients send it."""

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from faceprint.model.errors import BadBase64Error, MissingImageError, UnsupportedFormatError
from faceprint.model.images import describe_bytes, is_image

_MOST_LAYERS = 3
"""Text of base64 may be base64 again; Postman users make two layers, a third is generous."""

_DATA_URI = re.compile(rb"data:[^,]{0,512}?(;base64)?,", re.IGNORECASE)
_ARMOUR = re.compile(rb"-----(?:BEGIN|END) [A-Z0-9 ]+-----")
_FORM_FIELD = re.compile(rb"[A-Za-z_]\w{0,63}=(?=[A-Za-z0-9+/%]|data:)")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_\-]{8,}={0,2}")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/_\-=\s]")
_AROUND = b" \t\r\n\"'"
"""White space and quotes, those at the end of Python's b'...' too."""
_LEAST_TEXT = 200
"""A text of this many characters and hardly one that base64 does not have was meant to be base64."""

_LINE_LENGTHS = frozenset((64, 76))
"""Of PEM (RFC 7468) and of MIME (RFC 2045)."""

_READ_AS_TEXT = (b"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", b"\xef\xbf\xbdPNG")
_LATIN1_AS_UTF8 = (b"\xc3\xbf\xc3\x98\xc3\xbf", b"\xc2\x89PNG")
_PNG_WITHOUT_LINE_BREAKS = b"\x89PNG\x1a"


def decode_image(body: bytes) -> bytes:
    """The bytes of a JPEG or PNG out of bytes, base64, a data: URI, or base64 of base64.

    Base64 may be wrapped, URL-safe, without padding, in UTF-16, after a byte order mark, percent-encoded, in a form's
    field, between lines of a certificate, or Python's b'...'; its '+' may have become spaces.

    Raises MissingImageError, BadBase64Error, UnsupportedFormatError.
    """
    _check_transport(body)
    data = body.decode("utf-8").encode("latin-1") if _is_latin1_as_utf8(body) else body
    for layer in range(_MOST_LAYERS + 1):
        if is_image(data):
            return data
        text = _base64_text(data)
        if not text or layer == _MOST_LAYERS:
            break
        data = _decode_base64(text)
    raise _refusal(body, data)


def _check_transport(body: bytes) -> None:
    """Recognises damage that clients do on the way. Raises UnsupportedFormatError.

    Every JPEG and PNG has zero bytes and every PNG a line break in its first bytes; `curl -d` removes both.
    """
    if body.startswith(_PNG_WITHOUT_LINE_BREAKS) or (is_image(body) and not re.search(rb"[\0\r\n]", body)):
        raise UnsupportedFormatError(
            "The image lost its line breaks and zero bytes on the way, as `curl -d` removes them; "
            "send it with `curl --data-binary @FILE` or `curl -T FILE`."
        )
    if body.startswith(_READ_AS_TEXT):
        raise UnsupportedFormatError("The image was read as text on the way and is damaged; send the file as binary.")


def _is_latin1_as_utf8(body: bytes) -> bool:
    """Whether each byte was taken for a Latin-1 character and encoded as UTF-8, which loses nothing."""
    if not body.startswith(_LATIN1_AS_UTF8):
        return False
    try:
        return max(body.decode("utf-8")) <= "\xff"
    except UnicodeDecodeError:
        return False


def _base64_text(data: bytes) -> bytes:
    """The base64 in data without all that is around it and in it; empty where data is something else."""
    text = _ascii_text(data).strip(_AROUND)
    if text.startswith((b"b'", b'b"')):
        text = text[2:]
    if text.startswith(b"-----"):
        text = _ARMOUR.sub(b"", text)
    if field := _FORM_FIELD.match(text[:64]):
        text = text[field.end() :].strip(_AROUND)
    if uri := _DATA_URI.match(text[:1024]):
        text = text[uri.end() :] if uri[1] else base64.b64encode(unquote_to_bytes(text[uri.end() :]))
    if b"%" in text:
        text = unquote_to_bytes(text)
    if b"\\" in text:
        text = text.replace(rb"\r", b"").replace(rb"\n", b"")
    text = _without_spaces(text) if b" " in text else b"".join(text.split())
    return text if _BASE64.fullmatch(text) else b""


def _ascii_text(data: bytes) -> bytes:
    """ASCII text out of ASCII, UTF-8 with a byte order mark, or UTF-16 as PowerShell writes it; else empty."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    elif (encoding := _utf16_of(data)) is not None:
        data = data.decode(encoding, "replace").lstrip("\ufeff").encode("ascii", "replace")
    return data if data[:1024].isascii() else b""


def _utf16_of(data: bytes) -> str | None:
    if data.startswith(b"\xff\xfe") or (len(data) > 8 and not any(data[1:64:2]) and all(data[:64:2])):
        return "utf-16-le"
    if data.startswith(b"\xfe\xff") or (len(data) > 8 and not any(data[:64:2]) and all(data[1:64:2])):
        return "utf-16-be"
    return None


def _without_spaces(text: bytes) -> bytes:
    """Without line breaks. Spaces after each 64 or 76 characters are such, others the '+' that forms decode to spaces.

    The whole has a multiple of four characters, with its padding: one such space is the '+' where that says so.
    """
    joined = text.translate(None, b"\r\n\t")
    removed, replaced = joined.replace(b" ", b""), joined.replace(b" ", b"+")
    *lines, last = map(len, joined.split(b" "))
    wrapped = len({*lines}) == 1 and lines[0] in _LINE_LENGTHS and last <= lines[0]
    return removed if wrapped and (len(removed) % 4 == 0 or len(replaced) % 4) else replaced


def _decode_base64(text: bytes) -> bytes:
    """Standard or URL-safe, with or without padding."""
    text = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise BadBase64Error("The text is not valid base64; it seems cut off. Encode the whole file.") from None


def _refusal(body: bytes, data: bytes) -> Exception:
    """What to say of a body in which no image was found; data is what its last layer holds."""
    if not body.strip():
        return MissingImageError("The request has no image; send a JPEG or PNG in its body.")
    if data is not body:
        return UnsupportedFormatError(f"The base64 text holds {describe_bytes(data)}; send that of a JPEG or PNG.")
    if _DATA_URI.match(body[:1024]):
        return BadBase64Error("The data: URI does not hold valid base64; encode the whole file.")
    text = _ascii_text(body)
    foreign = _NOT_BASE64.findall(text)
    if len(text) >= _LEAST_TEXT and b" " not in text[:_LEAST_TEXT] and len(foreign) <= len(text) // 50:
        shown = ", ".join(sorted({repr(character.decode("latin-1")) for character in foreign})[:5])
        return BadBase64Error(
            f"The text is nearly base64, but holds {shown or 'a wrong end'}; encode the whole file again."
        )
    return UnsupportedFormatError(f"The body is {describe_bytes(body)}; send a JPEG or PNG.")
