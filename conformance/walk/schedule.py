"""Which checks are called on which occasion, sorted once for any number of walks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Operation, Role
from conformance.walk.registry import Check

#: Occasion -> the checks that are called then.
Calls = Mapping[str, tuple[Check, ...]]


class Schedule:
    """The checks that walks are handed, by operation and judged side; a schedule of none only sees."""

    def __init__(self, checks: Iterable[Check] = ()) -> None:
        self._checks = tuple(checks)
        self._calls: dict[tuple[Operation, Role], Calls] = {}

    def calls(self, operation: Operation, role: Role) -> Calls:
        """The checks that hold for an operation; one that has no operation of its own holds everywhere."""
        key = (operation, role)
        if key not in self._calls:
            self._calls[key] = self._sorted(operation, role)
        return self._calls[key]

    def _sorted(self, operation: Operation, role: Role) -> Calls:
        occasions: dict[str, list[Check]] = {}
        for found in self._checks:
            requirement = REQUIREMENTS[found.requirement]
            if requirement.role is role and operation in requirement.operations:
                for occasion in found.on:
                    occasions.setdefault(occasion, []).append(found)
        return MappingProxyType({occasion: tuple(checks) for occasion, checks in occasions.items()})
