"""S3's DeleteObjects that deletes a part, and says 200."""

import re
from io import BytesIO

from local_cloud.faults.answers import Answer, Application, Environ, ask

_OBJECT = re.compile(rb"<Object>(.*?)</Object>", re.DOTALL)
_NAMED = re.compile(rb"<(Key|VersionId)>.*?</\1>", re.DOTALL)
_DELETED = re.compile(rb"<Deleted>.*?</Deleted>", re.DOTALL)
_FAILURE = b"<Code>InternalError</Code><Message>We encountered an internal error. Please try again.</Message>"
_RESULT = b'<?xml version="1.0" encoding="UTF-8"?><DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
_CHECKSUMS = (
    *("HTTP_CONTENT_MD5", "HTTP_X_AMZ_CHECKSUM_", "HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM", "HTTP_X_AMZ_TRAILER"),
    "HTTP_X_AMZ_CONTENT_SHA256",
)
# Of the whole body, which is another one now.


def delete_a_part(environ: Environ, inner: Application) -> Answer:
    """The first half of the objects goes, of one none; an Error is told for each of the others."""
    body = environ["wsgi.input"].read()
    objects = list(_OBJECT.finditer(body))
    kept = objects[len(objects) // 2 :]
    told = [b"".join(named[0] for named in _NAMED.finditer(each[1])) for each in kept]
    deleted: list[bytes] = []
    if len(kept) < len(objects):
        answer = ask(inner, _with_body(environ, body[: kept[0].start()] + body[kept[-1].end() :]))
        if not answer.is_success:
            return answer
        deleted = _DELETED.findall(answer.body)
    errors = [b"<Error>" + names + _FAILURE + b"</Error>" for names in told]
    document = b"".join([_RESULT, *deleted, *errors, b"</DeleteResult>"])
    return Answer("200 OK", (("Content-Type", "application/xml"), ("Content-Length", str(len(document)))), document)


def _with_body(environ: Environ, body: bytes) -> Environ:
    kept = {name: value for name, value in environ.items() if not name.startswith(_CHECKSUMS)}
    return {**kept, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
