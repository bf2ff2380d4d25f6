"""Outcome lines, taken out of whatever else a persistent program prints on its standard output."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from conformance.targets.outcome_file import LIMIT, BadOutcome
from conformance.wire import strict_json

#: The member that makes an object an outcome, in a line too long to be read; within a text its quotes are escaped.
_EXIT = re.compile(rb'[{,]\s*"exit"\s*:')

#: Bytes of a line that is too long which are looked at again with what follows: the member may be cut in two.
_OVERLAP = 64


class OutcomeLines:
    """What a program prints, as it comes: `found` gets each outcome, or what is wrong with a line that is none.

    An outcome is a line that is a JSON object with a member `exit`. No more than `LIMIT` bytes of a line are held.
    """

    def __init__(self, found: Callable[[Mapping[str, object] | BadOutcome], object]) -> None:
        self._found = found
        self._line = bytearray()
        #: Whether the line was too long so far, began as an object and had the member.
        self._long = self._opened = self._exit = False

    def take(self, data: bytes) -> bytes:
        """Take outcomes out of what came next, nothing at the end, and return the rest of it."""
        *ended, rest = data.split(b"\n")
        kept = b"".join([self._more(piece) + self._end(b"\n") for piece in ended] + [self._more(rest)])
        return kept if data else self._end(b"")

    def _more(self, piece: bytes) -> bytes:
        """Take a piece of a line; what no longer has to be held of it."""
        self._line += piece
        if len(self._line) <= LIMIT:
            return b""
        if not self._long:
            self._long, self._opened = True, self._line.startswith(b"{")
        self._exit |= _EXIT.search(self._line) is not None
        passed = bytes(self._line[:-_OVERLAP])
        del self._line[:-_OVERLAP]
        return passed

    def _end(self, mark: bytes) -> bytes:
        """The end of a line: what of it is no outcome, with the mark that ended it."""
        line = bytes(self._line)
        long = self._long and self._opened and (self._exit or _EXIT.search(line) is not None)
        answer = None if self._long else _outcome(line)
        self._line.clear()
        self._long = self._opened = self._exit = False
        if long:
            self._found(BadOutcome(f"it is longer than {LIMIT} bytes"))
        if answer is None:
            return line + mark
        self._found(answer)
        return b""


def _outcome(line: bytes) -> Mapping[str, object] | None:
    """An outcome line, read; None for anything else that a program may print."""
    if not line.startswith(b"{"):
        return None
    try:
        document = strict_json.read(line.rstrip(b"\r"))
    except strict_json.NotJson:
        return None
    return document if isinstance(document, dict) and "exit" in document else None
