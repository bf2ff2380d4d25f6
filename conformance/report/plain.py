"""Text that is safe to print: what a target sent can neither steer a terminal nor break a layout."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Sequence

from conformance.errors import ConformanceError
from conformance.wire.secret import secrets_of

#: Longest piece of foreign text shown in one field; the span says where the rest is.
LIMIT = 400

#: Unicode categories that move a cursor, reorder text or are no characters at all.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

#: Longest line of an error; some quote a whole value of the command line.
_MESSAGE = 2000

_LABEL = 10

#: How a command to the runner of a workflow begins.
_WORKFLOW = re.compile(r"(?<!\S)::|##(?=\[|vso\[)")


def safe(text: str, limit: int = LIMIT) -> str:
    """The text with every control, format and surrogate character spelled out, cut to `limit` characters.

    Nothing in it is a workflow command, wherever a line is broken: GitHub takes `::` behind white space for one, and
    GitHub and Azure Pipelines take `##[` and `##vso[` anywhere.
    """
    cut = text if len(text) <= limit else f"{text[: limit - 1]}…"
    if "::" in cut or "##" in cut:
        cut = _WORKFLOW.sub(lambda match: _escape(match[0][0]) + match[0][1:], cut)
    return cut if cut.isascii() and cut.isprintable() else "".join(map(_spelled, cut))


def json_shown(document: str) -> str:
    """JSON text in which no runner of workflows finds a command: some look for `##[` anywhere in a line."""
    return document.replace("##", "\\u0023#")


def error_text(error: ConformanceError, secrets: tuple[str, ...] = (), said: set[str] | None = None) -> str:
    """An error as people see it, without secrets, those that show by their look too: what happened, and what to do.

    The first line of a hint is about this error. With `said`, the further lines of earlier ones, none is said twice.
    """
    hidden = secrets_of(secrets).hidden
    first, *rest = map(hidden, (error.message, *(error.hint or "").splitlines()))
    if said is not None:
        rest, further = rest[:1], [line for line in rest[1:] if line not in said]
        said.update(further)
        rest += further
    return "\n".join((f"conformance: {safe(first, _MESSAGE)}", *(f"  {safe(line, _MESSAGE)}" for line in rest)))


def _spelled(character: str) -> str:
    if unicodedata.category(character) not in _UNSAFE:
        return character
    return _escape(character)


def _escape(character: str) -> str:
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
