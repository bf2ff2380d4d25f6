"""YAML as recorders write it, read into plain values: text, bytes, whole numbers, booleans, null, lists and objects.

Nothing is constructed from a tag but bytes, so that no file can run anything; whatever else a tag says, its value is
read as if the tag were not there. Depth and what aliases repeat are bounded. Of a plain scalar only a whole number, a
boolean and null are no text: dates and versions stay as they are written.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from conformance.errors import UnreadableInput

#: Lists and objects inside one another: the bound of JSON (`strict_json.MAX_DEPTH`).
_DEPTH = 500

#: Values and characters that aliases may repeat in all: a recorder repeats header fields, which are a few hundred
#: characters an exchange.
_REPEATED = 4_000_000

_BINARY = re.compile(r"(?:!|tag:yaml\.org,2002:)binary")
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_PLAIN = {"": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "false": False}

#: An event of PyYAML's parser, which is loaded only where it is needed.
_Event = Any

_INSTALL = "`pip install 'submit-tool-outputs-conformance[yaml]'` installs it."


@dataclass(slots=True)
class _Open:
    """A list or an object that is being read."""

    values: list[Any] = field(default_factory=list)
    is_object: bool = False
    anchor: str | None = None
    #: Values and characters in it so far.
    size: int = 1


def read(name: str, content: bytes) -> object:
    """The first document of a YAML file.

    Raises UnreadableInput, with the line, where it is no YAML or out of bounds, and where PyYAML is not installed.
    """
    try:
        import yaml  # noqa: PLC0415 - an extra, and only for the formats that are YAML
    except ImportError:
        raise UnreadableInput(f"{name}: this is YAML, and reading it needs PyYAML", _INSTALL) from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Reader(name).document(yaml.parse(content, Loader=loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        raise UnreadableInput(f"{name}: not YAML: {problem}{where}", "Was it cut off, or merged by hand?") from None


class _Reader:
    """Builds the values of one document from the events of the parser, with a stack of its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._open: list[_Open] = []
        self._anchored: dict[str, tuple[object, int]] = {}
        self._repeated = 0

    def document(self, events: Iterator[Any]) -> object:
        root = _Open()
        self._open = [root]
        for event in events:
            kind = type(event).__name__
            if kind == "ScalarEvent":
                self._put(_scalar(event), 1 + len(event.value), event.anchor)
            elif kind == "AliasEvent":
                self._alias(event.anchor, event.start_mark.line)
            elif kind in ("MappingStartEvent", "SequenceStartEvent"):
                if len(self._open) > _DEPTH:
                    self._refuse(f"more than {_DEPTH} lists and objects inside one another", event.start_mark.line)
                self._open.append(_Open(is_object=kind == "MappingStartEvent", anchor=event.anchor))
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                closed = self._open.pop()
                self._put(_object(closed.values) if closed.is_object else closed.values, closed.size, closed.anchor)
            elif kind == "DocumentEndEvent":
                break
        return root.values[0] if root.values else None

    def _put(self, value: object, size: int, anchor: str | None) -> None:
        if anchor is not None:
            self._anchored[anchor] = (value, size)
        self._open[-1].values.append(value)
        self._open[-1].size += size

    def _alias(self, anchor: str, line: int) -> None:
        if anchor not in self._anchored:
            self._refuse("an alias of what is not complete, or is not there", line)
        value, size = self._anchored[anchor]
        self._repeated += size
        if self._repeated > _REPEATED:
            self._refuse("its aliases repeat more than any recording does", line)
        self._put(value, size, None)

    def _refuse(self, what: str, line: int) -> NoReturn:
        raise UnreadableInput(f"{self._name}: {what}, in line {line + 1}", "Is it what a recorder wrote?")


def _object(values: list[Any]) -> dict[Any, Any]:
    keys = (key if isinstance(key, Hashable) else str(type(key)) for key in values[::2])
    return dict(zip((_key(key) for key in keys), values[1::2], strict=True))


def _key(key: Hashable) -> str:
    return key if isinstance(key, str) else str(key)


def _scalar(event: _Event) -> object:
    """A scalar's value: of a tag, only that of bytes says what it is."""
    if event.tag is not None and _BINARY.fullmatch(event.tag):
        try:
            return base64.b64decode("".join(event.value.split()), validate=True)
        except (binascii.Error, ValueError):
            return event.value
    if event.style is not None or event.tag is not None:
        return event.value
    if event.value in _PLAIN:
        return _PLAIN[event.value]
    return int(event.value) if _WHOLE.fullmatch(event.value) else event.value
