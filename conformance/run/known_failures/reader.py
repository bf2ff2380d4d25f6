"""The file of known failures as rows; an invalid row is reported with its number and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import jsonschema_rs

from conformance import files
from conformance.errors import UnreadableInput
from conformance.model import KnownFailure
from conformance.run.known_secrets import known_secrets
from conformance.wire import toml
from conformance.wire.json_schema import own_schema, own_validator
from conformance.wire.secret import secrets_of

#: The array of tables that holds the rows.
TABLE = "failure"

_DESCRIBED = "schemas/own/known-failures.json describes the file; each row is a table [[failure]]."


def read(path: Path) -> tuple[KnownFailure, ...]:
    """The rows of a file. Raises UnreadableInput where it cannot be read or a row is off."""
    return rows(text(path), str(path))


def text(path: Path) -> str:
    """The text of a file. Raises UnreadableInput where it cannot be read or is no text."""
    try:
        return files.read(path, files.LIST).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"{path}: byte {error.start} is not UTF-8", "TOML is text in UTF-8.") from None


def rows(content: str, name: str) -> tuple[KnownFailure, ...]:
    """The rows of a text; `name` is what a message calls it. Raises UnreadableInput for the first row that is off."""
    try:
        document = toml.read(content)
    except toml.NotToml as error:
        raise UnreadableInput(f"{name}: {error}", _DESCRIBED) from None
    broken = next(iter(own_validator("known-failures").iter_errors(document)), None)
    if broken is not None:
        raise _refusal(name, document, broken)
    return tuple(_row(row) for row in document.get(TABLE, ()))


def _row(row: Mapping[str, Any]) -> KnownFailure:
    # Whoever reads the report reads these too; in the file they stay as they are.
    hidden = secrets_of(known_secrets()).hidden
    return KnownFailure(
        requirement=row["requirement"],
        reason=hidden(row["reason"]),
        scenarios=(row["scenario"],) if "scenario" in row else tuple(row.get("scenarios", ())),
        target={fact: (v,) if isinstance(v, str) else tuple(v) for fact, v in row.get("target", {}).items()},
        link=hidden(row.get("link", "")),
        expires=row.get("expires", ""),
        fingerprints=tuple(row.get("fingerprints", ())),
    )


def _refusal(name: str, document: Mapping[str, Any], error: jsonschema_rs.ValidationError) -> UnreadableInput:
    """What is off, in which row, and what to do; the keyword of the schema says which of them it is."""
    path = list(error.instance_path)
    keyword = str(error.schema_path[-1])
    if len(path) < 2 or path[0] != TABLE:
        return UnreadableInput(f"{name}: {error.message}", _DESCRIBED)
    number = int(path[1])
    row = document[TABLE][number]
    requirement = f" ({row['requirement']})" if isinstance(row, dict) and "requirement" in row else ""
    column = f"{'.'.join(map(str, path[2:]))}: " if len(path) > 2 else ""
    what = "it has both scenario and scenarios" if keyword == "not" else error.message
    return UnreadableInput(f"{name}: row {number + 1}{requirement}: {column}{what}", _hint(path, keyword, row))


#: Column -> what to write there.
_COLUMNS = {
    "expires": "It is the last day, as in expires = 2026-12-31.",
    "link": "It begins with https:// or http://.",
    "reason": "Say why it is excused; the report shows it.",
    "fingerprints": "Each has twelve hexadecimal digits, as --update-known-failures writes them; leave it out for any.",
    "target": 'Write it as in target = { base_url = "http://127.0.0.1:8000/v1" }, or with a list of values.',
}


def _hint(path: Sequence[str | int], keyword: str, row: Mapping[str, object]) -> str:
    if len(path) > 2:
        return _COLUMNS.get(str(path[2]), _DESCRIBED)
    if keyword == "additionalProperties":
        columns = list(own_schema("known-failures")["$defs"][TABLE]["properties"])
        stray = next(column for column in row if column not in columns)
        near = get_close_matches(stray, columns, 1)
        return f"Did you mean {near[0]}?" if near else f"There is: {', '.join(columns)}."
    if keyword == "required" and "reason" not in row:
        return _COLUMNS["reason"]
    return _DESCRIBED
