"""A copy of a message is parsed beside its passing: where it ends, and what it says. h11 reads, and rules nothing."""

from __future__ import annotations

from typing import NamedTuple

import h11

from conformance.model import Headers

#: Bytes of a head, or of a line that frames a chunk. Servers allow 8 to 16 KiB.
HEAD_LIMIT = 64 * 1024


class Told(NamedTuple):
    """What some bytes showed of a message."""

    #: How many of the bytes belong to it.
    used: int
    #: Bytes of its body, without the framing of chunks.
    body: bytes = b""


class RequestCopy:
    """A request as its bytes come: its head first, then its body."""

    def __init__(self) -> None:
        self.head: h11.Request | None = None
        #: Bytes of the head, and those that came with it and belong to what follows.
        self.head_bytes = self.after_head = b""
        #: Whether all of it has arrived.
        self.complete = False
        self._parser = _parser()
        self._raw = bytearray()

    def feed_head(self, data: bytes) -> None:
        """Take bytes until there is a head. Raises h11.RemoteProtocolError for what is none of HTTP/1.1."""
        self._raw += data
        self._parser.receive_data(data)
        if not isinstance(self._parser.next_event(), h11.Request):
            return
        self.after_head = self._parser.trailing_data[0]
        self.head_bytes = bytes(self._raw[: len(self._raw) - len(self.after_head)])
        self._raw.clear()
        # What came with the head is to be fed once it is passed on: the body has a parser that has not seen it.
        self._parser = _parser()
        self._parser.receive_data(self.head_bytes)
        head = self._parser.next_event()
        assert isinstance(head, h11.Request)  # noqa: S101 - it was one before
        self.head = head
        self._events()

    def feed(self, data: bytes) -> Told:
        """Take bytes of the body. Raises h11.RemoteProtocolError for what is no HTTP/1.1."""
        self._parser.receive_data(data)
        body = self._events()
        left = len(self._parser.trailing_data[0]) if self.complete else 0
        return Told(len(data) - left, body)

    def _events(self) -> bytes:
        body = bytearray()
        while not self.complete:
            match self._parser.next_event():
                case h11.Data(data=part):
                    body += part
                case h11.EndOfMessage():
                    self.complete = True
                case _:
                    break
        return bytes(body)


def _parser() -> h11.Connection:
    return h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)


class ResponseCopy:
    """The answer to a request of some method, and the 1xx answers before it."""

    def __init__(self, method: str) -> None:
        self.head: h11.Response | None = None
        #: Whether all of it has arrived.
        self.complete = False
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
        # What was really asked is not h11's business: it knows by the method whether an answer has a body.
        self._parser.send(h11.Request(method=method, target="/", headers=[("Host", "upstream")]))
        self._parser.send(h11.EndOfMessage())

    def feed(self, data: bytes) -> Told:
        """Take bytes, or the end as none. Raises h11.RemoteProtocolError for what is no HTTP/1.1, or breaks off."""
        self._parser.receive_data(data)
        body = bytearray()
        while not self.complete:
            match self._parser.next_event():
                case h11.Response() as head:
                    self.head = head
                case h11.Data(data=part):
                    body += part
                case h11.EndOfMessage():
                    self.complete = True
                case h11.InformationalResponse():
                    pass
                case _:
                    break
        left = len(self._parser.trailing_data[0]) if self.complete else 0
        return Told(len(data) - left, bytes(body))


def headers_of(head: h11.Request | h11.Response) -> Headers:
    """The header fields of a head, names as they were sent."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers.raw_items())
