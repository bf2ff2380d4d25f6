"""Somebody's command that is the gateway: started, waited for until it listens, ended with all its children."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from conformance.errors import UnreachableTarget, UsageError
from conformance.targets.process import ProcessTree
from conformance.targets.program_environment import environment
from conformance.wire.secret import without_secrets

#: Tell the command where the upstream is: as the base URL of the API, and as host and port.
URL, HOST = "CONFORMANCE_UPSTREAM_URL", "CONFORMANCE_UPSTREAM_HOST"

#: Seconds in which a gateway listens once it was started: some load a model of the world first.
PATIENCE = 60.0

#: Seconds for one look whether it listens.
_KNOCK = 1.0

#: Characters of what it printed that are told where it ended.
_SAID = 2_000


class GatewayCommand:
    """A command that runs from its construction until `close`. Raises UsageError where it cannot be the gateway there.

    `base_url` is where it is going to listen, `upstream` the base URL that it is told to pass on to.
    """

    def __init__(self, command: Sequence[str], base_url: str, upstream: str) -> None:
        if shutil.which(command[0]) is None:
            raise UsageError(f"there is no command {command[0]!r}", "Name a program of PATH, or give its path.")
        self._address = _address(base_url)
        if _listens(self._address):
            raise UsageError(
                f"something listens on {base_url} before the gateway was started",
                "Choose another port, or leave the command out to judge what is there; then --listen says where its "
                "upstream is to be.",
            )
        self._command = tuple(command)
        self._base_url = base_url
        variables = {URL: upstream, HOST: urlsplit(upstream).netloc}
        try:
            self._process = ProcessTree(command, environment(os.environ, variables))
        except OSError as problem:
            raise UsageError(f"{command[0]} cannot be run: {problem.strerror}", "Is it executable?") from None

    def wait(self) -> None:
        """Return once it listens. Raises UnreachableTarget where it ends before, or never does."""
        if self._process.wait(PATIENCE, lambda: _listens(self._address)):
            raise UnreachableTarget(f"the gateway ended before it listened: {self._ending()}", self._hint())
        if not _listens(self._address):
            raise UnreachableTarget(f"the gateway does not listen on {self._base_url}", self._hint())

    def close(self) -> None:
        """End it, and all that it started."""
        self._process.end()

    def _ending(self) -> str:
        said = without_secrets(self._process.output.decode("utf-8", "replace").strip()[-_SAID:])
        return f"exit code {self._process.exit_code}" + (f", saying: {said}" if said else "")

    def _hint(self) -> str:
        return f"Run it by itself to see what it says: {URL}=http://127.0.0.1:9/v1 {shlex.join(self._command)}"


def _address(base_url: str) -> tuple[str, int]:
    parts = urlsplit(base_url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _listens(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, _KNOCK).close()
    except OSError:
        return False
    return True
