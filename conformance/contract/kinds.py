"""The kinds of findings: which ways to break a requirement are distinguished, by a name that never changes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from conformance.contract.data import contract_text


@cache
def kinds() -> Mapping[str, Mapping[str, str]]:
    """Requirement -> kind -> how versions before kinds worded it, empty for a kind that they had not: `kinds.toml`."""
    families = tomllib.loads(contract_text("kinds.toml"))
    return {f"{family}.{rule}": dict(rows) for family, rules in families.items() for rule, rows in rules.items()}
