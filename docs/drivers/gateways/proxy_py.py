"""proxy.py as a reverse proxy: a plugin with one route, as its README shows."""

import os
import re

import proxy
from proxy.http.server import ReverseProxyBasePlugin


class Api(ReverseProxyBasePlugin):
    """Sends every path to the upstream."""

    def routes(self) -> list[str | tuple[str, list[bytes]]]:
        """A pattern, and where what fits it goes."""
        return [(r"/", [f"http://{os.environ['CONFORMANCE_UPSTREAM_HOST']}".encode()])]

    def handle_route(self, request, pattern: re.Pattern[str]):  # type: ignore[no-untyped-def]
        """The URL of the upstream for a request."""
        return proxy.http.Url.from_bytes(f"http://{os.environ['CONFORMANCE_UPSTREAM_HOST']}".encode() + request.path)
