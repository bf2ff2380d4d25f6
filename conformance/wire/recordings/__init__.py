"""Recordings of other tools, and our own: one reader for each format, found by content and name."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from io import BytesIO
from typing import NamedTuple

from conformance.errors import UnreadableInput
from conformance.model import Transcript
from conformance.wire import cassette
from conformance.wire.recordings import (
    curl,
    curl_verbose,
    documents,
    looks,
    mitmproxy_dump,
    pasted,
    raw_stream,
)
from conformance.wire.recordings.beside import Beside, no_file


class Reader(NamedTuple):
    """One format: what people call it, whether a content of that name is in it, and how it is read."""

    title: str
    fits: Callable[[str, bytes], bool]
    #: None where it is of that form and holds none of the recordings known.
    read: Callable[[str, bytes, Beside], tuple[Transcript, ...] | None]


#: How much of a content is looked at to tell its format: far more than any of them needs.
_HEAD = 4096
_BEFORE_JSON = b"\xef\xbb\xbf \t\r\n"
_FIELD = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]*(?:event|data|id|retry)?:")


def _is_cassette(name: str, content: bytes) -> bool:
    return content[:_HEAD].lstrip(_BEFORE_JSON).startswith(b'{"cassette"') or name.lower().endswith(".jsonl")


def _read_cassette(name: str, content: bytes, beside: Beside) -> tuple[Transcript, ...]:  # noqa: ARG001 - it holds its own
    lines = (line.decode(errors="replace") for line in BytesIO(content.removeprefix(codecs.BOM_UTF8)))
    return (cassette.read(lines, name),)


#: What standard input is called. It has no suffix, so what it is shows in its content alone.
STANDARD_INPUT = "-"

_RAW = "a raw stream (.sse)"
_DOCUMENTS = ", ".join(reader.title for reader in documents.READERS)

#: The forms known, tried in this order. A file `NAME.sse` is judged as a stream whatever is in it, save what curl
#: printed; the other forms show in their content alone.
READERS = (
    Reader(curl.TITLE, lambda _, content: curl.STATUS_LINE.match(content) is not None, curl.read),
    Reader(_RAW, lambda name, _: name.lower().endswith(".sse"), raw_stream.read),
    Reader("a cassette (.jsonl)", _is_cassette, _read_cassette),
    Reader(_DOCUMENTS, lambda _, content: documents.is_json(content), documents.read_json),
    Reader(_DOCUMENTS, lambda _, content: documents.is_yaml(content), documents.read_yaml),
    Reader(_RAW, lambda _, content: _FIELD.match(content) is not None, raw_stream.read),
    Reader(curl_verbose.TITLE, lambda _, content: curl_verbose.fits(content), curl_verbose.read),
    Reader(mitmproxy_dump.TITLE, lambda _, content: mitmproxy_dump.fits(content), mitmproxy_dump.read),
    Reader(pasted.TITLE, lambda _, content: pasted.fits(content), pasted.read),
)


def read(
    name: str, content: bytes, request: bytes | None, body: Callable[[str], bytes] = no_file
) -> tuple[Transcript, ...]:
    """Read a recording of any known format; `request` is the body that was submitted, where it is known.

    `name` becomes the transcript's. `body` reads a file that the recording names, or raises NotBeside.
    Raises UnreadableInput for any other format, DamagedCassette for our own.
    """
    for reader in READERS:
        if not reader.fits(name, content) or (reader.read is not raw_stream.read and looks.is_utf16(content)):
            continue
        if (transcripts := reader.read(name, content, Beside(request, body))) is not None:
            return transcripts
    said = looks.look(content)
    known = ", ".join(dict.fromkeys(reader.title for reader in READERS))
    place = "standard input" if name == STANDARD_INPUT else name
    raise UnreadableInput(
        f"{place}: this is not a recording of a known format: {said.like}", f"{said.advice}\nKnown are: {known}."
    )


def bodies_named(content: bytes) -> frozenset[str]:
    """The files in which a recording keeps bodies, by the names it has for them."""
    return documents.bodies_named(content) if documents.is_json(content) else frozenset()
