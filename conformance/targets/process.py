"""Runs somebody's command: in a process group of its own, up to a time limit, with its output kept up to a bound."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

#: Bytes of output that are kept from its beginning, and as many from its end: a traceback comes last, and what led
#: to it first.
KEPT = 128 * 1024

#: Seconds in which processes that were asked to end may do so before they are killed.
GRACE = 1.0

#: Seconds after which it is looked whether the command has ended, where its output does not tell.
_LOOK = 0.02

_READ = 64 * 1024

#: Reads after which what is left in the pipe is let go: a pipe holds one, where nobody fills it any more.
_LEFT = 16


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended. `exit_code` is negative for a signal, None where it had to be ended."""

    exit_code: int | None
    seconds: float
    output: bytes


def run(command: Sequence[str], environment: Mapping[str, str], limit: float, enough: Callable[[], bool]) -> Finished:
    """Run a command, without a shell and without input, for at most `limit` seconds or until there is `enough` of it.

    Whatever it started in its process group has ended when this returns. Raises OSError where it cannot be started.
    """
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - running the command is what it was given for
        list(command),
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    output = _Output(process.stdout.fileno())
    try:
        ended = _follow(process, output, began + limit, enough)
        if not ended:
            _signal(process.pid, signal.SIGTERM)
            _follow(process, output, time.monotonic() + GRACE, lambda: False)
    finally:
        _end_group(process)
        output.drain()
        process.stdout.close()
    return Finished(process.returncode if ended else None, time.monotonic() - began, output.kept())


def _follow(process: subprocess.Popen[bytes], output: _Output, until: float, enough: Callable[[], bool]) -> bool:
    """Read what a command prints until it ends, and return whether it did."""
    while process.poll() is None:
        if time.monotonic() >= until or enough():
            return False
        output.wait(_LOOK)
    return True


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the group: children may outlive the command, which then has ended by itself."""
    if process.poll() is not None and _signal(process.pid, signal.SIGTERM):
        for _ in _until(time.monotonic() + GRACE):
            if not _signal(process.pid, 0):
                return
    _signal(process.pid, signal.SIGKILL)
    process.wait()


def _until(moment: float) -> Iterator[None]:
    while time.monotonic() < moment:
        yield
        time.sleep(_LOOK)


def _signal(group: int, number: int) -> bool:
    """Signal a process group; whether there was anybody in it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # the latter is what macOS says of a group of zombies
        return False
    return True


class _Output:
    """What comes out of a pipe: its beginning, its end, and how much there was between them."""

    def __init__(self, pipe: int) -> None:
        os.set_blocking(pipe, False)
        self._pipe = pipe
        self._poll = select.poll()
        self._poll.register(pipe, select.POLLIN)
        self._open = True
        self._first = bytearray()
        self._last = bytearray()
        self._dropped = 0

    def wait(self, seconds: float) -> None:
        """Take what comes within these seconds, as soon as it comes."""
        if not self._open:
            time.sleep(seconds)
        elif self._poll.poll(seconds * 1000):
            self._take()

    def drain(self) -> None:
        """Take what has come; a child that left the group may hold the pipe, and is not listened to for ever."""
        for _ in range(_LEFT):
            if not self._open or not self._poll.poll(0):
                return
            self._take()

    def kept(self) -> bytes:
        """The output, or its two ends with a line between them that says how much is missing."""
        gap = b"\n[... %d bytes of output are not kept ...]\n" % self._dropped if self._dropped else b""
        return bytes(self._first) + gap + bytes(self._last)

    def _take(self) -> None:
        data = b""
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._pipe, _READ)
            self._open = bool(data)
        room = KEPT - len(self._first)
        self._first += data[:room]
        self._last += data[room:]
        surplus = len(self._last) - KEPT
        if surplus > 0:
            del self._last[:surplus]
            self._dropped += surplus
