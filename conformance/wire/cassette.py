"""A cassette: a transcript at rest, as JSON Lines with a header, a footer and digests.

The format is `schemas/own/cassette.json`. Lines are plain ASCII, so that neither a terminal nor an editor can be
deceived by what a target sent. Nothing here opens a file: lines come in and go out.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from conformance.errors import OwnError, UnreadableInput
from conformance.model import Exchange, Response, Side, Transcript
from conformance.wire.cassette_reader import VERSION, BodyDigest, Reader
from conformance.wire.compact_json import compact
from conformance.wire.redact import leaks

#: A line of a SHA256SUMS file, of a text or a binary file.
_SUM = re.compile(r"([0-9a-f]{64}) [ *](.+)")


def write(transcript: Transcript, *, recorded: str, by: str, secrets: Iterable[str] = ()) -> Iterator[str]:
    """Yield the lines of a transcript's cassette, each ended by LF: joined they are the file.

    `recorded` is an RFC 3339 date-time (empty where nobody knows), `by` the program and its version. Both are found
    again in the provenance of what `read` gives; everything else comes back exactly. `secrets` are values that must
    not be in it, besides those that show by their look. Raises OwnError, before the first line, where one is.
    """
    if places := leaks(transcript, secrets):
        raise OwnError(
            f"{transcript.scenario}: a cassette would hold a secret: {', '.join(places)}",
            "Redact the transcript before it is written.",
        )
    digest = sha256()
    for document in _documents(transcript, recorded, by):
        line = _line(document)
        digest.update(line.encode())
        yield line
    yield _line({"exchanges": len(transcript.exchanges), "sha256": digest.hexdigest()})


def read(lines: Iterable[str], name: str) -> Transcript:
    """Read a cassette's lines; `name` is what a message calls it.

    Raises DamagedCassette, with the line and what to do, where it is truncated, altered, of another version, absurd
    or unsafe.
    """
    reader = Reader(name)
    for line in lines:
        reader.feed(line.rstrip("\r\n"))
    return reader.close()


def sums(digests: Iterable[tuple[str, str]]) -> str:
    """Return the text of a SHA256SUMS file for pairs of a file's name and its SHA-256 in hexadecimal digits."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(digests))


def parsed_sums(text: str, name: str) -> dict[str, str]:
    """Return the digests of a SHA256SUMS file by file name; `name` is what a message calls it.

    Raises UnreadableInput with the number of the first line that is none.
    """
    digests = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = _SUM.fullmatch(line)
        if match is None:
            raise UnreadableInput(f"{name}: line {number}: no digest and file name", "`sha256sum` writes such files.")
        digests[match[2]] = match[1]
    return digests


def _line(document: Mapping[str, object]) -> str:
    return compact(document) + "\n"


def _documents(transcript: Transcript, recorded: str, by: str) -> Iterator[dict[str, object]]:
    """Yield every line but the footer as the object it holds."""
    yield {
        "cassette": VERSION,
        "scenario": transcript.scenario,
        "recorded": recorded,
        "by": by,
        "provenance": {key: value for key, value in transcript.provenance.items() if key not in {"recorded", "by"}},
        "traits": sorted(transcript.traits),
        **_present(untestable=transcript.untestable, slip=transcript.slip),
    }
    for exchange in transcript.exchanges:
        yield {"request": _request_fields(exchange)}
        if exchange.response is not None:
            yield from _response_documents(exchange.response)
        if exchange.failure is not None:
            yield {"failure": exchange.failure}
    if transcript.outcome is not None:
        document = transcript.outcome.document
        yield {
            "outcome": {
                "exit_code": transcript.outcome.exit_code,
                "document": None if document is None else dict(document),
                **_present(doubt=transcript.outcome.doubt),
            }
        }


def _request_fields(exchange: Exchange) -> dict[str, object]:
    request = exchange.request
    return {
        "operation": exchange.operation.value,
        "began_ms": exchange.began_ms,
        "author": request.author.value,
        "method": request.method,
        "path": request.target,
        "headers": request.headers,
        **_bytes(request.body, "body"),
        **_present(
            reconstructed=request.reconstructed or None,
            situation=sorted(exchange.situation) or None,
            side=None if exchange.side is Side.FRONT else exchange.side.value,
        ),
    }


def _response_documents(response: Response) -> Iterator[dict[str, object]]:
    yield {
        "response": {
            "author": response.author.value,
            "status": response.status,
            "headers": response.headers,
            **_present(reconstructed=response.reconstructed or None),
        }
    }
    body = BodyDigest()
    for chunk in response.chunks:
        body.add(chunk.data)
        yield {"t": chunk.ms, **_bytes(chunk.data, "text")}
    yield {"end": response.ended.value, "t": response.ended_ms, **body.facts()}


def _present(**facts: object) -> dict[str, object]:
    return {name: value for name, value in facts.items() if value is not None}


def _bytes(data: bytes, text_key: str) -> dict[str, object]:
    """Text where the bytes are whole UTF-8, else base64: a chunk may cut a character."""
    try:
        return {text_key: data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}
