"""An application of this environment as the target: served on a loopback socket as long as the target is open."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from conformance.targets.http import HttpTarget
from conformance.targets.served import ServedProgram
from conformance.targets.session import Watch
from conformance.targets.settings import Settings

#: The program that serves it. It is started by its path, so that no folder of the same name in the working directory
#: is taken for the suite.
_PROGRAM = Path(__file__).with_name("application.py")

_HOST = "127.0.0.1"

_HINT = "Modules are looked for in the working directory, and in the environment that the suite is installed in."


class OwnApplication(HttpTarget):
    """An ASGI or WSGI application, named as `MODULE:NAME`.

    It is served on 127.0.0.1, at the port of the base URL or, where that says none, at a free one. `wait` is how many
    seconds it may take to start, None for what is usual.
    """

    def __init__(
        self, named: str, settings: Settings, *, watch: Watch | None = None, wait: float | None = None
    ) -> None:
        self._named = named
        parts = urlsplit(settings.base_url)
        port = parts.port or _free_port()
        command = (sys.executable, "-P", str(_PROGRAM), named, f"--port={port}")
        program = ServedProgram(f"the application {named}", command, os.environ, hint=_HINT, secrets=settings.secrets)
        there = replace(settings, base_url=parts._replace(netloc=f"{_HOST}:{port}").geturl())
        super().__init__(there, watch=watch, wait=wait, program=program)

    def describe(self) -> Mapping[str, object]:
        """Which target it is; its address is another each time and says nothing."""
        facts = {name: value for name, value in super().describe().items() if name != "base_url"}
        return {**facts, "kind": "application", "name": self._named}


def _free_port() -> int:
    with socket.create_server((_HOST, 0)) as there:
        return int(there.getsockname()[1])
