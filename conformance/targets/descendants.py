"""Everything that a command has started, also what left its process group or outlived its parent.

On Linux, orphans of a command become children of this process (a "subreaper", prctl(2)), so that a look into /proc
finds them. They are known as the command's by their parents, their session, a mark in their environment, or, where no
other command is running, by having come since. Elsewhere a command is its process group.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import ClassVar, NamedTuple

#: The variable of the environment that marks what a command started.
MARK = "_CONFORMANCE_COMMAND"

#: Numbers of prctl(2), from linux/prctl.h.
_SET_SUBREAPER, _GET_SUBREAPER = 36, 37

_PROC = Path("/proc")


class Process(NamedTuple):
    """A line of the process table."""

    pid: int
    parent: int
    group: int
    session: int
    #: It has ended, and its parent has not asked how.
    dead: bool


class Descendants:
    """What one command has started, from `begin` to `end`; nothing is found where there is no /proc to look into."""

    _lock = Lock()
    #: Those of the commands that are running.
    _running: ClassVar[set[Descendants]] = set()
    #: Whether orphans came to this process before the first of them was started, and which children it had.
    _before: ClassVar[tuple[int, frozenset[int]]] = (0, frozenset())

    def __init__(self) -> None:
        self.mark = os.urandom(16).hex()
        #: The process id of the command, once it was started.
        self.root = 0
        #: Those that were found: one that has ended has no environment any more.
        self._found: frozenset[int] = frozenset()

    def begin(self) -> None:
        """Before the command is started: its orphans are to come to this process."""
        with self._lock:
            if not self._running:
                type(self)._before = _subreaper(), frozenset(_children(table()))
                _set_subreaper(1)
            self._running.add(self)

    def members(self) -> tuple[Process, ...]:
        """Every process of the command, but for itself."""
        with self._lock:
            alone, before = self._running == {self}, self._before[1]
            roots = {other.root for other in self._running}
        found = tuple(self._among(table(), roots, before if alone else None))
        self._found |= {process.pid for process in found}
        return found

    def _among(
        self, processes: Mapping[int, Process], roots: Collection[int], before: Collection[int] | None
    ) -> Iterator[Process]:
        """The processes of a command. `before` are the children that were there first; None: orphans may be others'."""
        us, session = os.getpid(), os.getsid(0)

        def theirs(process: Process) -> bool:
            if self.root in (process.group, process.session):
                return True
            if process.parent != us or process.session == session or process.pid in roots:
                return False
            came_since = before is not None and process.pid not in before
            return came_since or process.pid in self._found or _is_marked(process.pid, self.mark)

        found = {self.root}
        for process in processes.values():
            line: list[int] = []
            each: Process | None = process
            while each is not None and each.pid not in (*line, *found, us) and not theirs(each):
                line.append(each.pid)
                each = processes.get(each.parent)
            if each is not None and each.pid not in line and each.pid != us:
                found.update(line, [each.pid])
        return (processes[pid] for pid in found - {self.root} if pid in processes)

    def in_group(self) -> bool:
        """Whether anybody lives in the process group of the command; those of it that have ended are forgotten."""
        if sys.platform != "linux":
            return signal_group(self.root, 0)
        group = [process for process in self.members() if process.group == self.root]
        signal_all([process for process in group if process.dead], 0)
        return not all(process.dead for process in group)

    def end(self) -> None:
        """After the command and everything it started has ended."""
        with self._lock:
            self._running.discard(self)
            if not self._running:
                _set_subreaper(self._before[0])


def signal_all(processes: Collection[Process], number: int) -> None:
    """Signal those that live, and ask how those ended that have: a dead child stays until its parent does."""
    for process in processes:
        if process.dead:
            with contextlib.suppress(OSError):  # a parent of its own has it
                os.waitpid(process.pid, os.WNOHANG)
        else:
            with contextlib.suppress(OSError):
                os.kill(process.pid, number)


def table() -> Mapping[int, Process]:
    """All processes by their ids; empty where there is no /proc to look into."""
    if sys.platform != "linux":
        return {}
    found = (_process(folder) for folder in _PROC.iterdir() if folder.name.isdigit())
    return {process.pid: process for process in found if process is not None}


def _process(folder: Path) -> Process | None:
    """One process as proc_pid_stat(5) has it; None where it has gone meanwhile."""
    try:
        fields = (folder / "stat").read_bytes()
    except OSError:
        return None
    # The name of the program stands in brackets, and may itself hold some.
    state, parent, group, session = fields.rpartition(b")")[2].split()[:4]
    return Process(int(folder.name), int(parent), int(group), int(session), state in (b"Z", b"X"))


def _children(processes: Mapping[int, Process]) -> Iterator[int]:
    us = os.getpid()
    return (process.pid for process in processes.values() if process.parent == us)


def _is_marked(pid: int, mark: str) -> bool:
    try:
        return f"{MARK}={mark}".encode() in (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _subreaper() -> int:
    """Whether orphans come to this process; 0 where that cannot be had."""
    if sys.platform != "linux":
        return 0
    import ctypes  # noqa: PLC0415 - only where a command is run

    here = ctypes.c_int(0)
    _prctl(_GET_SUBREAPER, ctypes.byref(here))
    return here.value


def _set_subreaper(number: int) -> None:
    if sys.platform == "linux":
        _prctl(_SET_SUBREAPER, number)


def _prctl(option: int, argument: object) -> None:
    import ctypes  # noqa: PLC0415 - see above

    with contextlib.suppress(OSError, AttributeError):  # no C library that can be asked, so orphans go elsewhere
        ctypes.CDLL(None).prctl(option, argument, 0, 0, 0)


def signal_group(group: int, number: int) -> bool:
    """Signal a process group; whether there was anybody in it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # the latter is what macOS says of a group of zombies
        return False
    return True
