"""Who is let in by a server that looks at the wrong thing, and which run it takes them to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.reference.behaviour import by_both_ids, needs_its_key
from conformance.reference.refusals import Refused
from conformance.reference.runs import Run
from conformance.reference.state import State


def without_a_key(api_key: str | None, headers: Mapping[str, str]) -> None:
    """Ask for the key only where some key is sent."""
    if headers.get("authorization") or headers.get("api-key"):
        needs_its_key(api_key, headers)


def with_any_key(api_key: str | None, headers: Mapping[str, str]) -> None:
    """Ask for the key only where none is sent."""
    if not (headers.get("authorization") or headers.get("api-key")):
        needs_its_key(api_key, headers)


def who_asks_for_json(api_key: str | None, headers: Mapping[str, str]) -> None:
    """Ask for the key, and refuse requests that accept an event stream alone."""
    needs_its_key(api_key, headers)
    if headers.get("accept") == "text/event-stream":
        raise Refused("unacceptable")


def anywhere(state: State, run_id: str) -> Run | None:
    """The run of an id, in whichever thread it is."""
    return next((thread.runs[run_id] for thread in state.threads.values() if run_id in thread.runs), None)


def whatever_thread(*, known: bool) -> Callable[[State, str, str], Run]:
    """Find a run by its id alone where the thread is known, or where it is not."""

    def find(state: State, thread_id: str, run_id: str) -> Run:
        run = anywhere(state, run_id)
        if run is not None and (thread_id in state.threads) is known:
            return run
        return by_both_ids(state, thread_id, run_id)

    return find


def some_run(state: State, thread_id: str, run_id: str) -> Run:
    """The run that holds the thread, where no run has the id."""
    thread = state.threads.get(thread_id)
    active = thread.active_run() if thread is not None and anywhere(state, run_id) is None else None
    return active or by_both_ids(state, thread_id, run_id)


def tells_strangers(state: State, thread_id: str, run_id: str) -> Run:
    """Find runs correctly, and show a caller with another thread that the run exists."""
    thread = state.threads.get(thread_id)
    if thread is not None and run_id not in thread.runs and anywhere(state, run_id) is not None:
        raise Refused("stranger")
    return by_both_ids(state, thread_id, run_id)
