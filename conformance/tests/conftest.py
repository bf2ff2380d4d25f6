"""What holds for every test: what hangs is ended, what is started can be interrupted, what is made once is shared."""

from __future__ import annotations

import signal
from collections.abc import Iterable

import pytest

from conformance.tests.pace import limit

#: Seconds that the longest test takes on an idle machine: every command of a page of the documentation, one by one.
LONGEST = 120

#: Files that share what takes long to make: the proof.
PROOF = ("/proof/", "/report/test_exhibits.py")


def pytest_configure() -> None:
    """Let signals through to what tests start.

    A shell starts what runs in the background with SIGINT and SIGQUIT ignored, nohup ignores SIGHUP, and every process
    inherits that from its parent.
    """
    for each, otherwise in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGQUIT, signal.SIG_DFL),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(each) is signal.SIG_IGN:
            signal.signal(each, otherwise)


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Give every test the limit for what hangs."""
    for item in items:
        item.add_marker(pytest.mark.timeout(limit(LONGEST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Give a file to one worker, and all of the proof too: others would make the same once more."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class ByFile(LoadScopeScheduling):  # type: ignore[misc] # pytest-xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "proof" if any(part in file for part in PROOF) else file

    return ByFile(config, log) if config.getvalue("dist") == "load" else None
