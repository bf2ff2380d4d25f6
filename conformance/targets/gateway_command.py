"""Somebody's command that is the gateway: started, waited for until it listens, ended with all its children."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from conformance.errors import UnreachableTarget, UsageError
from conformance.targets.drivers import checked, secrets_given, shown
from conformance.targets.program_environment import environment
from conformance.targets.served import STARTING, ServedProgram, wait_for

#: Tell the command where the upstream is: as the base URL of the API, and as host and port.
URL, HOST = "CONFORMANCE_UPSTREAM_URL", "CONFORMANCE_UPSTREAM_HOST"

#: Seconds for one look whether it listens.
_KNOCK = 1.0


class GatewayCommand:
    """A command that runs from `start` until `close`. Raises UsageError where it cannot be the gateway there.

    `base_url` is where it is going to listen, `upstream` the base URL that it is told to pass on to.
    """

    def __init__(self, command: Sequence[str], base_url: str, upstream: str) -> None:
        command = checked(command)
        self._address = _address(base_url)
        self._base_url = base_url
        if self._missing() is None:
            raise UsageError(
                f"something listens on {base_url} before the gateway was started",
                "Choose another port, or leave the command out to judge what is there; then --listen says where its "
                "upstream is to be.",
            )
        #: What it is given, and what its environment holds, that nobody else may see.
        self.secrets = secrets_given(command)
        variables = {URL: upstream, HOST: urlsplit(upstream).netloc}
        self._hint = f"Run it by itself to see what it says: {URL}=http://127.0.0.1:9/v1 {shown(command)}"
        self._program = ServedProgram(
            "the gateway", command, environment(os.environ, variables), hint=self._hint, secrets=self.secrets
        )

    def start(self, patience: float = STARTING) -> None:
        """Return once it listens, for which it has `patience` seconds.

        Raises UnreachableTarget where it cannot be started, ends before, or never does.
        """
        self._program.start()
        if wait_for(self._missing, patience, self._program) is not None:
            raise UnreachableTarget(f"the gateway does not listen on {self._base_url}", self._hint)

    def close(self) -> None:
        """End it, and all that it started."""
        self._program.end()

    def _missing(self) -> str | None:
        """Why it cannot be connected to; None where something listens."""
        try:
            socket.create_connection(self._address, _KNOCK).close()
        except OSError as problem:
            return str(problem)
        return None


def _address(base_url: str) -> tuple[str, int]:
    parts = urlsplit(base_url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
