"""pytest-xdist: a run can be submitted to once, so all cells that share a run are one worker's work."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]
from xdist.workermanage import WorkerController  # type: ignore[import-untyped]

from conformance.contract.scenarios import BY_ID
from conformance.targets.interruption import INTERRUPTED, finishing, hurried

#: Seconds in which workers that are interrupted may remove what they created and report; their requests end before.
_ENDING = 60.0

#: Seconds between two looks at them.
_LOOK = 0.05


class ByScenario(LoadScopeScheduling):  # type: ignore[misc] # pytest-xdist has no types
    """Cells of one scenario, and of scenarios that share a run, go to one worker together."""

    def _split_scope(self, nodeid: str) -> str:
        scenario = BY_ID.get(nodeid.rpartition("[")[2].partition(":")[0])
        return super()._split_scope(nodeid) if scenario is None else scenario.shares or scenario.id


class Workers:
    """The hooks of pytest-xdist's controller."""

    def __init__(self) -> None:
        #: Those whose report was not taken yet.
        self._nodes: list[WorkerController] = []

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: object) -> ByScenario | None:
        """Schedule by scenario, unless another distribution was asked for."""
        return ByScenario(config, log) if config.getvalue("dist") == "load" else None

    def pytest_testnodeready(self, node: WorkerController) -> None:
        """Remember a worker that has begun."""
        self._nodes.append(node)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End the workers of an interrupted run as a run ends: pytest-xdist would let them go on, and kill them."""
        interrupted = session.config.pluginmanager.get_plugin("conformance.session").interrupted
        if interrupted is None:
            return
        with finishing():
            _end(self._nodes, asked=interrupted == INTERRUPTED and _is_in_foreground())
        for node in [*self._nodes]:
            self.pytest_testnodedown(node)

    def pytest_testnodedown(self, node: WorkerController) -> None:
        """Take the report of a worker that has finished; of one that was interrupted pytest-xdist says so twice."""
        if node not in self._nodes:
            return
        self._nodes.remove(node)
        packed = getattr(node, "workeroutput", {}).get("conformance_report")
        if packed is not None:
            suite = node.config.pluginmanager.get_plugin("conformance.session")
            report, stops = pickle.loads(packed)  # noqa: S301 - our own worker packed it
            suite.parts.append(report)
            suite.stops += stops


def _end(nodes: Sequence[WorkerController], *, asked: bool) -> None:
    """Interrupt workers, unless they were `asked` already, and wait until they have reported or can no longer."""
    signals = int(asked)
    until = time.monotonic() + _ENDING
    while time.monotonic() < until and (left := [*_under_way(nodes)]):
        if signals < 1 + hurried():  # whoever has no more time for us has none for them
            signals += 1
            for node in left:
                _interrupt(node)
        time.sleep(_LOOK)


def _under_way(nodes: Sequence[WorkerController]) -> Iterator[WorkerController]:
    """Those that have not reported, and of which nobody knows that they have died."""
    for node in nodes:
        process = _process(node)
        if not hasattr(node, "workeroutput") and (process is None or process.poll() is None):
            yield node


def _interrupt(node: WorkerController) -> None:
    process = _process(node)
    if process is not None and sys.platform != "win32":  # where a signal would end it at once
        process.send_signal(signal.SIGTERM)


def _process(node: WorkerController) -> subprocess.Popen[bytes] | None:
    """The process of a worker, which execnet does not tell; None for one on another machine."""
    return getattr(getattr(node.gateway, "_io", None), "popen", None)


def _is_in_foreground() -> bool:
    """Whether this is what a terminal interrupts, which interrupts the workers as well."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)
