"""The operations by method and path, and the forms a path may come in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from urllib.parse import unquote

from conformance.reference import handlers
from conformance.reference.handlers import Answer, Asked
from conformance.reference.refusals import Refused
from conformance.reference.state import State

Handler = Callable[[State, Asked], Answer]

_TABLE = (
    ("POST", "assistants", handlers.create_assistant),
    ("GET", "assistants", handlers.list_assistants),
    ("GET", "assistants/*", handlers.get_assistant),
    ("POST", "assistants/*", handlers.modify_assistant),
    ("DELETE", "assistants/*", handlers.delete_assistant),
    ("POST", "threads", handlers.create_thread),
    ("POST", "threads/runs", handlers.create_thread_and_run),
    ("GET", "threads/*", handlers.get_thread),
    ("POST", "threads/*", handlers.modify_thread),
    ("DELETE", "threads/*", handlers.delete_thread),
    ("POST", "threads/*/messages", handlers.create_message),
    ("GET", "threads/*/messages", handlers.list_messages),
    ("GET", "threads/*/messages/*", handlers.get_message),
    ("POST", "threads/*/messages/*", handlers.modify_message),
    ("POST", "threads/*/runs", handlers.create_run),
    ("GET", "threads/*/runs", handlers.list_runs),
    ("GET", "threads/*/runs/*", handlers.get_run),
    ("POST", "threads/*/runs/*", handlers.modify_run),
    ("POST", "threads/*/runs/*/cancel", handlers.cancel_run),
    ("POST", "threads/*/runs/*/submit_tool_outputs", handlers.submit_tool_outputs),
    ("GET", "threads/*/runs/*/steps", handlers.list_steps),
    ("GET", "threads/*/runs/*/steps/*", handlers.get_step),
)


def _by_path() -> dict[tuple[str, ...], dict[str, Handler]]:
    found: dict[tuple[str, ...], dict[str, Handler]] = {}
    for method, path, handler in _TABLE:
        found.setdefault(tuple(path.split("/")), {})[method] = handler
    return found


#: Handlers by the pieces of the path, where `*` is an id, then by method.
ROUTES = MappingProxyType(_by_path())


def find(method: str, path: str, prefixes: Sequence[str]) -> tuple[Handler, tuple[str, ...]]:
    """Return the handler of a request and the ids in its path, decoded; raise Refused for 404 and 405.

    `prefixes` are what may stand before the paths of the API.
    """
    pieces = _below(path, prefixes)
    for route, by_method in ROUTES.items():
        ids = _ids(route, pieces)
        if ids is None:
            continue
        if method in by_method:
            return by_method[method], ids
        raise Refused("no-method", method=method, path=path)
    raise Refused("no-path", method=method, path=path)


def _below(path: str, prefixes: Sequence[str]) -> tuple[str, ...]:
    """The pieces of the path below the first prefix that it begins with; none where it begins with no prefix."""
    prefix = next((prefix for prefix in prefixes if path.startswith(f"{prefix}/")), None)
    return () if prefix is None else tuple(path[len(prefix) :].split("/")[1:])


def _ids(route: tuple[str, ...], pieces: tuple[str, ...]) -> tuple[str, ...] | None:
    """The ids of a path that fits a route; None where it does not. An id is never empty."""
    if len(route) != len(pieces):
        return None
    pairs = list(zip(route, pieces, strict=True))
    if all(piece == known or (known == "*" and piece) for known, piece in pairs):
        return tuple(unquote(piece) for known, piece in pairs if known == "*")
    return None
