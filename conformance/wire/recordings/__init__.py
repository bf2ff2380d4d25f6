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
from conformance.wire.recordings import curl, looks, raw_stream, session_record


class Reader(NamedTuple):
    """One format: what people call it, whether a content of that name is in it, and how it is read."""

    title: str
    fits: Callable[[str, bytes], bool]
    read: Callable[[str, bytes, bytes | None], tuple[Transcript, ...]]


#: How much of a content is looked at to tell its format: far more than any of them needs.
_HEAD = 4096
_BEFORE_JSON = b"\xef\xbb\xbf \t\r\n"
_FIELD = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]*(?:event|data|id|retry)?:")


def _is_curl(name: str, content: bytes) -> bool:  # noqa: ARG001 - content alone tells
    return curl.STATUS_LINE.match(content) is not None


def _is_raw_stream_by_name(name: str, content: bytes) -> bool:  # noqa: ARG001 - always judged, whatever is in it
    return name.lower().endswith(".sse")


def _is_cassette(name: str, content: bytes) -> bool:
    return content[:_HEAD].lstrip(_BEFORE_JSON).startswith(b'{"cassette"') or name.lower().endswith(".jsonl")


def _is_session_record(name: str, content: bytes) -> bool:  # noqa: ARG001 - content alone tells
    return content[:_HEAD].lstrip(_BEFORE_JSON).startswith(b"{") and b'"Entries"' in content


def _is_raw_stream(name: str, content: bytes) -> bool:  # noqa: ARG001 - content alone tells
    return _FIELD.match(content) is not None


def _read_cassette(name: str, content: bytes, request: bytes | None) -> tuple[Transcript, ...]:  # noqa: ARG001 - it holds its own
    lines = (line.decode(errors="replace") for line in BytesIO(content.removeprefix(codecs.BOM_UTF8)))
    return (cassette.read(lines, name),)


#: What standard input is called. It has no suffix, so what it is shows in its content alone.
STANDARD_INPUT = "-"

#: The formats known, tried in this order.
READERS = (
    Reader("the output of curl -i", _is_curl, curl.read),
    Reader("a raw stream (.sse)", _is_raw_stream_by_name, raw_stream.read),
    Reader("a cassette (.jsonl)", _is_cassette, _read_cassette),
    Reader("a session record of System.ClientModel (.json)", _is_session_record, session_record.read),
    Reader("a raw stream (.sse)", _is_raw_stream, raw_stream.read),
)


def read(name: str, content: bytes, request: bytes | None) -> tuple[Transcript, ...]:
    """Read a recording of any known format; `request` is the body that was submitted, where it is known.

    `name` becomes the transcript's. Raises UnreadableInput for any other format, DamagedCassette for our own.
    """
    for reader in READERS:
        if reader.fits(name, content) and (reader.read is raw_stream.read or not looks.is_utf16(content)):
            return reader.read(name, content, request)
    said = looks.look(content)
    known = ", ".join(dict.fromkeys(reader.title for reader in READERS))
    place = "standard input" if name == STANDARD_INPUT else name
    raise UnreadableInput(
        f"{place}: this is no recording of a known format: {said.like}", f"{said.advice} Known are: {known}."
    )
