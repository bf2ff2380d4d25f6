"""A pytest call of ours, for the command: the suite, in this process, out of reach of anybody's settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import conformance.suite
from conformance.plugin.listener import Door, Listener
from conformance.run import options
from conformance.run.plan import Target

#: Variables that would bring other people's options and plugins into the call.
_FOREIGN = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")

#: Parts of pytest that print, keep or watch what is none of our business here; each costs time at every test.
_SILENT = (
    *("terminal", "cacheprovider", "logging", "doctest", "junitxml", "warnings", "faulthandler"),
    *("unraisableexception", "threadexception", "stepwise", "pastebin", "debugging", "setuponly", "setupplan"),
)


def call(target: Target, said: options.Given, selection: str | None, listener: Listener, *, shows: bool) -> int:
    """Run the suite against an open target, which is closed at the end; returns pytest's own exit code.

    `selection` is an expression of pytest's `-k` over `scenario:requirement`; `shows` says that the report is to show
    departures.
    """
    root = conformance.suite.__path__[0]
    arguments = [
        *("-c", os.devnull, "--rootdir", root, "--disable-plugin-autoload", "-p", "conformance.plugin"),
        *(word for name in _SILENT for word in ("-p", f"no:{name}")),
        *("--assert=plain", "--capture=no", "--noconftest", *options.words(said, "conformance-")),
        *(("-k", selection) if selection else ()),
        root,
    ]
    with _undisturbed():
        return int(pytest.main(arguments, plugins=[Door(listener, target, shows)]))


@contextmanager
def _undisturbed() -> Iterator[None]:
    kept = {name: os.environ.pop(name) for name in _FOREIGN if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)
