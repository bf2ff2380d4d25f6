"""`--conformance-fuzz N`: one test of right bodies and one of wrong ones; without it, none, and nothing loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import pytest

from conformance.errors import OwnError
from conformance.report.plain import safe
from conformance.run import options
from conformance.run.plan import Target

if TYPE_CHECKING:
    from conformance.fuzz.search import Search
    from conformance.targets.settings import Settings

#: What the module in the suite is named for.
NAME = "fuzz"

#: The same one each time: whoever fuzzes twice sees the same, and whoever wants other bodies says so.
_SEED = 1

#: One right body for three wrong ones: each of those is accepted and takes a run of its own.
_ONE_IN = 4

#: Names of the properties by which a test says what came of it, also from a worker of pytest-xdist.
_SUMMARY, _WARNING, _STOPPED = "fuzz", "fuzz-warning", "fuzz-stopped"

#: The exit code of a run that did not come to its end.
_INCOMPLETE = 2


class Judging(Protocol):
    """The session's part that knows who is judged."""

    @property
    def target(self) -> Target:
        """Who is judged."""
        ...


class Fuzzing:
    """The hooks of the fuzz tests."""

    def __init__(self, judging: Judging, said: options.Given) -> None:
        self._judging = judging
        self._said = said
        self._told: dict[str, list[str]] = {_SUMMARY: [], _WARNING: [], _STOPPED: []}

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Leave the module out where nothing is to be generated."""
        ours = collection_path.name == f"test_{NAME}.py" and collection_path.parent == _SUITE
        return True if ours and NAME not in self._said else None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make one test for each kind of body."""
        if metafunc.module.__name__ == f"conformance.suite.test_{NAME}":
            shares = _shares(self._said[NAME])
            metafunc.parametrize("search", shares.items(), indirect=True, ids=list(shares))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Fuzz last: it is what a fragile target may not survive."""
        items.sort(key=lambda item: item.path.parent == _SUITE and item.path.stem == f"test_{NAME}")

    def pytest_report_collectionfinish(self) -> list[str]:
        """Say what is going to be sent, and how to send the same again."""
        if NAME not in self._said:
            return []
        said = " + ".join(f"{cases} {mode}" for mode, cases in _shares(self._said[NAME]).items())
        return [f"conformance: fuzz: {said} request bodies, --conformance-fuzz-seed={self._seed}"]

    @pytest.fixture
    def search(self, request: pytest.FixtureRequest) -> Callable[[], None]:
        """Generate, send and judge the bodies of one kind; what is returned says what was found."""
        from conformance.fuzz import expectation, search, summary, waiting_run  # noqa: PLC0415 - costs a second: only here

        mode, cases = request.param
        settings = _settings(self._judging.target)
        run = waiting_run.WaitingRun(settings)
        try:
            came = search.search(run, expectation.Mode(mode), cases, self._seed, strict="strict" in self._said)
        except OwnError as slip:
            pytest.fail(f"internal error (please report it): {slip.message}", pytrace=False)
        except KeyboardInterrupt:  # a test that is interrupted reports nothing by itself
            self._told[_SUMMARY] += _left_behind(run.close())
            raise
        finally:
            left = run.close()
        variable = self._said.get("api_key_env", "API_KEY")
        request.node.user_properties += [
            (_SUMMARY, summary.summary(came)),
            *((_SUMMARY, line) for line in _left_behind(left)),
            *((_WARNING, summary.block(each, came, settings, variable)) for each in came.warnings),
            *([(_STOPPED, came.stopped)] if came.stopped else []),
        ]
        return lambda: _tell(came, [summary.block(each, came, settings, variable) for each in came.failures])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what a fuzz test said of itself."""
        if report.when == "call":
            for name, text in report.user_properties:
                self._told.get(name, []).append(str(text))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many bodies were sent, and what warned."""
        if self._told[_SUMMARY]:
            terminalreporter.section("conformance fuzz")
            terminalreporter.write_line("\n\n".join((*self._told[_WARNING], "\n".join(self._told[_SUMMARY]))))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A search that ended before its time makes the run incomplete."""
        if self._told[_STOPPED] and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = _INCOMPLETE

    @property
    def _seed(self) -> int:
        return cast("int", self._said.get("fuzz_seed", _SEED))


_SUITE = Path(__file__).parents[1] / "suite"


def _shares(cases: int) -> dict[str, int]:
    """How many bodies of each kind."""
    right = max(1, cases // _ONE_IN)
    return {"positive": right, "negative": max(1, cases - right)}


def _left_behind(lines: Iterable[str]) -> list[str]:
    return [f"left behind: {safe(line)}" for line in lines]


def _settings(target: Target) -> Settings:
    from conformance.targets.http import HttpTarget  # noqa: PLC0415 - the target is open, so it is loaded by now

    if not isinstance(target, HttpTarget):
        pytest.skip("not_applicable: bodies are generated for a server that is reached over HTTP")
    return target.settings


def _tell(came: Search, failures: list[str]) -> None:
    from conformance.fuzz import summary  # noqa: PLC0415 - loaded by whoever searched

    if failures:
        pytest.fail("\n\n".join((*failures, summary.summary(came))), pytrace=False)
    if came.stopped is not None:
        pytest.skip(f"untestable: {safe(came.stopped)}")
