"""pytest-xdist: a run can be submitted to once, so all cells that share a run are one worker's work."""

from __future__ import annotations

import pickle

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]
from xdist.workermanage import WorkerController  # type: ignore[import-untyped]

from conformance.contract.scenarios import BY_ID


class ByScenario(LoadScopeScheduling):  # type: ignore[misc] # pytest-xdist has no types
    """Cells of one scenario, and of scenarios that share a run, go to one worker together."""

    def _split_scope(self, nodeid: str) -> str:
        scenario = BY_ID.get(nodeid.rpartition("[")[2].partition(":")[0])
        return super()._split_scope(nodeid) if scenario is None else scenario.shares or scenario.id


class Workers:
    """The hooks of pytest-xdist's controller."""

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: object) -> ByScenario | None:
        """Schedule by scenario, unless another distribution was asked for."""
        return ByScenario(config, log) if config.getvalue("dist") == "load" else None

    def pytest_testnodedown(self, node: WorkerController) -> None:
        """Take the report of a worker that has finished."""
        packed = getattr(node, "workeroutput", {}).get("conformance_report")
        if packed is not None:
            suite = node.config.pluginmanager.get_plugin("conformance.session")
            report, stops = pickle.loads(packed)  # noqa: S301 - our own worker packed it
            suite.parts.append(report)
            suite.stops += stops
