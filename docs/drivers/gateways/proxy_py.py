"""proxy.py as a reverse proxy: a plugin with one route, as its README shows."""

import os
import re

from proxy.http import Url
from proxy.http.parser import HttpParser
from proxy.http.server import ReverseProxyBasePlugin

UPSTREAM = f"http://{os.environ['CONFORMANCE_UPSTREAM_HOST']}".encode()


class Api(ReverseProxyBasePlugin):
    """Sends every path to the upstream."""

    def routes(self) -> list[str | tuple[str, list[bytes]]]:
        """A pattern of paths; where they go says `handle_route`."""
        return [r"/"]

    def handle_route(self, request: HttpParser, pattern: re.Pattern[bytes]) -> Url:  # noqa: ARG002
        """The URL of the upstream for a request."""
        return Url.from_bytes(UPSTREAM + (request.path or b"/"))
