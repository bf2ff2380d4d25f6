"""Ids, renamed one to one: equal ids stay equal, different ones stay different, wherever they stand.

Only what stands at the place of an id is renamed (`"id"`, `"…_id"`, `"…_ids"`, the path), edited in place so that
every other byte stays. Texts that a model or a tool wrote are left alone, even where they quote an id.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from urllib.parse import unquote

from conformance.wire.replaced import is_replaced
from conformance.wire.splice import Edit

#: Between the tokens of a JSON text: white space, and the field name where a stream spreads it over data lines.
_GAP = rb"(?:\s|(?<=[\r\n])data:)*"
_STRING = rb'"((?:[^"\\\r\n]|\\.)*)"'

_AT_ID = re.compile(rb"[{,]" + _GAP + rb'"(?:id|[a-z_]+_id)"' + _GAP + b":" + _GAP + _STRING)
_AT_IDS = re.compile(rb"[{,]" + _GAP + rb'"[a-z_]+_ids"' + _GAP + b":" + _GAP + rb"\[([^\[\]{}]*)\]")
_ITEM = re.compile(_STRING)

#: Texts of the API's own in which ids are quoted.
_AT_MESSAGE = re.compile(rb"[{,]" + _GAP + rb'"message"' + _GAP + b":" + _GAP + _STRING)

_PREFIXES = "asst|call|file|msg|req|run|step|thread|vs"
_KIND = re.compile(rf"({_PREFIXES})[_-]")
_QUOTED = re.compile(rf"\b(?:{_PREFIXES})[_-][A-Za-z0-9_-]+".encode())

#: Words of a path after which an id stands, and which are none themselves -> what stands for the id.
COLLECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "threads": "{thread_id}",
        "runs": "{run_id}",
        "steps": "{step_id}",
        "messages": "{message_id}",
        "assistants": "{assistant_id}",
        "files": "{file_id}",
        "vector_stores": "{vector_store_id}",
    }
)
#: Query parameters that hold an id.
_ID_PARAMETERS = frozenset({"after", "before", "run_id"})


class Names:
    """New names for ids, given in the order in which the ids are met: `run_1`, `call_1`, `call_2`."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    @property
    def any_changed(self) -> bool:
        """Whether an id got another name than it had."""
        return any(old != new for old, new in self._names.items())

    def name(self, identifier: str) -> str:
        """Return the new name of an id; the empty string is no id and stays, and so does what a recorder replaced."""
        if is_replaced(identifier):
            return identifier
        if identifier and identifier not in self._names:
            known = _KIND.match(identifier)
            kind = known[1] if known else "id"
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._names[identifier] = f"{kind}_{self._counts[kind]}"
        return self._names.get(identifier, identifier)

    def edits(self, data: bytes) -> Iterator[Edit]:
        """Yield what must be replaced at the places of ids, in order."""
        for start, end in _places(data):
            try:
                identifier = json.loads(b'"' + data[start:end] + b'"')
            except ValueError:
                continue  # no string at all: it stays as broken as it was
            if identifier:
                yield Edit(start, end, self.name(identifier).encode())

    def edits_of_quotations(self, data: bytes, *, whole: bool) -> Iterator[Edit]:
        """Yield what must be replaced where a message of the API quotes ids met before: `whole` where all is one."""
        spans = [(0, len(data))] if whole else [match.span(1) for match in _AT_MESSAGE.finditer(data)]
        for start, end in spans:
            for match in _QUOTED.finditer(data, start, end):
                if (name := self._names.get(match[0].decode())) is not None:
                    yield Edit(*match.span(), name.encode())

    def text(self, text: str) -> str:
        """Rename the ids met before that a text of ours quotes."""
        return re.sub(_QUOTED.pattern.decode(), lambda match: self._names.get(match[0], match[0]), text)

    def path(self, path: str) -> str:
        """Rename the ids of a path."""
        segments = path.split("/")
        return "/".join(
            self.name(unquote(segment)) if after in COLLECTIONS and segment not in COLLECTIONS else segment
            for after, segment in zip(["", *segments], segments, strict=False)
        )

    def parameter(self, name: str, value: str) -> str:
        """Rename the id a query parameter holds."""
        return self.name(unquote(value)) if name in _ID_PARAMETERS else value


def _places(data: bytes) -> Iterable[tuple[int, int]]:
    """Return the spans of all ids between their quotes, in order."""
    places = [match.span(1) for match in _AT_ID.finditer(data)]
    for found in _AT_IDS.finditer(data):
        places += (match.span(1) for match in _ITEM.finditer(data, *found.span(1)))
    return sorted(places)
