"""What a content looks like that no reader knows, in the words of whoever looks into it, and what to do about it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import NamedTuple

#: How much is looked at: what something is shows at its beginning.
_HEAD = 4096

#: Characters of a text that are quoted.
_QUOTED = 40

_BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

#: ASCII in UTF-16: every other byte is zero. Four characters in a row do not come about by chance.
_WIDE = re.compile(rb"(?:[\t\n\r -~]\x00){4}|(?:\x00[\t\n\r -~]){4}")

_PAGE = re.compile(rb"<(?:!doctype|html|head|body|\?xml|title|h1|p|div)\b", re.IGNORECASE)


class Look(NamedTuple):
    """What something looks like, and what to do to have it judged."""

    like: str
    advice: str


class _Kind(NamedTuple):
    """One kind of content that is no recording, by its whole content and by its head without white space."""

    fits: Callable[[bytes, bytes], bool]
    look: Look


def is_utf16(content: bytes) -> bool:
    """Whether a content is text in UTF-16, which neither streams nor JSON are in."""
    return content.startswith(_BYTE_ORDER_MARKS) or _WIDE.match(content) is not None


#: The kinds that are told apart, the first that fits; what is none of them is text.
_KINDS = (
    _Kind(
        lambda content, head: is_utf16(content),  # noqa: ARG005
        Look(
            "it is text in UTF-16, as > of Windows PowerShell writes it",
            "Write it as UTF-8, or let the client write the file itself, as `curl --output FILE` does.",
        ),
    ),
    _Kind(
        lambda content, head: not head,  # noqa: ARG005
        Look("it is empty", "Does what should have written it print an answer? `curl -i` shows all of it."),
    ),
    _Kind(
        lambda content, head: content.startswith(b"\x1f\x8b"),  # noqa: ARG005
        Look("it is packed (gzip)", "Unpack it: `gunzip -c FILE | conformance judge -`."),
    ),
    _Kind(
        lambda content, head: content.startswith(b"PK\x03\x04"),  # noqa: ARG005
        Look("it is packed (zip)", "Unpack it, and name the folder."),
    ),
    _Kind(
        lambda content, head: _PAGE.match(head) is not None,  # noqa: ARG005
        Look(
            "it looks like a web page (HTML or XML)",
            "That is often what a proxy says, or another address. `curl -i` shows its status and headers too.",
        ),
    ),
    _Kind(
        lambda content, head: head.startswith((b"{", b"[")),  # noqa: ARG005
        Look(
            "it looks like JSON",
            "The JSON answer of a server is judged with its status and headers, as `curl -i` prints them.",
        ),
    ),
    _Kind(
        lambda content, head: b"\x00" in head,  # noqa: ARG005
        Look("it is binary", "Is it the right file?"),
    ),
)


def look(content: bytes) -> Look:
    """What a content that is no recording looks like."""
    head = content[:_HEAD].removeprefix(codecs.BOM_UTF8).strip()
    return next((kind.look for kind in _KINDS if kind.fits(content, head)), None) or _text(head)


def _text(head: bytes) -> Look:
    first = head.splitlines()[0].decode(errors="replace")
    quoted = "".join(char if char.isprintable() else "?" for char in first[:_QUOTED])
    return Look(
        f"it is text that begins with {quoted!r}",
        "A stream begins with `event:`, `data:`, `id:`, `retry:` or a comment, `: …`.",
    )
