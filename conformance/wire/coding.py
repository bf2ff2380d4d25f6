"""Content codings, undone piece by piece: no piece is larger than a bound, so a bomb is counted before it is held."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

#: The size of a decoded piece: that of a network read.
_PIECE = 64 * 1024

#: Coded bytes undone at once: of many small members each copies what is left of them, which stays little so.
_BITE = 4 * 1024

#: What a member of gzip begins with (RFC 1952 §2.3.1).
_MAGIC = b"\x1f\x8b"


class DamagedCoding(Exception):
    """The bytes are not what their content coding promises."""


class Inflater:
    """Undoes `gzip`, of one member or several, or `deflate`, with or without its zlib wrapper: all are met in the wild.

    What follows the end and is no further member is passed over, as gzip programs do.
    """

    def __init__(self, window: int) -> None:
        self._window = window
        self._inflate = zlib.decompressobj(window)
        self._may_be_raw = window == zlib.MAX_WBITS
        self._last = window == zlib.MAX_WBITS  # only gzip has members
        self._behind = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the decoded bytes in bounded pieces; raises DamagedCoding."""
        for start in range(0, len(data), _BITE):
            yield from self._fed(data[start : start + _BITE])

    def _fed(self, data: bytes) -> Iterator[bytes]:
        piece = b""
        while data or len(piece) == _PIECE:
            if self._inflate.eof:
                data = self._next_member(data)
                if not data:
                    return
            piece = self._inflated(data)
            if piece:
                yield piece
            data = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail

    def _inflated(self, data: bytes) -> bytes:
        may_be_raw, self._may_be_raw = self._may_be_raw, False
        try:
            return self._inflate.decompress(data, _PIECE)
        except zlib.error as reason:
            if not may_be_raw:
                raise DamagedCoding(str(reason)) from None
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
            return self._inflated(data)

    def _next_member(self, data: bytes) -> bytes:
        """Begin anew with what follows the end of a member; nothing where that is no member, or does not tell yet."""
        if not data or self._last:
            return b""
        data, self._behind = self._behind + data, b""
        if data.startswith(_MAGIC):
            self._inflate = zlib.decompressobj(self._window)
            return data
        if data == _MAGIC[:1]:
            self._behind = data
        else:
            self._last = True
        return b""

    def close(self) -> None:
        """Raise DamagedCoding when the coding was not finished."""
        if not self._inflate.eof:
            raise DamagedCoding("the compressed body breaks off")


class Identity:
    """Passes bytes on as they are."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the bytes."""
        yield data

    def close(self) -> None:
        """Nothing is pending."""


_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def decoder(content_encoding: str) -> Inflater | Identity:
    """The decoder of a Content-Encoding field; codings we never asked for and cannot undo are kept as they came."""
    window = _WINDOWS.get(content_encoding.strip().lower())
    return Identity() if window is None else Inflater(window)
