"""What holds for every test: what hangs is ended, and what is started can be interrupted."""

from __future__ import annotations

import signal
from collections.abc import Iterable

import pytest

from conformance.tests.pace import limit

#: Seconds that the longest test takes on an idle machine: every command of a page of the documentation, one by one.
LONGEST = 60


def pytest_configure() -> None:
    """Let Ctrl-C through to what tests start.

    A shell starts what runs in the background with SIGINT ignored; every process inherits that from its parent.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Give every test the limit for what hangs."""
    for item in items:
        item.add_marker(pytest.mark.timeout(limit(LONGEST)))
