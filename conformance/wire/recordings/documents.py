"""Recordings that are one JSON or YAML document: parsed once, then told apart by their shape."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import NamedTuple

from conformance.errors import UnreadableInput
from conformance.model import Transcript
from conformance.wire import strict_json
from conformance.wire.recordings import (
    exvcr,
    har,
    nock,
    ruby_vcr,
    session_record,
    vcrpy,
    wiremock,
    yaml_document,
)


class Reader(NamedTuple):
    """One format: what people call it, whether a document has its shape, and how it is read."""

    title: str
    fits: Callable[[object], bool]
    read: Callable[[str, object], tuple[Transcript, ...]]


#: The formats that are documents, tried in this order.
READERS = tuple(
    Reader(each.TITLE, each.fits, each.read) for each in (session_record, har, ruby_vcr, vcrpy, nock, exvcr, wiremock)
)

#: How much of a content is looked at to tell its format: far more than any of them needs.
_HEAD = 4096

_JSON = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*[\[{]")

#: The members by which cassettes in YAML are known, at the beginning of a line. PHP-VCR writes a list of requests.
_YAML = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[ \t]*(?:%YAML[^\r\n]*|---[^\r\n]*|#[^\r\n]*)?\r?\n)*"
    rb"(?:---[ \t]+)?(?:(?:version:[^\r\n]*\r?\n)?[\"']?(?:http_)?interactions[\"']?:|"
    rb"recorded_with:[^\r\n]*\r?\nhttp_interactions:|-[ \t]*\r?\n?[ \t]*request:)"
)


def is_json(content: bytes) -> bool:
    """Whether a content begins as a JSON object or list."""
    return _JSON.match(content) is not None


def is_yaml(content: bytes) -> bool:
    """Whether a content begins as a cassette in YAML."""
    return _YAML.match(content[:_HEAD]) is not None


def read_json(name: str, content: bytes, request: bytes | None) -> tuple[Transcript, ...] | None:  # noqa: ARG001 - it holds its own
    """Read a JSON document; None where it has the shape of none. Raises UnreadableInput where it is no JSON."""
    try:
        document = strict_json.read(content.removeprefix(codecs.BOM_UTF8))
    except strict_json.NotJson as error:
        raise UnreadableInput(
            f"{name}: not JSON: {error.reason}", "Was it cut off, or put together of several files?"
        ) from None
    return _read(name, document)


def read_yaml(name: str, content: bytes, request: bytes | None) -> tuple[Transcript, ...] | None:  # noqa: ARG001 - as above
    """Read a YAML document; None where it has the shape of none. Raises UnreadableInput where it is no YAML."""
    return _read(name, yaml_document.read(name, content.removeprefix(codecs.BOM_UTF8)))


def _read(name: str, document: object) -> tuple[Transcript, ...] | None:
    reader = next((reader for reader in READERS if reader.fits(document)), None)
    return None if reader is None else reader.read(name, document)
