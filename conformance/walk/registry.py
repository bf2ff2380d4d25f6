"""The table of checks: one small pure function for each requirement, called on the occasions it names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from conformance.contract.requirements import REQUIREMENTS

if TYPE_CHECKING:
    from conformance.model import Finding
    from conformance.walk.observation import Observation

#: What it returns: None where there was nothing to look at, nothing where all it looked at was in order.
Judge = Callable[["Observation"], "Iterable[Finding] | None"]


class _Unseen(tuple["Finding", ...]):
    """No finding, and no pass either."""

    __slots__ = ()


#: What a check returns where something looks wrong, and what would settle it was lost to another breach.
UNSEEN = _Unseen()


class Check(NamedTuple):
    """A function bound to one requirement; `on` holds event names or words of `occasions.py`."""

    requirement: str
    on: tuple[str, ...]
    judge: Judge


_checks: dict[str, Check] = {}
CHECKS = MappingProxyType(_checks)


def check(requirement: str, *, on: Iterable[str]) -> Callable[[Judge], Judge]:
    """Bind a function to a requirement; raises ValueError for an unknown id or a second function for the same one."""
    if requirement not in REQUIREMENTS:
        table = f"contract/requirements/{requirement.partition('.')[0]}.toml"
        message = f"no requirement has the id {requirement!r}: add it to {table} or correct the id"
        raise ValueError(message)
    if requirement in _checks:
        message = f"{requirement} has a check already"
        raise ValueError(message)

    def bind(judge: Judge) -> Judge:
        _checks[requirement] = Check(requirement, tuple(on), judge)
        return judge

    return bind
