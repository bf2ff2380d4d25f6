"""Files in which people write tables of TOML, each row `[[kind]]`: read, and what is wrong in one said by its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.errors import UnreadableInput, did_you_mean
from conformance.files import LIST, read
from conformance.wire import toml
from conformance.wire.json_schema import mismatch, own_schema, own_validator


@dataclass(frozen=True, slots=True)
class Format:
    """A file of such tables."""

    #: Its schema, as in schemas/own/NAME.json.
    name: str
    #: What is said of a file without a row, and what to write into it.
    empty: str
    rows: str

    @property
    def hint(self) -> str:
        """Where the format is shown."""
        return f"docs/reports.md shows such a file, and schemas/own/{self.name}.json describes it."

    def read(self, path: Path) -> Mapping[str, Any]:
        """The document of a file. Raises UnreadableInput with what is wrong with it, and where."""
        try:
            document = toml.read(read(path, LIST).decode("utf-8"))
        except UnicodeDecodeError as error:
            raise UnreadableInput(f"{path}: byte {error.start} is not UTF-8", "TOML is text in UTF-8.") from None
        except toml.NotToml as error:
            raise UnreadableInput(f"{path}: {error}", self.hint) from None
        self._check_keys(path, document)
        broken = mismatch(own_validator(self.name), document)
        if broken is not None:
            raise UnreadableInput(f"{path}: {_place(broken[0])} {broken[1]}", self.hint)
        return document

    def _check_keys(self, path: Path, document: Mapping[str, Any]) -> None:
        """Raise UnreadableInput for a table or a key that there is not, or a missing one, with those that there are.

        Values are not repeated: one of them may be a key that was written down in the wrong place.
        """
        tables = own_schema(self.name)["properties"]
        stray = next((name for name in document if name not in tables), None)
        if stray is not None or not document:
            raise UnreadableInput(f"{path}: {self.empty if stray is None else f'unknown table {stray!r}'}", self.rows)
        for kind, rows in document.items():
            known = tables[kind]["items"]["properties"]
            for number, row in enumerate(rows if isinstance(rows, list) else [], 1):
                if not isinstance(row, dict):
                    continue
                wrong = next((key for key in row if key not in known), None)
                missing = _missing(tables[kind]["items"], row)
                if wrong is not None or missing is not None:
                    problem = f"unknown key {wrong!r}" if wrong is not None else f"missing key {missing!r}"
                    near = did_you_mean(wrong, known) if wrong is not None else None
                    keys = f"Keys of [[{kind}]]: {', '.join(known)}."
                    hint = "\n".join(filter(None, (near, keys)))
                    raise UnreadableInput(f"{path}: [[{kind}]] {number}: {problem}", hint)


def _missing(table: Mapping[str, Any], row: Mapping[str, Any]) -> str | None:
    """A key that a row needs and lacks; where one of several will do, the first of them."""
    either = [key for choice in table.get("anyOf", ()) for key in choice["required"]]
    needed = [*table["required"], *(either[:1] if row.keys().isdisjoint(either) else ())]
    return next((key for key in needed if key not in row), None)


def _place(pointer: str) -> str:
    """A place in the file as its writer counts: `/server/0/name` is the key `name` of the first [[server]]."""
    _, kind, *rest = pointer.split("/") if pointer else ("", "the file")
    if not rest:
        return kind
    return f"[[{kind}]] {int(rest[0]) + 1}" + (f", {'/'.join(rest[1:])}" if rest[1:] else "")
