"""Every requirement by its id, read from `requirements.json`, which is joined from the tables in `requirements/`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from conformance.contract.data import contract_text
from conformance.errors import UsageError
from conformance.model import Confidence, Level, Operation, Requirement, Role, Source


def _requirement(row: Mapping[str, Any]) -> Requirement:
    return Requirement(
        id=row["id"],
        level=Level(row["level"]),
        role=Role(row["role"]),
        confidence=Confidence(row["confidence"]),
        sentence=row["sentence"],
        why=row["why"],
        contract=tuple(row["contract"]),
        operations=frozenset(map(Operation, row["operations"])),
        needs=frozenset(row["needs"]),
        sources=tuple(Source(**source) for source in row["sources"]),
        evidence=tuple(row["evidence"]),
        added=row["added"],
        luck=row.get("luck", False),
        excluded=row.get("excluded"),
    )


def _read(text: str) -> Mapping[str, Requirement]:
    return MappingProxyType({row["id"]: _requirement(row) for row in json.loads(text)})


#: Every row, the excluded ones too, family by family.
REQUIREMENTS: Mapping[str, Requirement] = _read(contract_text("requirements.json"))


def by_contract_id(contract_id: str) -> tuple[Requirement, ...]:
    """Return the requirements that cite an id of the contract's catalogue, such as `ORD-DONE-LAST`; maybe none."""
    return tuple(requirement for requirement in REQUIREMENTS.values() if contract_id in requirement.contract)


def find(id_: str) -> tuple[Requirement, ...]:
    """Return the requirement of that id, or all that cite that id of the contract's catalogue, in any case.

    Raises UsageError with the nearest ids where there is none.
    """
    wanted = id_.lower()
    if wanted in REQUIREMENTS:
        return (REQUIREMENTS[wanted],)
    return by_contract_id(id_.upper()) or _refuse(id_)


def _refuse(id_: str) -> tuple[Requirement, ...]:
    known = {name.lower(): name for row in REQUIREMENTS.values() for name in (row.id, *row.contract)}
    near = [known[name] for name in get_close_matches(id_.lower(), known)]
    hint = f"Did you mean {', '.join(near)}?" if near else "`conformance list requirements` shows all ids."
    raise UsageError(f"no requirement has the id {id_!r}", hint)
