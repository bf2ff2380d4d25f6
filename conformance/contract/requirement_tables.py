"""The tables in `requirements/*.toml`, checked and joined into `requirements.json`.

People write the tables, one file a family; programs read the joined file, because reading the tables takes about
20 milliseconds at every start and reading the joined file two. A test keeps it current; write it anew with

    python -m conformance.contract.requirement_tables > conformance/contract/requirements.json
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.contract.data import contract_text
from conformance.contract.scenarios import TRAITS
from conformance.errors import OwnError
from conformance.model import Confidence, Level, Operation, Role

#: One file each, in the order of a request and its answer; the names are those of the files of checks.
FAMILIES = (
    "request",
    "submission",
    "response",
    "errors",
    "framing",
    "events",
    "order",
    "content",
    "done",
    "surface",
    "sending",
    "retry",
    "reading",
    "outcome",
    "relay",
)

#: A public report: `owner/repository#number`.
_REPORT = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)#(?P<number>\d+)")

#: What a row of the joined file holds, with the type of each; lists hold strings.
_COLUMNS: Mapping[str, type] = {
    "level": str,
    "role": str,
    "confidence": str,
    "sentence": str,
    "why": str,
    "contract": list,
    "operations": list,
    "needs": list,
    "luck": bool,
    "sources": list,
    "evidence": list,
    "added": str,
    "excluded": str,
}

#: Columns that only some rows have.
_OPTIONAL = frozenset({"luck", "excluded"})

#: Columns whose words come from a closed list.
_WORDS: Mapping[str, frozenset[str]] = {
    "level": frozenset(Level),
    "role": frozenset(Role),
    "confidence": frozenset(Confidence),
    "operations": frozenset({Operation.SUBMIT, Operation.CREATE_RUN}),
    "needs": frozenset(TRAITS),
}


def joined() -> str:
    """Return the text of `requirements.json`: a row a line, with defaults filled in and citations resolved.

    Raises OwnError where a table is off.
    """
    works = _table("sources")
    rows = [_resolved(row, works) for family in FAMILIES for row in rows_of(family, _table(family))]
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


def rows_of(family: str, table: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the checked rows of one family; keys above its first table hold for every row."""
    defaults = {key: value for key, value in table.items() if not isinstance(value, dict)}
    for rule, columns in table.items():
        if isinstance(columns, dict):
            row = {"id": f"{family}.{rule}", **defaults, **columns}
            _check(row)
            yield row


def _table(family: str) -> dict[str, Any]:
    name = f"requirements/{family}.toml"
    try:
        return tomllib.loads(contract_text(name))
    except tomllib.TOMLDecodeError as error:
        raise OwnError(f"{name} is not TOML: {error}") from error


def _check(row: Mapping[str, Any]) -> None:
    for column in row.keys() - {"id"} - _COLUMNS.keys():
        raise OwnError(f"requirement {row['id']} has an unknown column: {column}")
    for column, kind in _COLUMNS.items():
        if column not in row and column not in _OPTIONAL:
            raise OwnError(f"requirement {row['id']} has no {column}")
        if not isinstance(row.get(column, kind()), kind):
            raise OwnError(f"requirement {row['id']}: {column} should be a {kind.__name__}")
    for column, known in _WORDS.items():
        words = row[column] if isinstance(row[column], list) else [row[column]]
        for word in set(words) - known:
            raise OwnError(f"requirement {row['id']}: {column} {word!r} is not known", f"Known: {', '.join(known)}.")
    if row["level"] == Level.MUST and not (row["sources"] and row["evidence"]):
        raise OwnError(f"requirement {row['id']} is a MUST without a source or without evidence")


def _resolved(row: Mapping[str, Any], works: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "sources": [_source(citation, works, row["id"]) for citation in row["sources"]]}


def _source(citation: str, works: Mapping[str, Any], requirement: str) -> dict[str, str]:
    if report := _REPORT.fullmatch(citation):
        url = f"https://github.com/{report['repository']}/issues/{report['number']}"
        return {"kind": "report", "ref": citation, "url": url}
    name, _, part = citation.partition(":")
    if name not in works:
        raise OwnError(f"requirement {requirement} cites {name!r}, which requirements/sources.toml does not hold")
    work = works[name]
    return {**work, "ref": f"{work['ref']}: {part}" if part else work["ref"]}


if __name__ == "__main__":
    print(joined(), end="")
