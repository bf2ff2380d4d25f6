"""TOML that strangers may have written, as plain values of JSON: bounded before it is parsed.

`tomllib` keeps every beginning of a dotted key, which takes the square of its length, and reads nested values by
recursion. What people write has two or three of either.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime, time
from typing import Any, Final

#: Names in one key, and tables and arrays inside one another: ours have two and four.
MOST_NAMES: Final = 8
MAX_DEPTH: Final = 16

#: Numbers beyond these are read differently by everybody.
_LARGEST: Final = 2**63

#: What stands in a line, as far as keys show. A string that does not end ends where it must: nothing is read twice.
_TOKEN: Final = re.compile(
    r'''(?P<long>"""(?:[^"\\]|\\.|"(?!""))*+(?:""")?|'{3}(?:[^']|'(?!''))*+(?:'{3})?)'''
    r"""|(?P<name>"(?:[^"\\\n]|\\[^\n])*+"?|'[^'\n]*+'?|[A-Za-z0-9_-]++)"""
    r"""|(?P<gap>[ \t]++)|(?P<dot>\.)|(?P<other>\#[^\n]*+|[^A-Za-z0-9_.#"' \t-]++)""",
    re.DOTALL,
)


class NotToml(ValueError):
    """The text is not TOML, or holds what no list of ours holds; says where, in words for people."""


def read(text: str) -> dict[str, Any]:
    """The document, its dates and times as text. Raises NotToml, and nothing else, whatever the text is."""
    line = _long_key(text)
    if line is not None:
        raise NotToml(f"line {line}: a key has more than {MOST_NAMES} names")
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise NotToml(_TOO_DEEP) from None
    except ValueError as error:  # of integers with thousands of digits Python says so itself
        raise NotToml(f"this is not TOML: {error}") from None
    plain: dict[str, Any] = _plain(document, MAX_DEPTH)
    return plain


def _long_key(text: str) -> int | None:
    """The line of the first key that has too many names."""
    names, dotted = 0, False
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "name":
            names = names + 1 if dotted else 1
            if names > MOST_NAMES:
                return text.count("\n", 0, token.start()) + 1
        if token.lastgroup != "gap":
            dotted = token.lastgroup == "dot"
    return None


_TOO_DEEP = f"more than {MAX_DEPTH} tables and arrays inside one another"


def _plain(value: Any, depth: int) -> Any:  # noqa: ANN401 - whatever TOML holds
    if isinstance(value, dict | list) and depth == 0:
        raise NotToml(_TOO_DEEP)
    if isinstance(value, dict):
        return {key: _plain(each, depth - 1) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, depth - 1) for each in value]
    if isinstance(value, int | float) and not -_LARGEST < value < _LARGEST:
        raise NotToml("a number is too large for anything")
    return value.isoformat() if isinstance(value, date | datetime | time) else value
