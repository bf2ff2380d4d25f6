"""What exchanges have lost and gained between two outlines of them, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from conformance.verdict.outline import Outline

#: What an exchange is known by, when those of two transcripts are laid beside each other.
_IDENTITY = ("operation", "method", "path")


def reshaping(old: Sequence[Outline], new: Sequence[Outline]) -> tuple[str, ...]:
    """Lines that begin with `-` for what is gone and `+` for what came, each with the exchange it is about."""
    return tuple(_lines(old, new))


def _lines(old: Sequence[Outline], new: Sequence[Outline]) -> Iterator[str]:
    for lost, gained, paired in _aligned([*map(_label, old)], [*map(_label, new)]):
        yield from (f"- exchange {at}: {_label(old[at])}" for at in lost)
        yield from (f"+ exchange {at}: {_label(new[at])}" for at in gained)
        for before, after in paired:
            for line in _within(old[before], new[after]):
                yield f"{line[0]} exchange {after}: {line[2:]}"


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[range, range, list[tuple[int, int]]]]:
    """Positions that are gone, that came, and pairs of positions that stand for each other, in order."""
    for word, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if word == "equal":
            yield range(0), range(0), list(zip(range(a, b), range(c, d), strict=True))
        else:
            yield range(a, b), range(c, d), []


def _label(exchange: Outline) -> str:
    return " ".join(str(exchange.get(name, "")) for name in _IDENTITY)


def _within(old: Outline, new: Outline) -> Iterator[str]:
    """What one exchange has lost and gained."""
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if name == "events":
            yield from _sequence(_texts(before), _texts(after))
        elif name == "fields":
            yield from _fields(before, after)
        else:
            yield from () if before is None else (f"- {name} {before}",)
            yield from () if after is None else (f"+ {name} {after}",)


def _sequence(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for lost, gained, _ in _aligned(old, new):
        yield from (f"- event {at} {old[at]}" for at in lost)
        yield from (f"+ event {at} {new[at]}" for at in gained)


def _fields(old: object, new: object) -> Iterator[str]:
    before, after = (value if isinstance(value, dict) else {} for value in (old, new))
    for kind in sorted({*before, *after}):
        were, are = (set(str(side.get(kind, "")).split()) for side in (before, after))
        yield from (f"- field {name} of {kind}" for name in sorted(were - are))
        yield from (f"+ field {name} of {kind}" for name in sorted(are - were))


def _texts(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else []
