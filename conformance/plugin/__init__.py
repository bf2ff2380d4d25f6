"""The suite as a pytest plugin: every planned cell of scenario and requirement is one test.

In sessions that neither collect `conformance.suite` nor name one of our options it does nothing: two hooks, of which
one adds the options and the other looks at the arguments once, and a fixture for the tests of clients, which loads
nothing before it is asked for. Everything else is in `session.py`, which only a
session of ours loads.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.errors import ConformanceError
from conformance.run import options

if TYPE_CHECKING:
    from conformance.model import Subject

_PREFIX = "conformance-"
_SUITE = Path(__file__).parents[1] / "suite"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options, all of which start with `--conformance-`."""
    group = parser.getgroup("conformance", "conformance of submit_tool_outputs")
    for option in (*options.ALL, *options.CLIENT, *options.FUZZ):
        group.addoption(f"--{_PREFIX}{option.name}", dest=f"conformance_{option.key}", **option.arguments())


def pytest_configure(config: pytest.Config) -> None:
    """Join the sessions that are ours, and no other."""
    said = options.given(vars(config.option), "conformance_")
    shared = {option.key for option in options.VERDICTS}
    if said.keys() <= shared and not any(_reaches_suite(str(argument), config) for argument in config.args):
        return
    from conformance.run import option_conflicts, saving  # noqa: PLC0415 - only for sessions that are ours

    try:
        if not hasattr(config, "workerinput") and not config.option.collectonly:
            saving.prepare(said)
        option_conflicts.check(said)
    except ConformanceError as error:
        raise pytest.UsageError(str(error)) from None
    from conformance.plugin.pytest_session import join  # noqa: PLC0415 - only for sessions that are ours

    join(config, said)


@pytest.fixture
def conformance_client(request: pytest.FixtureRequest) -> Callable[..., Subject]:
    """Judge a client within its own tests: `conformance_client(scenario, use)`; see `client_fixture`."""
    from conformance.plugin.client_fixture import judged  # noqa: PLC0415 - only for tests of clients

    said = options.given(vars(request.config.option), _PREFIX.replace("-", "_"))
    return partial(judged, said, shlex.join(("pytest", request.node.nodeid)))


def _reaches_suite(argument: str, config: pytest.Config) -> bool:
    """Whether collecting an argument comes to the suite; a checkout does from its root, an environment never."""
    name = argument.partition("::")[0]
    if config.option.pyargs and f"{name}.".startswith("conformance.suite."):
        return True
    path = (config.invocation_params.dir / name).resolve()
    if path == _SUITE or _SUITE in path.parents:
        return True
    return path in _SUITE.parents and "site-packages" not in _SUITE.relative_to(path).parts
