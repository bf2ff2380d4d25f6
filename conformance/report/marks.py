"""The marks of a timeline: what an event is drawn as, which marks are one, and which have room for a word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.contract.lifecycle import WORDS
from conformance.model import Moment

#: Marks closer than this could not be told apart: they are one.
_ROOM = 6.0

#: Width of a character of a mark's word, at its size in the style sheet, and the gap between two words.
_CHARACTER = 5.9
_GAP = 8.0

#: Longest word below a mark, and longest name of an event in its title.
_WORD = 22
_TITLE = 80

#: The last word of an event's name -> how it is drawn.
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(("created", "queued"), "begun"),
    **dict.fromkeys(("in_progress", "cancelling"), "going"),
    "delta": "piece",
    **dict.fromkeys(("completed", "requires_action"), "ended"),
    **dict.fromkeys(("failed", "cancelled", "expired", "incomplete", "error"), "broken"),
    "done": "done",
}

#: What is drawn -> what that means to a reader, in the order of the legend.
LEGEND: Mapping[str, str] = {
    "begun": "begins",
    "going": "goes on",
    "piece": "deltas",
    "ended": "ends",
    "broken": "breaks off",
    "done": "done",
    "unknown": "unknown",
    "many": "several",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark in a lane: one event, a run of deltas, or all that falls on one spot."""

    x: float
    #: Zero for a single event.
    width: float
    kind: str
    count: int
    #: What there is room for below it; empty where there is none.
    word: str
    title: str
    violating: bool = False


def drawn(moments: Sequence[Moment], indices: Sequence[int], places: Sequence[float], *, violating: bool) -> Mark:
    """The mark of one event, or of a run of deltas in one lane, whose places in the picture are known."""
    first, last = indices[0], indices[-1]
    word = WORDS[moments[first].event].word if moments[first].event in WORDS else ""
    kind, time = _KINDS.get(word, "unknown"), f"+{milliseconds(moments[first].ms)}"
    if len(indices) == 1:
        name = moments[first].event or "no name"
        said = "" if violating else word.replace("_", " ") or name
        return Mark(places[first], 0.0, kind, 1, said, f"event {first}: {short(name, _TITLE)}, {time}", violating)
    said = f"{len(indices)} deltas"
    title = f"events {first} to {last}: {said}, {time} to +{milliseconds(moments[last].ms)}"
    return Mark(places[first], round(places[last] - places[first], 1), kind, len(indices), said, title)


def binned(marks: Iterable[Mark]) -> Iterator[Mark]:
    """Marks with room between them: neighbours that have none are one, but never the one that departs."""
    held: Mark | None = None
    for mark in marks:
        if held is None:
            held = mark
        elif mark.violating or held.violating or mark.x - (held.x + held.width) >= _ROOM:
            yield held
            held = mark
        else:
            held = _joined(held, mark)
    if held is not None:
        yield held


def _joined(one: Mark, other: Mark) -> Mark:
    count = one.count + other.count
    kind = one.kind if one.kind == other.kind == "piece" else "many"
    reach = max(one.x + one.width, other.x + other.width)
    title = f"{one.title.partition(' … ')[0]} … {other.title.rpartition(' … ')[2]} ({count} events)"
    return Mark(one.x, round(reach - one.x, 1), kind, count, f"{count} events", title)


def worded(marks: Iterable[Mark], width: float) -> Iterator[Mark]:
    """Words where there is room for them, from the left; the event that departs is named above the picture."""
    reached = 0.0
    for mark in marks:
        word = short(mark.word, _WORD)
        middle, half = mark.x + mark.width / 2, len(word) * _CHARACTER / 2
        fits = middle - half >= reached + _GAP and middle + half <= width
        reached = middle + half if fits else reached
        yield replace(mark, word=word if fits else "")


def milliseconds(ms: int) -> str:
    """A time since the request began, as people say it."""
    return f"{ms} ms" if ms < 10_000 else f"{ms / 1000:.1f} s"


def short(text: str, limit: int) -> str:
    """The text, cut to what there is room for."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
