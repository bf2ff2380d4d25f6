"""Values that a recorder put in place of private ones: they stand for something unknown, equal to nothing.

They are recognised where something is named, as ids, names and paths, never in outputs, texts or arguments.
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: What recorders write: a word in any case and brackets, a name in capitals in angle brackets, three asterisks or more,
#: something in single angle quotation marks, the UUID of zeros; each perhaps behind the beginning of an id.
_REPLACED = re.compile(
    r"(?:[a-z]+_)?(?:[<\[{(]?(?:sanitized|redacted)[>\]})]?|(?-i:<[A-Z][A-Z0-9_-]*>)|\*{3,}"
    r"|\u2039[^\u203a]*\u203a|0{8}(?:-0{4}){3}-0{12})",
    re.IGNORECASE,
)

#: Members whose keys and texts are the user's own.
_OWN = frozenset({"metadata", "parameters", "schema"})


class Read(NamedTuple):
    """A document without its replaced values, and the names of the members that held one."""

    document: object
    replaced: frozenset[str]


def is_replaced(value: object) -> bool:
    """Whether a value stands for another one that a recorder hid."""
    return isinstance(value, str) and _REPLACED.fullmatch(value) is not None


def known(value: str | None) -> str | None:
    """The value, or None where a recorder replaced it."""
    return None if is_replaced(value) else value


def without_replaced(document: object) -> Read:
    """A parsed document without the ids and names that a recorder replaced; walks without recursion."""
    if not _any_replaced(document):
        return Read(document, frozenset())
    replaced: set[str] = set()
    root: dict[str, object] = {}
    waiting: list[tuple[dict[str, object] | list[object], str | int, object]] = [(root, "", document)]
    while waiting:
        parent, place, value = waiting.pop()
        copy: dict[str, object] | list[object]
        if isinstance(value, dict):
            kept = {key: entry for key, entry in value.items() if not (_names(key) and is_replaced(entry))}
            replaced |= value.keys() - kept.keys()
            copy = dict(kept)
            waiting += [(copy, key, entry) for key, entry in kept.items() if _holds(entry) and key not in _OWN]
        elif isinstance(value, list):
            copy = list(value)
            waiting += [(copy, index, entry) for index, entry in enumerate(value) if _holds(entry)]
        else:
            return Read(document, frozenset())
        parent[place] = copy  # type: ignore[index]
    return Read(root[""] if replaced else document, frozenset(replaced))


def _any_replaced(document: object) -> bool:
    """Whether there is anything to do, which mostly there is not: no copy is made to find out."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for key, entry in value.items():
                if isinstance(entry, str):
                    if _names(key) and is_replaced(entry):
                        return True
                elif isinstance(entry, dict | list) and key not in _OWN:
                    waiting.append(entry)
        elif isinstance(value, list):
            waiting += [entry for entry in value if isinstance(entry, dict | list)]
    return False


def _names(key: str) -> bool:
    return key in ("id", "name") or key.endswith("_id")


def _holds(value: object) -> bool:
    return isinstance(value, dict | list)
