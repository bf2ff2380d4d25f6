"""Serves an application of this environment on 127.0.0.1, for `--app`: `application.py MODULE:NAME --port N`.

ASGI by uvicorn, where it is installed; WSGI by a server of the standard library. A program of its own, which imports
nothing of the suite: what is judged shares no module with what judges it. What goes wrong is its last line.
"""

from __future__ import annotations

import argparse
import inspect
import io
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from operator import attrgetter
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.util import is_hop_by_hop

_HOST = "127.0.0.1"

#: Parameters of an application -> its protocol: scope, receive and send; those of ASGI 2; environ and start_response.
_PROTOCOLS = {3: "ASGI", 1: "ASGI", 2: "WSGI"}

_BY_PLACE = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}

#: An application, or what somebody named instead.
Application = Callable[..., Any]


class NoApplication(Exception):
    """Why there is nothing to serve."""


def load(named: str) -> Application:
    """What `MODULE:NAME` names; its module is found in the working directory, too. Raises NoApplication."""
    module, _, name = named.partition(":")
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - a plain string, as sys.path holds
    try:
        found = attrgetter(name)(import_module(module))
    except SystemExit as ended:
        raise NoApplication(f"the module {module} ended the program: exit code {ended.code}") from None
    except Exception as error:
        raise NoApplication(" ".join(f"{type(error).__name__}: {error}".split())) from error
    if not callable(found):
        raise NoApplication(f"{named} is no application: its type is {type(found).__name__}")
    return found  # type: ignore[no-any-return]


def protocol(application: Application) -> str:
    """ASGI or WSGI: what an application speaks, as its call shows. Raises NoApplication."""
    called = getattr(application, "__call__", application)  # noqa: B004 - the method, which says whether it is async
    if inspect.iscoroutinefunction(application) or inspect.iscoroutinefunction(called):
        return "ASGI"
    try:
        kinds = [each.kind for each in inspect.signature(application).parameters.values() if each.default is each.empty]
    except (TypeError, ValueError):
        return "WSGI"  # it is written in another language
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return "WSGI"  # it is wrapped
    needed = sum(kind in _BY_PLACE for kind in kinds)
    if needed not in _PROTOCOLS:
        raise NoApplication(f"neither ASGI nor WSGI takes {needed} parameters; what makes an application is not one")
    return _PROTOCOLS[needed]


def serve_asgi(application: Application, port: int) -> None:
    """Serve until the process is ended. Raises NoApplication where uvicorn is not installed."""
    try:
        import uvicorn  # noqa: PLC0415 - for applications that need it
    except ModuleNotFoundError:
        raise NoApplication("an ASGI application needs uvicorn, which is not installed: pip install uvicorn") from None
    uvicorn.run(application, host=_HOST, port=port, log_level="warning")


def serve_wsgi(application: Application, port: int) -> None:
    """Serve until the process is ended."""

    def lenient(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: Sequence[tuple[str, str]], *more: object) -> Callable[[bytes], object]:
            # Many event streams are sent with `Connection: keep-alive`; other servers let it pass.
            kept = [(name, value) for name, value in headers if not is_hop_by_hop(name)]
            write: Callable[[bytes], object] = start_response(status, kept, *more)
            return write

        # A body that nobody reads would reset the connection, and one that is read on behind its end waits for ever.
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ |= {"wsgi.input": io.BytesIO(body), "wsgi.multithread": True}
        answer: Iterable[bytes] = application(environ, start)
        return answer

    with make_server(_HOST, port, lenient, _Server, _Quiet) as server:
        server.serve_forever()


class _Server(ThreadingMixIn, WSGIServer):
    """A thread for each request, and room for those that come at the same moment."""

    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        """Bind, without asking for the name of the host, which takes seconds where nobody answers."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = _HOST, self.server_address[1]
        self.setup_environ()


class _Quiet(WSGIRequestHandler):
    """Only what the application prints is printed."""

    def log_message(self, format: str, *values: object) -> None:
        """Say nothing of a request."""


#: Protocol -> what serves it.
_SERVERS = {"ASGI": serve_asgi, "WSGI": serve_wsgi}


def main() -> int:
    """Serve; 1 where there is nothing to serve, with the reason as the last line."""
    parser = argparse.ArgumentParser(description="Serve an ASGI or WSGI application on 127.0.0.1.")
    parser.add_argument("application", metavar="MODULE:NAME")
    parser.add_argument("--port", type=int, required=True)
    asked = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # what an application prints stays before the reason
    try:
        application = load(asked.application)
        _SERVERS[protocol(application)](application, asked.port)
    except (NoApplication, OSError) as reason:
        if isinstance(reason.__cause__, Exception):
            traceback.print_exception(reason.__cause__)
        print(reason)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
