"""Content codings come undone whatever way a legal body is cut, and a broken one is told."""

from __future__ import annotations

import gzip
import zlib

import pytest

from conformance.wire.coding import DamagedCoding, decoder

#: Longer than a piece, and than what is undone at once.
LONG = bytes(range(256)) * 1000
ONE, TWO = gzip.compress(b"one "), gzip.compress(LONG)
RAW = zlib.compress(LONG)[2:-4]


def undone(coding: str, coded: bytes, cut: int) -> bytes:
    """What comes of a body that arrives in parts of `cut` bytes."""
    undoing = decoder(coding)
    parts = (coded[start : start + cut] for start in range(0, len(coded), cut))
    body = b"".join(piece for part in parts for piece in undoing.feed(part))
    undoing.close()
    return body


@pytest.mark.parametrize("cut", [2, 3, 7, 5000, 1_000_000])
@pytest.mark.parametrize(
    ("coding", "coded", "body"),
    [
        ("gzip", ONE, b"one "),
        ("gzip", ONE + TWO + ONE, b"one " + LONG + b"one "),
        ("x-gzip", gzip.compress(b"") * 3 + TWO, LONG),
        ("gzip", TWO + bytes(20), LONG),
        ("gzip", ONE + b"behind" + TWO, b"one "),
        ("gzip", ONE + b"\x1f", b"one "),
        ("deflate", zlib.compress(LONG), LONG),
        ("deflate", zlib.compress(LONG) + ONE, LONG),
        ("deflate", RAW, LONG),
        ("br", b"as it came", b"as it came"),
    ],
    ids=["gzip", "members", "empty members", "padding", "words behind", "half a member's first word", "deflate",
         "deflate has no members", "raw deflate", "another coding"],
)  # fmt: skip
def test_a_legal_body_comes_undone(coding: str, coded: bytes, body: bytes, cut: int) -> None:
    assert undone(coding, coded, cut) == body


@pytest.mark.parametrize(
    "coded",
    [b"", ONE[:-1], ONE + TWO[:-1], ONE + TWO[:2], ONE + b"\x1f\x8bno member", b"no gzip"],
    ids=["nothing", "cut short", "second cut short", "second hardly begun", "a first word alone", "words"],
)
def test_a_broken_body_is_told(coded: bytes) -> None:
    with pytest.raises(DamagedCoding):
        undone("gzip", coded, 1000)


def test_many_members_are_undone_one_after_the_other() -> None:
    assert undone("gzip", gzip.compress(b"x") * 5000, 65_536) == b"x" * 5000
