"""The built-in mock as a target: what is judged where no server is named."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.mock.server import Mock
from conformance.targets.http import HttpTarget
from conformance.targets.session import Watch
from conformance.targets.settings import TIMEOUT, Settings

#: The mock asks for a key, so that the rules about keys can be shown; it opens nothing else.
_KEY = "key-of-the-built-in-mock"


class BuiltIn(HttpTarget):
    """The reference server, running as long as the target is open, and the client that judges it."""

    def __init__(
        self,
        *,
        timeout: float | None = None,
        max_requests: int | None = None,
        fault: str | None = None,
        watch: Watch | None = None,
    ) -> None:
        self._mock = Mock(_KEY, fault=fault)
        settings = Settings(self._mock.base_url, _KEY, timeout=timeout or TIMEOUT, max_requests=max_requests)
        super().__init__(settings, traits=frozenset({"scripted"}), watch=watch)

    def describe(self) -> Mapping[str, object]:
        """Which target it is; its address is another each time and says nothing."""
        return {"kind": "mock", "name": "the built-in mock"}

    def close(self) -> tuple[str, ...]:
        """Remove what was created, then stop the server."""
        try:
            return super().close()
        finally:
            self._mock.close()
