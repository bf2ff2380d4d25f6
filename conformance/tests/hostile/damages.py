"""What a hostile server does in the place of an answer: each takes the connection and what would have been right."""

from __future__ import annotations

import gzip
import re
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache

from conformance.model import Response
from conformance.tests.hostile.server import KEY, Damage, body_of, head_of, plain
from conformance.tests.pace import short

#: Seconds between two signs of life: many within the time of an exchange, few within a test.
_PAUSE = 0.03

#: Bytes that come within the time of an exchange: fewer than any head has.
_BYTES_IN_TIME = 40

CHUNKED = "Transfer-Encoding: chunked"

#: Everything that steers a terminal, closes a tag or turns text around.
STEERING = "\x1b[2J\x1b]0;owned\x07\x9b31m\x00\x08\r\u202e\u2066\u2028</pre><script>alert(1)</script>&amp;\ufeff\u200b"


def rewritten(change: Callable[[bytes], bytes], *more: str, status: int | None = None) -> Damage:
    """The right answer with another body, in good framing."""
    return lambda connection, answer: connection.sendall(plain(answer, change(body_of(answer)), *more, status=status))


def raw(make: Callable[[Response], bytes]) -> Damage:
    """These bytes, then the end of the connection."""
    return lambda connection, answer: connection.sendall(make(answer))


def framed(*fields: str, before: bytes = b"") -> Damage:
    """The right body behind other fields that say how long it is."""
    return raw(lambda answer: head_of(answer, *fields) + before + body_of(answer))


def misled(by: int) -> Damage:
    """The right body, its length told wrong by so many bytes."""
    return raw(lambda answer: head_of(answer, f"Content-Length: {len(body_of(answer)) + by}") + body_of(answer))


def for_ever(start: Callable[[Response], bytes], piece: bytes, pause: float = 0.0) -> Damage:
    """A beginning, then one piece again and again until the other side has gone."""

    def damage(connection: socket.socket, answer: Response) -> None:
        with suppress(OSError):
            connection.sendall(start(answer))
            while True:
                connection.sendall(piece)
                time.sleep(pause)

    return damage


def byte_by_byte(connection: socket.socket, answer: Response) -> None:
    """The right answer, so slowly that no read ever waits long and not even its head ends within the time."""
    with suppress(OSError):
        for byte in plain(answer):
            connection.sendall(bytes([byte]))
            time.sleep(short() / _BYTES_IN_TIME)


def silence(start: Callable[[Response], bytes]) -> Damage:
    """A beginning, then nothing more on an open connection."""

    def damage(connection: socket.socket, answer: Response) -> None:
        connection.sendall(start(answer))
        with suppress(OSError):
            connection.recv(1)

    return damage


def cut(share: float, *, reset: bool) -> Damage:
    """A share of the right answer, then the end of our side, politely or by a reset."""

    def damage(connection: socket.socket, answer: Response) -> None:
        whole = plain(answer)
        connection.sendall(whole[: int(len(whole) * share)])
        if reset:
            time.sleep(_PAUSE)  # what was sent shall arrive before the reset
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            connection.shutdown(socket.SHUT_WR)
            with suppress(OSError):
                connection.recv(1)

    return damage


def begun(*more: str) -> Callable[[Response], bytes]:
    """The head of the right answer, with these fields, and its first event, or all of its JSON."""
    return lambda answer: head_of(answer, *more) + b"".join(body_of(answer).partition(b"\n\n")[:2])


def chunk(data: bytes) -> bytes:
    """One chunk of chunked framing."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def texts(to: str) -> Callable[[bytes], bytes]:
    """Put `to` in the place of every text that people might be shown: not of ids, types, states and event names."""
    return member("name|arguments|value|message|code|model|instructions|description|output", quoted(to))


def quoted(text: str) -> bytes:
    """A text as JSON, every character escaped."""
    return b'"%s"' % b"".join(b"\\u%04x" % ord(character) for character in text)


def member(keys: str, value: bytes) -> Callable[[bytes], bytes]:
    """Put the JSON `value` in the place of the members of these names, separated by bars, that are text or numbers."""
    scalar = re.compile(rb'"(%s)":\s*(?:"(?:[^"\\]|\\.)*"|[0-9.]+)' % keys.encode())
    return lambda body: scalar.sub(lambda found: b'"%s":%s' % (found[1], value), body)


def without(part: bytes, put: bytes = b"") -> Callable[[bytes], bytes]:
    """Put other bytes in the place of these."""
    return lambda body: body.replace(part, put)


def in_milliseconds(body: bytes) -> bytes:
    """Times a thousand times as large."""
    return re.sub(rb'("\w+_at":\s*\d+)', rb"\g<1>000", body)


@cache
def bomb(size: int) -> bytes:
    """`size` bytes of nothing, compressed."""
    return gzip.compress(b"\0" * size, 9)


def moved(location: str, status: int = 307) -> Damage:
    """A redirect; `KEY` in the place of `{key}`."""
    where = location.replace("{key}", KEY)
    return lambda connection, answer: connection.sendall(plain(answer, b"", f"Location: {where}", status=status))
