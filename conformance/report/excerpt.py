"""The exchange of an exhibit line by line: who said it, and where the event that departs stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, groupby

from conformance.model import Exhibit
from conformance.report.timeline import violating

#: Lines shown at once: those around an event that departs fit, with the request before them.
_SHOWN = 140

#: Lines that can be opened beyond those: more than anybody reads; report.json has more of them.
_MOST = 600

#: How an exhibit says that it left events out.
_LEFT_OUT = re.compile(r"< : (\d+) events are left out here")

#: How the lines of an event begin.
_FIELDS = ("< event:", "< data:", "< id:", "< retry:", "< :")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `sent` by the client, `came` from the server, or `noted` by the suite."""

    text: str
    by: str
    violating: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The lines at once, those behind them, and how many are left out."""

    shown: tuple[Line, ...]
    more: tuple[Line, ...]
    left_out: int


def excerpt(exhibit: Exhibit) -> Excerpt:
    """The exchange of an exhibit."""
    marked = _marked(exhibit)
    end = max((number for number, text in enumerate(exhibit.lines, 1) if text), default=0)
    lines = tuple(
        Line(text, {">": "sent", "<": "came"}.get(text[:1], "noted"), number in marked)
        for number, text in enumerate(exhibit.lines[: min(end, _SHOWN + _MOST)])
    )
    return Excerpt(lines[:_SHOWN], lines[_SHOWN:], end - len(lines))


def _marked(exhibit: Exhibit) -> range:
    """Which lines are the event that departs; none where that is not certain."""
    event = violating(exhibit)
    if event is None:
        return range(0)
    name = f"< event: {exhibit.moments[event].event}"
    for index, start, block in _blocks(exhibit.lines):
        if index == event:
            return range(start, start + len(block)) if name in block else range(0)
    return range(0)


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, int, Sequence[str]]]:
    """The events of a stream among the lines: number in the stream, first line, lines."""
    index = 0
    for blank, group in groupby(range(len(lines)), key=lambda number: lines[number] == "<"):
        # The head of the answer stands right above the first event.
        numbers = [] if blank else [*dropwhile(lambda number: not lines[number].startswith(_FIELDS), group)]
        block = [lines[number] for number in numbers]
        left_out = _LEFT_OUT.fullmatch(block[0]) if block else None
        if left_out:
            index += int(left_out[1])
        elif any(line.startswith("< data:") for line in block):
            yield index, numbers[0], block
            index += 1
