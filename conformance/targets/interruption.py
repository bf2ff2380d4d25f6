"""How a run is ended from outside: by Ctrl-C, or by the signals with which terminals, CI and service managers end jobs.

The first signal raises `KeyboardInterrupt` where the program is, but for what must not be torn apart (`shielded`).
What follows it (ending children, removing what was created, writing the report) is not interrupted by the second, which
says that nothing more is to be waited for (`hurried`) and raises only where a request can be given up (`breakable`).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

#: Why a run was ended by whoever started it, where the interrupt itself does not say.
INTERRUPTED = "interrupted from the keyboard"

#: Signal -> why a run ended that got it. Windows has no hang-up and no quit.
REASONS: Mapping[int, str] = MappingProxyType(
    {signal.SIGINT: INTERRUPTED}
    | {
        number: f"interrupted by {name}"
        for name in ("SIGTERM", "SIGHUP", "SIGQUIT")
        if (number := getattr(signal, name, None)) is not None
    }
)

#: The signal that raises nothing: what it hurries is over in a moment. Whoever asks once more gets out of anything.
_NOTED = 2


@dataclass(slots=True, eq=False)
class _Interruption:
    """What has come so far. Signals arrive in the main thread, which alone changes it."""

    count: int = 0
    #: Nothing more is to be waited for.
    hurried: bool = False
    #: Why, where it came while it had to wait.
    pending: str | None = None
    shields: int = 0
    finishing: int = 0
    breakable: int = 0

    def heard(self, number: int, _frame: object) -> None:
        """A signal has come."""
        self.count += 1
        self.hurried = self.hurried or self.finishing > 0 or self.count > 1
        if self.finishing:
            if self.breakable:
                raise KeyboardInterrupt(REASONS[number])
        elif self.shields:
            self.pending = REASONS[number]
        elif self.count != _NOTED:
            raise KeyboardInterrupt(REASONS[number])


#: Those of the blocks that are open, the innermost last.
_open = [_Interruption()]


@contextmanager
def interrupting() -> Iterator[None]:
    """Let the signals of `REASONS` interrupt what is done meanwhile, apart from those that this process ignores.

    Outside the main thread, where no signal arrives, and within another such block this does nothing.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) == _open[-1].heard:
        yield
        return
    state = _Interruption()
    _open.append(state)
    # What is started by `nohup`, or by a shell in the background, is to ignore a signal that would end it.
    taken = [number for number in REASONS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, state.heard) for number in taken}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _open.remove(state)


def hurried() -> bool:
    """Whether it was asked twice: whatever can be given up is."""
    return _open[-1].hurried


@contextmanager
def shielded() -> Iterator[None]:
    """Around what must not be torn apart, and is short: an interruption raises once it is over."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    state = _open[-1]
    state.shields += 1
    try:
        yield
    finally:
        state.shields -= 1
        if state.pending is not None and not state.shields:
            reason, state.pending = state.pending, None
            raise KeyboardInterrupt(reason)


@contextmanager
def finishing() -> Iterator[None]:
    """Around the removal of what was created: an interruption hurries it, and what is left of it is known after it."""
    with _counted("finishing"):
        yield


@contextmanager
def breakable() -> Iterator[None]:
    """Around a wait in such a removal that an interruption ends by raising."""
    with _counted("breakable"):
        yield


@contextmanager
def _counted(field: str) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    state = _open[-1]
    setattr(state, field, getattr(state, field) + 1)
    try:
        yield
    finally:
        setattr(state, field, getattr(state, field) - 1)
