"""How text may look where it is read: its width, its colours, how much of it, and where the report is kept."""

from __future__ import annotations

from dataclasses import dataclass

_COLOURS = {
    "PASS": 32,
    "FAIL": 31,
    "WARN": 33,
    "ERROR": 35,
    "INCOMPLETE": 33,
    "NOTHING JUDGED": 33,
    "UNREADABLE": 31,
    "KNOWN": 33,
    "NOT SCORED": 33,
    "OUTDATED LIST": 31,
}


@dataclass(frozen=True, slots=True)
class Style:
    """How wide the text may be, whether colour is welcome, and whether everything is wanted (`-v`)."""

    width: int = 100
    colour: bool = False
    verbose: bool = False
    #: The folder the report is kept in, as its reader would name it; None where it is not kept.
    folder: str | None = None

    def word(self, word: str) -> str:
        """A verdict word, coloured where that is welcome."""
        return f"\x1b[1;{_COLOURS[word]}m{word}\x1b[0m" if self.colour and word in _COLOURS else word
