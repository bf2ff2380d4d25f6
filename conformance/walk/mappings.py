"""What a gateway is declared to map, learnt from what passed: which id, or model, in front is which one behind.

A declared mapping is applied before both sides are compared, and held to be one to one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from conformance.wire.strict_json import NotJson, read

#: Trait -> the members whose texts are mapped.
_MEMBERS = {
    "maps-ids": re.compile(r"id|[a-z_]+_id"),
    "maps-model": re.compile(r"model"),
}


class Conflict(NamedTuple):
    """Two names on one side for one on the other."""

    exchange: int
    one: str
    names: tuple[str, str]


class Mappings:
    """Name in front -> name behind, for the members that are declared to be mapped; without any nothing is mapped."""

    def __init__(self, held: frozenset[str]) -> None:
        self._members = [members for trait, members in _MEMBERS.items() if trait in held]
        self._ids = "maps-ids" in held
        self._behind: dict[str, str] = {}
        self._front: dict[str, str] = {}
        #: Where a mapping is not one to one.
        self.conflicts: list[Conflict] = []

    @property
    def some(self) -> bool:
        """Whether anything is declared to be mapped."""
        return bool(self._members)

    def learn(self, front: bytes, behind: bytes, exchange: int) -> None:
        """Learn from two documents that are one; `exchange` is the index of the one in front."""
        if self._members:
            for one, other in _pairs(_read(front), _read(behind)):
                self._take(*one, other, exchange)

    def learn_path(self, front: str, behind: str, exchange: int) -> None:
        """Learn from the ids of two paths that are one."""
        if self._ids:
            tails = (path.partition("?")[0].rpartition("/threads/")[2].split("/") for path in (front, behind))
            for one, other in list(zip(*tails, strict=False))[0::2]:
                self._take("id", one, other, exchange)

    def named(self, data: bytes) -> bytes:
        """A text in front with the names of the side behind, where they stand as JSON strings."""
        for front, behind in self._behind.items() if self._members else ():
            if front != behind:
                data = data.replace(f'"{front}"'.encode(), f'"{behind}"'.encode())
        return data

    def path(self, path: str) -> str:
        """A path in front, in the ids of the side behind."""
        return "/".join(self._behind.get(part, part) for part in path.split("/")) if self._ids else path

    def _take(self, member: str, front: str, behind: str, exchange: int) -> None:
        if not any(members.fullmatch(member) for members in self._members):
            return
        for one, other, names in ((front, behind, self._behind), (behind, front, self._front)):
            known = names.setdefault(one, other)
            if known != other:
                self.conflicts.append(Conflict(exchange, one, (known, other)))


def _read(data: bytes) -> object:
    try:
        return read(data)
    except NotJson:
        return None


def _pairs(front: object, behind: object, member: str = "") -> Iterator[tuple[tuple[str, str], str]]:
    """The texts at the same places of two documents: member and text of the one, text of the other."""
    if isinstance(front, dict) and isinstance(behind, dict):
        for key in front.keys() & behind.keys():
            yield from _pairs(front[key], behind[key], key)
    elif isinstance(front, list) and isinstance(behind, list):
        for one, other in zip(front, behind, strict=False):
            yield from _pairs(one, other)
    elif isinstance(front, str) and isinstance(behind, str):
        yield (member, front), behind
