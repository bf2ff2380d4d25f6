"""Secrets: how they look, how they may be spelled, and how they are masked.

A mask has as many asterisks as the secret has characters, so that a secret cut into pieces and the same secret whole
are masked alike, and texts that added up before still do.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from types import MappingProxyType

from conformance.wire.splice import Edit, spliced

#: What stands in place of a credential in a header.
REDACTED = "<redacted>"

#: What stands in place of a secret in a message.
_HIDDEN = "…".encode()

#: Shorter values (`test`, `none`) are no secrets, and masking them would eat ordinary words.
SHORTEST = 6

#: Secrets that show by their look; group 1 is the secret. A key may hold `*`: vendors echo keys half masked.
PATTERNS = MappingProxyType(
    {
        "api key": re.compile(rb"(sk-(?<![A-Za-z0-9]sk-)[A-Za-z0-9_*-]{16,})"),
        "bearer token": re.compile(rb"(?:B|b)earer ([A-Za-z0-9._~+/-]{16,}=*)"),
        "web token": re.compile(rb"(eyJ(?<![\w-]eyJ)[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,})"),
        "organization": re.compile(rb"(org-(?<![A-Za-z0-9]org-)[A-Za-z0-9]{20,})"),
    }
)

#: JSON strings that a stream cuts into pieces.
_PIECE = re.compile(rb'"(?:value|arguments|output|input|refusal)"\s*:\s*"((?:[^"\\\r\n]|\\.)*)"')


def secrets_in(text: str | bytes, secrets: Iterable[str] = ()) -> tuple[str, ...]:
    """Name the kinds of secret a text holds, in any spelling; the values are never told."""
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    found = [kind for kind, pattern in PATTERNS.items() if pattern.search(data)]
    spelled = Masks(secrets)
    if next(spelled.edits(data), None) or next(spelled.edits_of_pieces(data), None):
        found.append("given secret")
    return tuple(found)


def hidden(text: str, secrets: Iterable[str]) -> str:
    """Return the text as people may see it: each secret, in any spelling, is one sign."""
    data = text.encode(errors="surrogatepass")
    edits = (Edit(start, end, _HIDDEN) for start, end, _ in masks(tuple(secrets)).edits(data))
    return spliced(data, edits).decode(errors="surrogatepass")


def look_like_secrets(data: bytes) -> Iterator[str]:
    """Yield the values that show by their look."""
    for pattern in PATTERNS.values():
        for match in pattern.finditer(data):
            yield match[1].decode()


def without_secrets(text: str) -> str:
    """Text as it may be kept: what looks like a secret in it is masked."""
    data = text.encode(errors="replace")
    return spliced(data, edits_by_look(data)).decode(errors="replace")


def edits_by_look(data: bytes) -> Iterator[Edit]:
    """Yield what must be replaced because of its look, in order."""
    spans = sorted(match.span(1) for pattern in PATTERNS.values() for match in pattern.finditer(data))
    done = 0
    for start, end in spans:
        if end > done:
            yield Edit(max(start, done), end, b"*" * (end - max(start, done)))
            done = end


class Masks:
    """Finds given secrets in bytes: plain, JSON-escaped, percent-encoded, base64, or cut into pieces of a stream."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted({one for one in secrets if len(one) >= SHORTEST}, key=lambda one: (-len(one), one))
        spellings = [spelling for secret in self._secrets for spelling in _spellings(secret)]
        self._lengths = tuple(length for _, length in spellings)
        self._pattern = re.compile(b"|".join(b"(" + pattern + b")" for pattern, _ in spellings)) if spellings else None

    def edits(self, data: bytes) -> Iterator[Edit]:
        """Yield what must be replaced, in order."""
        if self._pattern is None:
            return
        for match in self._pattern.finditer(data):
            yield Edit(*match.span(), b"*" * self._lengths[(match.lastindex or 1) - 1])

    def edits_of_pieces(self, data: bytes) -> Iterator[Edit]:
        """Yield what must be replaced where the pieces of a streamed text hold a secret only together."""
        if not self._secrets:
            return
        matches = [(match.span(1), _text_of(match[1])) for match in _PIECE.finditer(data)]
        whole = "".join(text for _, text in matches)
        masked = whole
        for secret in self._secrets:
            masked = masked.replace(secret, "*" * len(secret))
        if masked == whole:
            return
        at = 0
        for (start, end), text in matches:
            piece = masked[at : at + len(text)]
            at += len(text)
            if piece != text:
                yield Edit(start, end, json.dumps(piece)[1:-1].encode())


@lru_cache(maxsize=8)  # a run has one set of secrets, which it looks for in every answer and message
def masks(secrets: tuple[str, ...]) -> Masks:
    """What finds these secrets; made once for each set of them."""
    return Masks(secrets)


def _text_of(escaped: bytes) -> str:
    try:
        return str(json.loads(b'"' + escaped + b'"', strict=False))
    except ValueError:
        return escaped.decode(errors="replace")


def _spellings(secret: str) -> Iterator[tuple[bytes, int]]:
    """Yield patterns for the spellings of a secret, each with the length of its mask."""
    yield b"".join(_spelled(character) for character in secret), len(secret)
    data = secret.encode(errors="surrogatepass")
    for shift, first in enumerate((0, 2, 3)):
        # Only the characters that the secret alone decides: what stands before and after it is not known.
        core = base64.b64encode(bytes(shift) + data).decode()[first : (shift + len(data)) * 8 // 6]
        yield b"".join(_BASE64.get(character) or re.escape(character.encode()) for character in core), len(core)


#: Standard and URL-safe alphabet, plain, escaped or percent-encoded.
_BASE64 = MappingProxyType({"+": rb"(?:[+-]|%2[bB])", "/": rb"(?:\\{0,8}/|_|%2[fF])"})


def _spelled(character: str) -> bytes:
    """Return a pattern for one character: as it is, behind backslashes, as a JSON escape or percent-encoded.

    Runs of backslashes and of `25` are bounded, more deeply than anything nests, so that hostile runs cost linear time.
    """
    encoded = character.encode(errors="surrogatepass")
    units = character.encode("utf-16-be", errors="surrogatepass")
    escapes = b"".join(rb"\\{1,8}u%04x" % int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    percent = b"".join(b"%%(?:25){0,4}%02x" % byte for byte in encoded)
    return rb"(?:\\{0,8}" + re.escape(encoded) + rb"|(?i:" + escapes + rb"|" + percent + rb"))"
