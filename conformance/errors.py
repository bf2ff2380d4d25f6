"""One exception for each step of a run, in the order of its steps.

ConformanceError                    a message for people, what to do about it, the exit code
├── UsageError              4       an invalid command line, or a file that cannot be written
├── UnreadableInput         4       a file, folder or standard input that cannot be read as what it should be
│   └── DamagedCassette     4       a cassette that is truncated, altered or unsafe
├── UnreachableTarget       5       nothing answers where the target should be
├── NotThisApi              5       something answers, but offers none of this API
├── BudgetReached           2       --max-requests was reached, or the run was interrupted
└── OwnError                3       an internal error of the suite: never the target's fault
"""

from __future__ import annotations

from collections.abc import Iterable

#: Set in the environment, it lets an internal error end in a traceback.
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
    """The command line is invalid, or names what cannot be written."""

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
    """An internal error of the suite; it never counts against the target."""

    exit_code = 3

    @classmethod
    def from_slip(cls, slip: BaseException, place: str | None = None) -> OwnError:
        """What nobody expected, and how to see where it happened; `place` is what was worked on."""
        where = "" if place is None else f"{place}: "
        hint = f"Please report it, with the traceback that {DEBUG}=1 shows."
        return cls(f"internal error (please report it): {where}{type(slip).__name__}: {slip}", hint)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A question that names the known words that are nearest, in any case; None where none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - most runs have no error to report

    spelled = {name.lower(): name for name in known}
    near = [spelled[name] for name in get_close_matches(word.lower(), spelled)]
    return f"Did you mean {', '.join(near)}?" if near else None
