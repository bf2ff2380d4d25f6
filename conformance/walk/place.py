"""Where an event stood, and the one event that is known by its data alone."""

from __future__ import annotations

from typing import NamedTuple

#: The data of the done event (contract §3).
DONE = b"[DONE]"


class Place(NamedTuple):
    """Where an event stood: its name, 0-based index, byte span and arrival in ms, and what it is about."""

    name: str
    event: int
    span: tuple[int, int]
    ms: int
    #: As `Finding.about`.
    about: tuple[str, ...] = ()
