"""An event stream that was pasted into something else: indented or quoted as a whole, fenced, or one quoted string.

Of such a text nothing is known but the events: the blank lines between them are there, or the text is none.
"""

from __future__ import annotations

import json
import re

from conformance.model import Transcript
from conformance.wire.recordings import raw_stream
from conformance.wire.recordings.beside import Beside

TITLE = "an event stream pasted into a text"

#: A line that begins a field of a stream or a comment in it.
_FIELD = re.compile(r"(?:event|data|id|retry):|:(?: |$)")

#: What mail, Markdown and indentation put before every line.
_PREFIX = re.compile(r"(?:[ \t]|[>|#](?= |\t|$|[a-z:>|]))*")

_FENCE = re.compile(r"\s*(?:```|~~~)\S*\s*")
_OPENED = re.compile(r"\s*[bru]{0,2}(\"\"\"|\'\'\'|\"|\')")
_STRING = re.compile(r"\s*[bru]{0,2}(\"\"\"|\'\'\'|\"|\')(.*)\1[,;]?\s*", re.DOTALL)

#: How much is looked at.
_HEAD = 4096


def fits(content: bytes) -> bool:
    """Whether a content is a stream within quotes or behind a prefix; one without either is none of these."""
    return _unquoted(content[:_HEAD].decode(errors="replace"), whole=False) is not None


def read(name: str, content: bytes, beside: Beside) -> tuple[Transcript, ...]:
    """Read the stream as if it stood by itself."""
    text = _unquoted(content.decode(errors="surrogateescape"), whole=True) or ""
    return raw_stream.read(name, text.encode(errors="surrogateescape"), beside, kind="pasted stream")


def _unquoted(text: str, *, whole: bool) -> str | None:
    """The stream in a text; None where there is none. Of a text that is not whole the end of a string is missing."""
    text = text.removeprefix("\ufeff")
    if (string := _string(text, whole=whole)) is not None:
        return string
    lines = text.splitlines()
    while lines and (not lines[0].strip() or _FENCE.fullmatch(lines[0])):
        lines.pop(0)
    while lines and _FENCE.fullmatch(lines[-1]):
        lines.pop()
    if not lines:
        return None
    prefix = _prefix_of(lines[0])
    bare = prefix.rstrip()
    cut = [line[len(prefix) :] if line.startswith(prefix) else "" for line in lines]
    strays = any(line.strip() and line.strip() != bare and not line.startswith(prefix) for line in lines[: -1 or None])
    if strays or not _FIELD.match(cut[0]):
        return None
    return "\n".join(cut) + "\n\n"


def _prefix_of(line: str) -> str:
    found = _PREFIX.match(line)
    return found[0] if found else ""


def _string(text: str, *, whole: bool) -> str | None:
    """The stream in a quoted string with its escapes undone."""
    opened = _OPENED.match(text)
    found = None if opened is None else _STRING.fullmatch(text if whole else text + opened[1])
    if found is None:
        return None
    inner = found[2]
    try:
        undone = str(json.loads(f'"{inner}"')) if found[1] == '"' else _plainly(inner)
    except ValueError:
        undone = _plainly(inner)
    return undone if _FIELD.match(undone.lstrip("\r\n")) else None


#: The escapes that programming languages share.
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", '"': '"'}


def _plainly(inner: str) -> str:
    return re.sub(r"\\([nrt\\'\"])", lambda escape: _ESCAPES[escape[1]], inner)
