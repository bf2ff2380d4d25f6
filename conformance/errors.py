"""One exception for each step of a run; read downwards they tell its story.

ConformanceError                    a message for people, what to do about it, the exit code
├── UsageError              4       the words on the command line are off, or contradict each other
├── UnreadableInput         4       a file, folder or standard input that cannot be read as what it should be
│   └── DamagedCassette     4       a cassette that is truncated, altered or unsafe
├── UnreachableTarget       5       nothing answers where the target should be
├── NotThisApi              5       something answers, but offers none of this API
├── BudgetReached           2       --max-requests was reached, or the run was interrupted
└── OwnError                3       a slip of ours: never the target's fault
"""

from __future__ import annotations

#: Set in the environment, it lets a slip of ours end in a traceback.
DEBUG = "CONFORMANCE_DEBUG"


class ConformanceError(Exception):
    """What happened, where, and what to do; never shown as a traceback."""

    exit_code = 3

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        #: What happened and where.
        self.message = message
        #: What to do about it.
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n  {self.hint}"


class UsageError(ConformanceError):
    """The command line is off or contradicts itself."""

    exit_code = 4


class UnreadableInput(ConformanceError):
    """An input cannot be read as what it should be."""

    exit_code = 4


class DamagedCassette(UnreadableInput):
    """A cassette is truncated, altered or holds what must not be in one."""


class UnreachableTarget(ConformanceError):
    """Nothing answers at the base URL."""

    exit_code = 5


class NotThisApi(ConformanceError):
    """The target answers, but offers nothing of this API."""

    exit_code = 5


class BudgetReached(ConformanceError):
    """The request budget was reached or the run was interrupted before its end."""

    exit_code = 2


class OwnError(ConformanceError):
    """A slip of ours; it never counts against the target."""

    exit_code = 3

    @classmethod
    def from_slip(cls, slip: BaseException, place: str | None = None) -> OwnError:
        """What nobody expected, told with what shows where it happened; `place` is what was worked on."""
        hint = f"This is a slip of ours. With {DEBUG}=1 it shows where; please report that."
        return cls(f"{'' if place is None else f'{place}: '}{type(slip).__name__}: {slip}", hint)
