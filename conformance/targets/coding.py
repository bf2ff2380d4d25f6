"""Content codings, undone piece by piece: no piece is larger than a bound, so a bomb is counted before it is held."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

#: The size of a decoded piece: that of a network read.
_PIECE = 64 * 1024


class DamagedCoding(Exception):
    """The bytes are not what their content coding promises."""


class Inflater:
    """Undoes `gzip` or `deflate`, the latter with or without its zlib wrapper as both are met in the wild."""

    def __init__(self, window: int) -> None:
        self._inflate = zlib.decompressobj(window)
        self._may_be_raw = window == zlib.MAX_WBITS

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the decoded bytes in bounded pieces; raises DamagedCoding."""
        piece = b""
        while data or len(piece) == _PIECE:
            try:
                piece = self._inflate.decompress(data, _PIECE)
            except zlib.error as reason:
                if not self._may_be_raw:
                    raise DamagedCoding(str(reason)) from None
                self._may_be_raw = False
                self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
                continue
            self._may_be_raw = False
            if piece:
                yield piece
            data = self._inflate.unconsumed_tail

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
