"""Recordings that are one JSON or YAML document: parsed once, then told apart by their shape."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable
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
from conformance.wire.recordings.beside import Beside


def _no_bodies(_document: object) -> Iterable[str]:
    return ()


class Reader(NamedTuple):
    """One format: what people call it, whether a document has its shape, and how it is read."""

    title: str
    fits: Callable[[object], bool]
    read: Callable[[str, object, Beside], tuple[Transcript, ...]]
    #: The files that a document names as bodies.
    bodies: Callable[[object], Iterable[str]] = _no_bodies


def _alone(title: str, fits: Callable[[object], bool], read: Callable[[str, object], tuple[Transcript, ...]]) -> Reader:
    """A format that keeps everything in the document."""
    return Reader(title, fits, lambda name, document, _: read(name, document))


#: The formats that are documents, tried in this order.
READERS = (
    _alone(session_record.TITLE, session_record.fits, session_record.read),
    Reader(har.TITLE, har.fits, har.read, har.bodies),
    *(_alone(each.TITLE, each.fits, each.read) for each in (ruby_vcr, vcrpy, nock, exvcr)),
    Reader(wiremock.TITLE, wiremock.fits, wiremock.read, wiremock.bodies),
)

#: Without one of these members no body lies in a file of its own.
_BODY_FILE = re.compile(rb'"(?:_file|bodyFileName)"')

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


def read_json(name: str, content: bytes, beside: Beside) -> tuple[Transcript, ...] | None:
    """Read a JSON document; None where it has the shape of none. Raises UnreadableInput where it is no JSON."""
    try:
        document = strict_json.read(content.removeprefix(codecs.BOM_UTF8))
    except strict_json.NotJson as error:
        raise UnreadableInput(
            f"{name}: not JSON: {error.reason}", "Was it cut off, or put together of several files?"
        ) from None
    return _read(name, document, beside)


def read_yaml(name: str, content: bytes, beside: Beside) -> tuple[Transcript, ...] | None:
    """Read a YAML document; None where it has the shape of none. Raises UnreadableInput where it is no YAML."""
    return _read(name, yaml_document.read(name, content.removeprefix(codecs.BOM_UTF8)), beside)


def bodies_named(content: bytes) -> frozenset[str]:
    """The files in which a JSON document keeps bodies; none where it is of no format known."""
    if _BODY_FILE.search(content) is None:
        return frozenset()
    try:
        document = strict_json.read(content.removeprefix(codecs.BOM_UTF8))
        reader = _reader(document)
        return frozenset() if reader is None else frozenset(reader.bodies(document))
    except (strict_json.NotJson, UnreadableInput):
        return frozenset()  # whoever reads it says so


def _read(name: str, document: object, beside: Beside) -> tuple[Transcript, ...] | None:
    reader = _reader(document)
    return None if reader is None else reader.read(name, document, beside)


def _reader(document: object) -> Reader | None:
    return next((reader for reader in READERS if reader.fits(document)), None)
