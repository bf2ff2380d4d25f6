"""What people wait for: a command from its start to its end, beside what pytest takes for nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from conformance.tests.bench.measured import Measured, medians
from conformance.tests.bench.streams import deltas

_CONFORMANCE = (sys.executable, "-m", "conformance")
_PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
_CHECKOUT = Path(__file__).parents[3]
_EMPTY = "import pytest\n@pytest.mark.parametrize('n', range({}))\ndef test_nothing(n):\n    pass\n"


def small_file() -> Measured:
    with TemporaryDirectory() as folder:
        file, test = Path(folder, "small.sse"), Path(folder, "test_empty.py")
        recorded = deltas(100)
        file.write_bytes(recorded.body)
        file.with_suffix(".request.json").write_bytes(recorded.request)
        test.write_text(_EMPTY.format(1))
        ours, bare = medians(_wall(*_CONFORMANCE, "judge", str(file)), _wall(*_PYTEST, str(test)), times=9)
    basis = f"{ours * 1e3:.0f} / {bare * 1e3:.0f} ms"
    return Measured("judge one small file / bare pytest", ours / bare, 1.35, basis)


def suite_cell() -> Measured:
    """The suite on the built-in mock beside as many empty tests; waiting that the scenarios ask for is not counted."""
    suite = (*_PYTEST, "conformance/suite")
    cells = sum(map(int, re.findall(r"(\d+) (?:passed|skipped)", _output(*suite).splitlines()[-1])))
    with TemporaryDirectory() as folder:
        test = Path(folder, "test_empty.py")
        test.write_text(_EMPTY.format(cells))
        ours, empty = medians(_cpu(*suite), _cpu(*_PYTEST, str(test)))
    basis = f"{ours / cells * 1e3:.2f} / {empty / cells * 1e3:.2f} ms, {cells} cells"
    return Measured("a cell of the suite / an empty test", ours / empty, 1.5, basis)


def server() -> Measured:
    (seconds,) = medians(_wall(*_CONFORMANCE, "server"))
    return Measured("server on the built-in mock, seconds", seconds, 5.0, "all scenarios")


def _wall(*command: str) -> Callable[[], float]:
    def run() -> float:
        began = perf_counter()
        _output(*command)
        return perf_counter() - began

    return run


def _cpu(*command: str) -> Callable[[], float]:
    """Seconds of processor time of a command and what it starts."""
    import resource

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    def run() -> float:
        before = used()
        _output(*command)
        return used() - before

    return run


def _output(*command: str) -> str:
    return subprocess.run(command, cwd=_CHECKOUT, capture_output=True, text=True, check=False).stdout


MEASUREMENTS = (small_file, suite_cell, server)
