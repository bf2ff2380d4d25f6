"""A command that somebody named: started in a process group of its own, and ended with everything it started."""

from __future__ import annotations

import atexit
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from conformance.targets.descendants import MARK, Descendants, signal_all, signal_group
from conformance.targets.interruption import hurried, shielded

#: Bytes of output that are kept from its beginning, and as many from its end: a traceback comes last, and what led
#: to it first.
KEPT = 128 * 1024

#: Seconds in which processes that were asked to end may do so before they are killed.
GRACE = 1.0

#: Seconds after which it is looked whether the command has ended, where its output does not show it.
_LOOK = 0.02

#: Rounds in which what a command started is killed. Killed processes start nothing more, so that the second finds what
#: was started during the first; a command that forks faster than that for so long is left with what it has then.
_ROUNDS = 50

_READ = 64 * 1024

#: Reads after which what is left in the pipe is let go: a pipe holds one, where nobody fills it any more.
_LEFT = 16


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended. `exit_code` is negative for a signal, None where it had to be ended."""

    exit_code: int | None
    seconds: float
    output: bytes


class ProcessTree:
    """A command and everything it starts, from its construction until `end`; usable in a with statement.

    It runs without a shell and without input; its output is read all the time, and its beginning and end are kept.
    `grace` are the seconds it has to end once it was asked to, `GRACE` if not said; `heard` gets what it prints, as it
    comes, in a thread of its own. With `answers` it has an input, for `tell`, and what it prints on standard output is
    handed to `answers`, which returns what of it is kept as output. Raises OSError where it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        grace: float | None = None,
        heard: Callable[[bytes], object] = lambda _: None,
        answers: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self.began = time.monotonic()
        self._heard = heard
        self._answers = answers
        self._grace = GRACE if grace is None else grace
        self._process: subprocess.Popen[bytes] | None = None
        self._output: _Output | None = None
        self._descendants = Descendants()
        self._ending = threading.Lock()
        self._ended = False
        atexit.register(self.end)
        try:
            with shielded():
                self._start(command, environment)
        except BaseException:
            self.end()
            raise

    def _start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._descendants.begin()
        alone = self._answers is None
        self._process = subprocess.Popen(  # noqa: S603 - running the command is what it was given for
            list(command),
            env={**environment, MARK: self._descendants.mark},
            stdin=subprocess.DEVNULL if alone else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if alone else subprocess.PIPE,
            start_new_session=True,
        )
        self._descendants.root = self._process.pid
        pipes = [pipe for pipe in (self._process.stderr, self._process.stdout) if pipe is not None]
        kept: dict[int, Callable[[bytes], bytes]] = {pipe.fileno(): self._kept for pipe in pipes}
        if self._answers is not None and self._process.stdout is not None:
            kept[self._process.stdout.fileno()] = self._answers
        self._output = _Output(kept)

    def _kept(self, data: bytes) -> bytes:
        """Hand on what was printed, and keep all of it."""
        if data:
            self._heard(data)
        return data

    def tell(self, line: bytes) -> None:
        """Write to its input; what it no longer reads is lost. For lines that a pipe holds, 64 KiB."""
        assert self._process is not None and self._process.stdin is not None  # noqa: S101 - it has an input
        with suppress(OSError):
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def catch_up(self) -> None:
        """Take in what it has printed until now."""
        if self._output is not None:
            self._output.catch_up()

    def close_input(self) -> None:
        """Let it see the end of its input."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    @property
    def exit_code(self) -> int | None:
        """How the command ended, negative for a signal; None while it runs."""
        return None if self._process is None else self._process.poll()

    @property
    def output(self) -> bytes:
        """What it has printed so far, or both ends of it with a line between them that says how much is missing."""
        return b"" if self._output is None else self._output.kept()

    def take_output(self) -> bytes:
        """The same, once: what is printed from now on is kept as if nothing had been printed before."""
        return b"" if self._output is None else self._output.taken()

    def wait(self, seconds: float, enough: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the command has ended by itself, or for at most `seconds`, or until there is `enough` of it.

        True where it has ended. A server is waited for so: `enough` says whether it answers.
        """
        until = time.monotonic() + seconds
        while self.exit_code is None:
            if time.monotonic() >= until or enough():
                return False
            assert self._process is not None and self._output is not None  # noqa: S101 - it was started
            if self._output.silent.wait(_LOOK):
                # Whoever has closed its output mostly ends now, and is not kept waiting.
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(_LOOK)
        return True

    def end(self) -> None:
        """End the command and everything it started; does nothing the second time."""
        with shielded(), self._ending:
            atexit.unregister(self.end)
            if self._process is not None and not self._ended:
                self._ask_to_end(self._process)
                self._kill(self._process)
            self._ended = True
            self._descendants.end()

    def _ask_to_end(self, process: subprocess.Popen[bytes]) -> None:
        """Let those of its process group end by themselves; what left it serves on its own and need not be asked."""
        if not self._busy(process):
            return
        signal_group(process.pid, signal.SIGTERM)
        until = time.monotonic() + self._grace
        while time.monotonic() < until and not hurried() and self._busy(process):
            time.sleep(_LOOK)

    def _busy(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether anybody of the process group lives."""
        return process.poll() is None or self._descendants.in_group()

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        for _ in range(_ROUNDS):
            left = self._descendants.members()
            signal_group(process.pid, signal.SIGKILL)
            signal_all(left, signal.SIGKILL)
            if all(each.dead for each in left):
                break
            time.sleep(_LOOK)
        process.wait()
        if self._output is not None:
            self._output.close()
        self.close_input()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    limit: float,
    enough: Callable[[], bool],
    *,
    grace: float | None = None,
) -> Finished:
    """Run a command for at most `limit` seconds or until there is `enough` of it.

    Whatever it started has ended when this returns. Raises OSError where it cannot be started.
    """
    with ProcessTree(command, environment, grace=grace) as tree:
        ended = tree.wait(limit, enough)
    return Finished(tree.exit_code if ended else None, time.monotonic() - tree.began, tree.output)


class _Output:
    """What comes out of pipes, read in a thread: its beginning, its end, and how much there was between them.

    Each pipe comes with a function that returns what of a piece is kept.
    """

    def __init__(self, pipes: Mapping[int, Callable[[bytes], bytes]]) -> None:
        for pipe in pipes:
            os.set_blocking(pipe, False)
        self._pipes = dict(pipes)
        self._stop, self._stopping = os.pipe()
        self._first = bytearray()
        self._last = bytearray()
        self._dropped = 0
        self._keeping = threading.Lock()
        #: Held from reading a piece to its being kept, so that pieces are kept in order whoever reads.
        self._reading = threading.Lock()
        #: Set once nothing more can come.
        self.silent = threading.Event()
        self._thread = threading.Thread(target=self._read, name="conformance-output", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        poll = select.poll()
        for pipe in (*self._pipes, self._stop):
            poll.register(pipe, select.POLLIN)
        left = None
        open_pipes = dict(self._pipes)
        while left != 0 and open_pipes:
            ready = dict(poll.poll())
            if self._stop in ready:
                # Once all have ended a pipe holds what it held; a child that nobody could end may write for ever.
                left = _LEFT if left is None else left - 1
            speaking = [pipe for pipe in open_pipes if pipe in ready]
            if not speaking:
                break
            for pipe in speaking:
                if self._read_from(pipe) == b"":
                    poll.unregister(pipe)
                    del open_pipes[pipe]
        self.silent.set()

    def _read_from(self, pipe: int) -> bytes | None:
        """Read what a pipe holds and keep it; None where it holds nothing now, nothing where nothing more will come."""
        with self._reading:
            try:
                data = os.read(pipe, _READ)
            except BlockingIOError:
                return None
            self._keep(self._pipes[pipe](data))
            return data

    def catch_up(self) -> None:
        """Read what the pipes hold now; of one that somebody fills all the time, as much as a pipe may hold at most."""
        for pipe in self._pipes:
            for _ in range(_LEFT):
                if not self._read_from(pipe):
                    break

    def _keep(self, data: bytes) -> None:
        with self._keeping:
            room = KEPT - len(self._first)
            self._first += data[:room]
            self._last += data[room:]
            surplus = len(self._last) - KEPT
            if surplus > 0:
                del self._last[:surplus]
                self._dropped += surplus

    def kept(self) -> bytes:
        """The output, or its two ends with a line between them that says how much is missing."""
        with self._keeping:
            gap = b"\n[... %d bytes of output are not kept ...]\n" % self._dropped if self._dropped else b""
            return bytes(self._first) + gap + bytes(self._last)

    def taken(self) -> bytes:
        """The same, and nothing of it is kept any longer."""
        kept = self.kept()
        with self._keeping:
            self._first, self._last, self._dropped = bytearray(), bytearray(), 0
        return kept

    def close(self) -> None:
        """Read what has come, and no more."""
        os.close(self._stopping)
        self._thread.join()
        os.close(self._stop)
