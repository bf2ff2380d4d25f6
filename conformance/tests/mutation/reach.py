"""Which lines of what judges each case and each test runs, and what each test asks of the judge: found out once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple

from conformance.model import Role, Subject, Transcript
from conformance.tests.mutation.deciding import ROOT, TESTS, Case, Judged, failing

if TYPE_CHECKING:
    from _typeshed import TraceFunction

#: Rooms and modules that are mutated.
JUDGING = ("conformance/walk", "conformance/checks", "conformance/verdict/judge.py", "conformance/verdict/blame.py",
           "conformance/contract/lifecycle.py")  # fmt: skip

_FILES = tuple(str(ROOT / name) for name in JUDGING)

#: Lines by file and number.
Lines = frozenset[tuple[str, int]]


class Test(NamedTuple):
    """A test: the lines it runs, and what it asked of the judge."""

    name: str
    lines: Lines
    asked: tuple[Judged, ...]


class Reach(NamedTuple):
    """What runs which lines."""

    cases: tuple[tuple[Case, Lines], ...]
    tests: tuple[Test, ...]
    #: What runs once for all.
    imported: Lines


def reached(cases: Sequence[Case]) -> Reach:
    """Judge every case and run every test unmutated.

    Raises RuntimeError where one comes out otherwise than it must: it would decide nothing.
    """
    with _Followed() as imported:
        from conformance.verdict import judge as module
    rows = []
    for case in cases:
        with _Followed() as lines:
            wrong = case.differs()
        if wrong:
            raise RuntimeError(f"told wrongly without any mutant: {case.name}")
        rows.append((case, lines.seen()))
    heard = _Heard()
    asked, judge = heard.asked, module.judge

    def listening(transcript: Transcript, *, role: Role | None = None) -> Subject:
        subject = judge(transcript, role=role)
        asked.append(Judged(transcript, role, subject))
        return subject

    module.judge = listening
    failed = failing(TESTS, heard)
    if failed is not None:
        raise RuntimeError(f"fails without any mutant: {failed}")
    return Reach(tuple(rows), tuple(heard.tests), imported.seen())


class _Followed:
    """Notes the lines of what judges that are run inside a `with`."""

    def __init__(self) -> None:
        self._lines: set[tuple[str, int]] = set()

    def seen(self) -> Lines:
        return frozenset(self._lines)

    def __enter__(self) -> _Followed:
        sys.settrace(self._entered)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _entered(self, frame: FrameType, _event: str, _argument: object) -> TraceFunction | None:
        return self._ran if frame.f_code.co_filename.startswith(_FILES) else None

    def _ran(self, frame: FrameType, event: str, _argument: object) -> TraceFunction:
        if event == "line":
            self._lines.add((frame.f_code.co_filename, frame.f_lineno))
        return self._ran


class _Heard:
    """A plugin of pytest: what each test runs and asks."""

    def __init__(self) -> None:
        self.asked: list[Judged] = []
        self.tests: list[Test] = []
        self._followed = _Followed()

    def pytest_runtest_logstart(self) -> None:
        self.asked.clear()
        self._followed = _Followed().__enter__()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._followed.__exit__()
        self.tests.append(Test(nodeid, self._followed.seen(), tuple(self.asked)))
