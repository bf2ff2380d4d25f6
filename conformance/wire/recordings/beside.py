"""What may lie beside a recording: the request that a stream answers, and bodies in files of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class NotBeside(Exception):
    """There is no such body; the message is a clause on the file, such as "which is not there"."""


def no_file(_name: str) -> bytes:
    """No file lies beside the recording: raises NotBeside."""
    raise NotBeside("of which only the archive was given")


class Beside(NamedTuple):
    """What lies beside a recording."""

    #: The body that was submitted, where it is known.
    request: bytes | None = None
    #: The content of a file that the recording names; raises NotBeside.
    body: Callable[[str], bytes] = no_file
