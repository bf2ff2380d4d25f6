"""Text that is safe to print: what a target sent can neither steer a terminal nor break a layout."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence

from conformance.errors import ConformanceError

#: Longest piece of foreign text shown in one field; the span says where the rest is.
LIMIT = 400

#: Unicode categories that move a cursor, reorder text or are no characters at all.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

#: Longest line of an error; some quote a whole value of the command line.
_MESSAGE = 2000

_LABEL = 10


def safe(text: str, limit: int = LIMIT) -> str:
    """The text with every control, format and surrogate character spelled out, cut to `limit` characters."""
    cut = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return cut if cut.isascii() and cut.isprintable() else "".join(map(_spelled, cut))


def error_text(error: ConformanceError) -> str:
    """An error as people see it: what happened, and below it what to do."""
    first, *rest = (error.message, *(error.hint or "").splitlines())
    return "\n".join((f"conformance: {safe(first, _MESSAGE)}", *(f"  {safe(line, _MESSAGE)}" for line in rest)))


def _spelled(character: str) -> str:
    if unicodedata.category(character) not in _UNSAFE:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def field(label: str, text: str, width: int) -> str:
    """One labelled field of a block, wrapped under itself; long words such as links stay whole."""
    head = f"  {label:<{_LABEL}}"
    return textwrap.fill(
        text, width, initial_indent=head, subsequent_indent=" " * len(head), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def command_line(label: str, command: str) -> str:
    """A labelled command, whole on one line whatever the width: it is there to be copied."""
    return f"  {label:<{_LABEL}}{command}"


def listing(label: str, items: tuple[str, ...], width: int, most: int) -> str:
    """A labelled list of names, at most `most` of them, and how many are left."""
    return field(label, shortened(items, most), width)


def shortened(items: Sequence[str], most: int) -> str:
    """The first names of a list, at most `most` of them, and how many are left."""
    rest = f" and {len(items) - most} more" if len(items) > most else ""
    return f"{', '.join(items[:most])}{rest}"
