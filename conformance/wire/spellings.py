"""How a text may be spelled: what it says is read through JSON escapes, percent-encoding, HTML, XML and a shell.

Whoever searches for a value reads the text until nothing more is spelled otherwise, and learns where in the text as
it came each place of a reading lies. So a value is found in any of these spellings, and in spellings of spellings.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from types import MappingProxyType

#: Readings of readings that are made: JSON within JSON within a form within a page is four.
_DEEPEST = 6

#: One character that is spelled otherwise. A run of backslashes counts as one, so that each run is read once.
_UNIT = re.compile(
    rb"\\\\*(?:u(?:([dD][89aAbB][0-9a-fA-F]{2})\\+u([dD][c-fC-F][0-9a-fA-F]{2})|([0-9a-fA-F]{4}))"
    rb"|x([0-9a-fA-F]{2})|([0-3][0-7]{2})|([^\\]|\Z))"
    rb"|%(?:([0-9a-fA-F]{2})|%)"
    rb"|&(?:#[xX]([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));"
    rb"|'\"'\"'|'\\\\?''"
)  # fmt: skip

_SHORT = MappingProxyType({b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"})
_ENTITIES = MappingProxyType({b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"})


class Reading:
    """What a text says, and where each byte of it stood in the text as it came."""

    def __init__(self, data: bytes, below: Reading | None = None) -> None:
        self.data = data
        self._below = below
        #: Of each unit that was read: where it begins here, where it began and ended below.
        self._here, self._began, self._ended = array("q"), array("q"), array("q")

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The bytes of the text as it came that say `start` to `end` (half-open, not empty) of this reading."""
        if self._below is None:
            return start, end
        first, last = self._place(start), self._place(end - 1)
        return self._below.span(first[0], last[1])

    def next(self) -> Reading | None:
        """What this reading says in turn; None where nothing in it is spelled otherwise."""
        found = _UNIT.finditer(self.data)
        match = next(found, None)
        if match is None:
            return None
        reading = Reading(b"", self)
        pieces: list[bytes] = []
        at = here = 0
        while match is not None:
            start, end = match.span()
            meant = _meaning(match)
            pieces += (self.data[at:start], meant)
            here += start - at
            reading._here.append(here)
            reading._began.append(start)
            reading._ended.append(end)
            here += len(meant)
            at = end
            match = next(found, None)
        pieces.append(self.data[at:])
        reading.data = b"".join(pieces)
        return reading if reading.data != self.data else None

    def _place(self, byte: int) -> tuple[int, int]:
        """Where one byte of this reading begins and ends below."""
        unit = bisect_right(self._here, byte) - 1
        if unit < 0:
            return byte, byte + 1
        after = self._here[unit + 1] if unit + 1 < len(self._here) else len(self.data)
        # What the unit itself says ends where the plain bytes begin that stand between it and the next one.
        plain = (self._began[unit + 1] if unit + 1 < len(self._began) else self._end()) - self._ended[unit]
        begins = after - plain
        if byte < begins:
            return self._began[unit], self._ended[unit]
        place = self._ended[unit] + byte - begins
        return place, place + 1

    def _end(self) -> int:
        return len(self._below.data) if self._below is not None else 0


def readings(data: bytes) -> Iterator[Reading]:
    """Yield the text as it came, and every reading of it, each once."""
    reading: Reading | None = Reading(data)
    for _ in range(_DEEPEST):
        if reading is None:
            return
        yield reading
        reading = reading.next()


def plain(text: str) -> bytes:
    """What a text says in the end, in UTF-8."""
    *_, last = readings(text.encode(errors="surrogatepass"))
    return last.data


def _meaning(match: re.Match[bytes]) -> bytes:
    """The bytes that one unit stands for."""
    high, low, unicode, two, octal, short, percent, hexadecimal, decimal, entity = match.groups()
    if high is not None:
        return (bytes.fromhex(high.decode()) + bytes.fromhex(low.decode())).decode("utf-16-be").encode()
    if unicode is not None:
        return _character(int(unicode, 16))
    if two is not None or percent is not None:
        return bytes.fromhex((two or percent).decode())
    if octal is not None:
        return bytes([int(octal, 8)])
    if short is not None:
        return _SHORT.get(short, short)
    if hexadecimal is not None:
        return _character(int(hexadecimal, 16))
    if decimal is not None:
        return _character(int(decimal))
    if entity is not None:
        return _ENTITIES[entity]
    return b"%" if match[0] == b"%%" else b"'"


def _character(code: int) -> bytes:
    return chr(code).encode(errors="surrogatepass") if code < 0x110000 else b"\xef\xbf\xbd"
