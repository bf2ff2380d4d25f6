"""The contract's sentences by their ids, and the levels each is said at: what requirements may cite."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

FILE = Path(__file__).with_name("catalogue.toml")

_BY_LEVEL = {level: ids.split() for level, ids in tomllib.loads(FILE.read_text(encoding="utf-8")).items()}

#: Contract id -> its levels; none where it is whoever cites it that says one.
LEVELS: Mapping[str, frozenset[str]] = {
    contract_id: frozenset(level for level, ids in _BY_LEVEL.items() if level != "unlevelled" and contract_id in ids)
    for ids in _BY_LEVEL.values()
    for contract_id in ids
}
