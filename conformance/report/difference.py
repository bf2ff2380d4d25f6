"""What was expected and what came, character by character, where the two are forms of one thing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

#: How much of two texts must be alike for a comparison to say more than the two do.
_ALIKE = 0.6

#: Characters shown before a difference, and differences described in words.
_BEFORE, _TOLD = 16, 3

#: What a value begins with, other than a description in words.
_VALUES = ("'", '"', "[", "{", "…'", '…"')


#: What is said of a text that was cut, behind it.
_CUT = re.compile(r" \(from character \d+ of \d+\)$|… \(\d+ characters\)$")


class Piece(NamedTuple):
    """A part of one of two texts."""

    text: str
    differs: bool


def differences(expected: str, got: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]] | None:
    """Both texts in pieces; None where they are no two forms of one thing."""
    changes = _changes(expected, got)
    if changes is None:
        return None
    ours = tuple(Piece(expected[a:b], kind != "equal") for kind, a, b, _, _ in changes if a < b)
    theirs = tuple(Piece(got[c:d], kind != "equal") for kind, _, _, c, d in changes if c < d)
    return (*ours, *_rest(expected)), (*theirs, *_rest(got))


def _rest(text: str) -> tuple[Piece, ...]:
    """What is said of a text that was cut."""
    cut = _CUT.search(text)
    return () if cut is None else (Piece(cut[0], differs=False),)


def in_words(expected: str, got: str) -> str:
    """The first differences in words; empty where the two are no two forms of one thing."""
    sentences = [*_sentences(expected, got)]
    rest = f"; and {len(sentences) - _TOLD} more" if len(sentences) > _TOLD else ""
    return "; ".join(sentences[:_TOLD]) + rest


def _sentences(expected: str, got: str) -> Iterator[str]:
    for kind, a, b, c, d in _changes(expected, got) or ():
        after = f" after «{expected[max(0, a - _BEFORE) : a]}»" if a else " at the beginning"
        if kind == "delete":
            yield f"«{expected[a:b]}» is missing{after}"
        elif kind == "insert":
            yield f"«{got[c:d]}» was added{after}"
        elif kind == "replace":
            yield f"«{got[c:d]}» instead of «{expected[a:b]}»{after}"


def _changes(expected: str, got: str) -> list[tuple[str, int, int, int, int]] | None:
    expected, got = _CUT.sub("", expected), _CUT.sub("", got)
    if expected == got or not (expected.startswith(_VALUES) and got.startswith(_VALUES)):
        return None
    matcher = SequenceMatcher(None, expected, got, autojunk=False)
    return list(matcher.get_opcodes()) if matcher.ratio() >= _ALIKE else None
