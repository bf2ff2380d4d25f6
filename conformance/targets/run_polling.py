"""What a run says of itself: its status and the calls it waits for, and how it is asked until it has moved on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from conformance.contract.lifecycle import STEP
from conformance.model import Exchange, Operation
from conformance.targets.session import Ask, Session, body_of, header_of, succeeded
from conformance.targets.settings import Header
from conformance.wire import strict_json

#: Statuses in which a run moves on by itself.
MOVING = frozenset({"queued", "in_progress", "cancelling"})

#: Seconds between two looks at a run, unless the server says `openai-poll-after-ms`: short enough for a fast server;
#: it grows by half each time up to the last number, so that a slow one is not flooded.
_POLL, _POLL_GROWTH, _POLL_LONGEST = 0.05, 1.5, 2.0

#: A server that asks for longer pauses, or for none at all, is not followed beyond these seconds.
_POLL_BOUNDS = (0.001, 5.0)

#: Ids longer than this are no ids: the longest seen have 36 characters.
_LONGEST_ID = 256


@dataclass(frozen=True, slots=True)
class PendingRun:
    """A run that waits for the outputs of these calls."""

    thread_id: str
    run_id: str
    calls: tuple[str, ...]
    #: Fields that requests about it carry beside those of the settings.
    headers: tuple[Header, ...] = field(default=(), repr=False)

    @property
    def path(self) -> str:
        """Where the run is, behind the base URL."""
        return run_path(self.thread_id, self.run_id)


@dataclass(frozen=True, slots=True)
class RunSeen:
    """One look at a run. `calls` is None where the ids it gives are missing, null, empty or repeated."""

    status: str | None
    calls: tuple[str, ...] | None


def run_path(thread_id: str, run_id: str) -> str:
    """The path of a run; ids come from a stranger and are quoted."""
    return f"/threads/{quote(thread_id, safe='')}/runs/{quote(run_id, safe='')}"


def look(path: str, operation: Operation = Operation.GET_RUN) -> Ask:
    """A plain GET."""
    return Ask(operation, "GET", path)


def document_of(exchange: Exchange) -> dict[str, object]:
    """The JSON object a successful exchange was answered with; empty where it was not, or is none."""
    return json_object(body_of(exchange)) if succeeded(exchange) else {}


def json_object(data: bytes) -> dict[str, object]:
    """A JSON object; empty where the bytes are none."""
    try:
        document = strict_json.read(data)
    except strict_json.NotJson:
        return {}
    return document if isinstance(document, dict) else {}


def id_of(document: dict[str, object], key: str = "id") -> str | None:
    """An id that can be used in a path."""
    value = document.get(key)
    usable = isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.strip(".") and value.isprintable()
    return str(value) if usable else None


def run_seen(exchange: Exchange) -> RunSeen:
    """What an answer says of its run."""
    document = document_of(exchange)
    status = document.get("status")
    calls = _entries(_object(_object(document.get("required_action")).get("submit_tool_outputs")).get("tool_calls"))
    return RunSeen(status if isinstance(status, str) else None, _ids(calls))


def calls_of_steps(exchange: Exchange) -> tuple[str, ...] | None:
    """The function calls without output in the steps that are still open, in their order; None where there are none."""
    open_steps = [s for s in _entries(document_of(exchange).get("data")) if s.get("status") not in STEP.ended]
    calls = [
        call
        for step in open_steps
        for call in _entries(_object(step.get("step_details")).get("tool_calls"))
        if call.get("type", "function") == "function" and _object(call.get("function")).get("output") is None
    ]
    return _ids(calls)


def poll(session: Session, path: str) -> Iterator[Exchange]:
    """Look at a run again and again, within the time of one exchange; the caller stops when it has seen enough."""
    until = session.pace.now() + session.settings.timeout
    for count in range(polls(session.settings.timeout)):
        exchange = None
        for exchange in session.ask_politely(look(path)):
            yield exchange
        pause = _pause(exchange, count)
        if session.pace.now() + pause >= until:
            return
        session.pace.pause(pause)


def polls(timeout: float) -> int:
    """How often a run is looked at within `timeout` seconds, at most."""
    spent, count, pause = 0.0, 1, _POLL_BOUNDS[0]
    while spent + pause < timeout:
        spent, count, pause = spent + pause, count + 1, min(pause * _POLL_GROWTH, _POLL_LONGEST)
    return count


def _pause(exchange: Exchange | None, count: int) -> float:
    asked = header_of(exchange, "openai-poll-after-ms") if exchange else None
    first = int(asked[:9]) / 1000 if asked and asked.isascii() and asked.isdigit() else _POLL
    first = min(max(first, _POLL_BOUNDS[0]), _POLL_BOUNDS[1])
    return max(first, min(first * _POLL_GROWTH**count, _POLL_LONGEST))


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _entries(value: object) -> list[dict[str, object]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _ids(calls: list[dict[str, object]]) -> tuple[str, ...] | None:
    ids = [id_of(call) for call in calls]
    usable = tuple(name for name in ids if name is not None)
    return usable if usable and len(usable) == len(ids) == len(set(usable)) else None
