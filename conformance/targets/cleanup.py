"""What was created at a target, so that it can be removed again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from conformance.contract.lifecycle import FINAL
from conformance.model import Exchange, Operation
from conformance.targets.interruption import breakable, finishing, hurried
from conformance.targets.run_polling import run_path
from conformance.targets.session import Ask, GivenUp, Session

#: What is removed by itself, in this order; everything else goes with it.
_REMOVED = ("/threads", "/assistants")

#: Answers to a DELETE that say that there is nothing left to delete.
_GONE = frozenset({404, 410})


class Cleanup:
    """Assistants, threads and runs that we created and that may still be there."""

    def __init__(self) -> None:
        self._created: dict[str, list[Ask]] = {path: [] for path in _REMOVED}
        self._running: dict[str, None] = {}
        self._unknown: list[str] = []

    @contextmanager
    def creating(self, path: str) -> Iterator[None]:
        """Around a request that creates something, until that is noted: interrupted, nobody knows what is there."""
        try:
            yield
        except KeyboardInterrupt:
            if path in _REMOVED:
                self._unknown.append(f"POST {path}: interrupted before it was known what it created")
            raise

    def created(self, path: str, name: str, prefix: str | None = None) -> None:
        """Note the id of what was created, below a prefix of its own where one was tried."""
        if path in self._created:
            ask = Ask(Operation.OTHER, "DELETE", f"{path}/{quote(name, safe='')}", prefix=prefix)
            self._created[path].append(ask)

    def run(self, thread_id: str, run_id: str) -> None:
        """Note a created run."""
        self._running[run_path(thread_id, run_id)] = None

    def saw(self, path: str, status: str | None) -> None:
        """Note the status of a run: one that has ended need not be cancelled."""
        if status in FINAL:
            self._running.pop(path, None)

    def clear(self, session: Session) -> tuple[str, ...]:
        """Cancel, then delete; returns what could not be removed or is not known, as `METHOD path: reason`.

        An interrupt or a target that no longer answers ends the clearing, and the rest is returned.
        """
        cancels = [Ask(Operation.OTHER, "POST", f"{path}/cancel") for path in self._running]
        deletes = [ask for asks in self._created.values() for ask in asks]
        self._created, self._running = {path: [] for path in _REMOVED}, {}
        leftovers, self._unknown = self._unknown, []
        stopped: str | None = None
        with finishing():
            for ask in (*cancels, *deletes):
                reason, stopped = (stopped, stopped) if stopped else _removal(ask, session)
                if reason and ask.method == "DELETE":
                    leftovers.append(session.settings.scrub(f"{ask.method} {ask.prefix or ''}{ask.path}: {reason}"))
        return tuple(leftovers)


def _removal(ask: Ask, session: Session) -> tuple[str | None, str | None]:
    """Why the removal failed, and why no further one is tried; None where it did not and where one may be."""
    if hurried():
        return "interrupted", "interrupted"
    try:
        with breakable():
            *_, answer = session.ask_politely(ask)
    except GivenUp as reason:
        return str(reason), str(reason)
    except KeyboardInterrupt:
        return "interrupted", "interrupted"
    return _refusal(answer), None


def _refusal(exchange: Exchange) -> str | None:
    if exchange.response is None:
        return exchange.failure or "no answer"
    status = exchange.response.status
    gone = exchange.request.method == "DELETE" and status in _GONE
    return None if gone or 200 <= status < 300 else f"answered {status}"
