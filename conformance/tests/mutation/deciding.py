"""What tells a mutant from the original: transcripts of which it is known what must be said, then tests.

Everything here is made before a check is imported, so that one mutated module can be imported in its place.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from conformance.model import Role, Status, Subject, Transcript

ROOT = Path(__file__).parents[3]

#: Rooms of tests that are asked about what survives the cases; random bytes say only that nothing breaks, slowly.
TESTS = ("conformance/tests/walk", "conformance/tests/checks", "conformance/tests/verdict")
_PASSED_OVER = "conformance/tests/verdict/test_fuzz_judge.py"

#: This process has imported some of what pytest would have rewritten: only the words of failures are poorer.
_IMPORTED = "ignore::pytest.PytestAssertRewriteWarning"

#: Scenarios in which a fault is judged for each requirement it breaks: the same lie is told the same way in most.
_SCENARIOS = 2

#: Legal exchanges drawn, the first of those that the tests draw: every change comes in several of them.
_DRAWN = 120


class Case(NamedTuple):
    """A transcript, and the requirements of which it must be told, as a cause and not as an effect."""

    name: str
    transcript: Transcript
    primary: frozenset[str]
    #: A requirement that must have been looked at and passed.
    passes: str | None = None
    role: Role | None = None

    def differs(self) -> bool:
        """Whether something else is said of it than must be, or a check of ours broke on it."""
        from conformance.verdict.judge import judge

        verdicts = judge(self.transcript, role=self.role).verdicts
        primary = {one.requirement for one in verdicts for found in one.findings if found.primary}
        passed = {one.requirement for one in verdicts if one.status is Status.PASS}
        slipped = any(one.status is Status.ERROR for one in verdicts)
        return primary != self.primary or slipped or (self.passes is not None and self.passes not in passed)


def cases() -> tuple[Case, ...]:
    """Every case, those that decide most first."""
    return (*_examples(), *_clean(), *_faults(), *_legal())


def _examples() -> Iterator[Case]:
    from conformance.contract.examples import examples_of
    from conformance.contract.requirements import REQUIREMENTS

    for name, requirement in REQUIREMENTS.items():
        for example in examples_of(name) or ():
            primary = frozenset[str]() if example.conforming else frozenset({name})
            passes = name if example.conforming else None
            word = "conforms to" if example.conforming else "violates"
            yield Case(f"example that {word} {name}", example.transcript, primary, passes, requirement.role)


def _clean() -> Iterator[Case]:
    from conformance.tests.proof.proving import clean

    yield from (Case(f"clean {one.scenario}", one, frozenset()) for one in clean())


def _faults() -> Iterator[Case]:
    """What the matrix says of a fault in a scenario, built before anything is mutated."""
    from conformance.proof.faults import FAULTS, broken
    from conformance.run.proving import exchanged
    from conformance.tests.proof.proving import matrix, transcript

    for fault in FAULTS.values():
        told = {row.requirement: row.scenarios for row in matrix().rows if row.fault == fault.name}
        shown = {name for names in told.values() for name in names[:_SCENARIOS]}
        wire = (broken(transcript(name), fault) for name in sorted(shown))
        for lie in wire if fault.change else exchanged(fault.name, shown):
            primary = frozenset(requirement for requirement, names in told.items() if lie.scenario in names) - {""}
            yield Case(f"{fault.name} in {lie.scenario}", lie, primary)


def _legal() -> Iterator[Case]:
    from conformance.proof.variations import variations
    from conformance.tests.proof.drawn import seeded

    for varied in variations(_DRAWN, partial(seeded, "variations")):
        yield Case(f"legal exchange {varied.number}", varied.transcript, frozenset())


class Judged(NamedTuple):
    """One question that a test asked of the judge, and the answer it got."""

    transcript: Transcript
    role: Role | None
    subject: Subject

    def differs(self) -> bool:
        """Whether the answer is another one now."""
        from conformance.verdict.judge import judge

        return judge(self.transcript, role=self.role) != self.subject


class _Failed:
    """Keeps the first test that failed."""

    def __init__(self) -> None:
        self.name: str | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.name = self.name or report.nodeid


def failing(names: Sequence[str], *plugins: object) -> str | None:
    """The first test that fails, of those named or of the rooms named; None where all pass."""
    failed = _Failed()
    quiet = ("-x", "-q", "--no-header", "-p", "no:cacheprovider", "-W", _IMPORTED, f"--ignore={_PASSED_OVER}")
    with (ROOT / os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere), chdir(ROOT):
        code = pytest.main([*quiet, f"--rootdir={ROOT}", *names], [failed, *plugins])
    return failed.name or (None if code is pytest.ExitCode.OK else f"pytest: {code}")


def forget_what_judges() -> None:
    """Let the next import of anything that judges be a first one; models, wire and schemas stay as they are."""
    kept = ("model", "errors", "wire", "contract", "tests.mutation")
    for name in [name for name in sys.modules if name.startswith("conformance.")]:
        if not name.removeprefix("conformance.").startswith(kept) or name == "conformance.contract.lifecycle":
            del sys.modules[name]
