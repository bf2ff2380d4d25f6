"""What people wait for: a command from its start to its end, beside what pytest takes for nothing."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from types import MappingProxyType

from conformance.tests.bench.measured import Measured, medians
from conformance.tests.bench.streams import deltas

_CONFORMANCE = (sys.executable, "-m", "conformance")
_PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
_CHECKOUT = Path(__file__).parents[3]
#: Exit codes of what judged everything it could: some of it may have been untestable.
_ENDED = (0, 2)
_ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
_EMPTY = "import pytest\n@pytest.mark.parametrize('n', range({}))\ndef test_nothing(n):\n    pass\n"


def small_file() -> Measured:
    with TemporaryDirectory() as folder:
        file, test = Path(folder, "small.sse"), Path(folder, "test_empty.py")
        recorded = deltas(100)
        file.write_bytes(recorded.body)
        file.with_suffix(".request.json").write_bytes(recorded.request)
        test.write_text(_EMPTY.format(1))
        ours, bare = medians(_wall(*_CONFORMANCE, "judge", str(file)), _wall(*_PYTEST, str(test), bare=True), times=9)
    basis = f"{ours * 1e3:.0f} / {bare * 1e3:.0f} ms"
    return Measured("judge one small file / bare pytest", ours / bare, 1.35, basis)


def suite_cell() -> Measured:
    """What one more cell of the suite on the built-in mock takes, beside one more empty test.

    A scenario is exchanged once however many cells look at it. The cells of `test_joined.py`, one a scenario, make
    every exchange: whatever the whole suite takes beyond them is the cells' own.
    """
    suite, exchanged = (*_PYTEST, "conformance/suite"), (*_PYTEST, "conformance/suite/test_joined.py")
    more = _cells(suite) - _cells(exchanged)
    with TemporaryDirectory() as folder:
        settings = ("-c", str(_CHECKOUT / "pyproject.toml"), "--rootdir", folder)
        empty = [(*_PYTEST, *settings, str(_empty(folder, count))) for count in (more, 1)]
        all_, exchanges, many, one = medians(*(_cpu(*command) for command in (suite, exchanged, *empty)))
    ours, theirs = (all_ - exchanges) / more, (many - one) / (more - 1)
    basis = f"{ours * 1e3:.2f} / {theirs * 1e3:.2f} ms, {more} cells"
    return Measured("a cell of the suite / an empty test", ours / theirs, 1.5, basis)


def _cells(command: tuple[str, ...]) -> int:
    return sum(map(int, re.findall(r"(\d+) (?:passed|skipped)", _output(*command).splitlines()[-1])))


def _empty(folder: str, count: int) -> Path:
    test = Path(folder, f"test_empty_{count}.py")
    test.write_text(_EMPTY.format(count))
    return test


def server() -> Measured:
    (seconds,) = medians(_wall(*_CONFORMANCE, "server"))
    return Measured("server on the built-in mock, seconds", seconds, 5.0, "all scenarios")


def server_processor() -> Measured:
    """What the whole built-in mock over sockets takes of the processor, beside a pytest with one trivial test."""
    with TemporaryDirectory() as folder:
        ours, bare = medians(_cpu(*_CONFORMANCE, "server"), _cpu(*_PYTEST, str(_empty(folder, 1)), bare=True), times=3)
    basis = f"{ours:.2f} / {bare:.2f} s of the processor"
    return Measured("server on the built-in mock / bare pytest", ours / bare, 8.0, basis)


def _wall(*command: str, bare: bool = False) -> Callable[[], float]:
    """Seconds from the start of a command to its end; a `bare` pytest loads no plugins that happen to be installed."""

    def run() -> float:
        began = perf_counter()
        _output(*command, environment=_ALONE if bare else {})
        return perf_counter() - began

    return run


def _cpu(*command: str, bare: bool = False) -> Callable[[], float]:
    """Seconds of processor time of a command and what it starts; `bare` as for `_wall`."""

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    def run() -> float:
        before = used()
        _output(*command, environment=_ALONE if bare else {})
        return used() - before

    return run


def _output(*command: str, environment: Mapping[str, str] = MappingProxyType({})) -> str:
    """What a command printed. Raises where it did not come to its own end: then its time says nothing."""
    done = subprocess.run(
        command, cwd=_CHECKOUT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode not in _ENDED:
        raise RuntimeError(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return done.stdout


MEASUREMENTS = (small_file, suite_cell, server, server_processor)
