"""What one request submitted, set against what was pending: the facts by which its answer is judged.

Faults are read from the bytes and from earlier exchanges, so that a recording of a stranger is judged by the same
rules as our own scenarios; only what nobody but the sender knows comes from `Exchange.situation`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import unquote

from conformance.contract.lifecycle import FINAL
from conformance.model import Exchange, Response
from conformance.walk.history import Call, Items, KnownRun
from conformance.wire.replaced import is_replaced, known
from conformance.wire.strict_json import NotJson, read

_PATH = re.compile(r"/threads/([^/?]+)/runs/([^/?]+)/submit_tool_outputs")

#: Faults that make a refusal right; the rest of the words in `Submitted.faults` leave both answers open.
REFUSABLE = frozenset(
    {"malformed", "no-outputs", "empty", "no-id", "null-output", "typed-output", "extra-key", "string-stream",
     "partial", "split", "unknown-id", "duplicate-id", "again", "wrong-state", "expired-run", "cancelled-run",
     "unknown-run", "unknown-thread", "other-thread", "no-key", "wrong-key"}
)  # fmt: skip

#: All outputs together stay below 512 kB, the lowest of OpenAI's limits; no scenario comes near it.
_LIMIT = 512_000

#: Entries that lack their output still name their calls (contract COR-OUTPUT-ABSENT).
_WITHOUT_OUTPUT = frozenset({"no-output", "null-output"})

_OF_STATUS = {"expired": "expired-run", "cancelled": "cancelled-run"}


class Submitted(NamedTuple):
    """One submission as it was sent."""

    thread_id: str | None
    run_id: str | None
    #: The body as an object; None where it is malformed, no object, or not recorded.
    body: Mapping[str, object] | None
    #: Call id and output of every entry with an id; None where there is no output, which may be refused or taken for
    #: empty (contract SUB-NO-OUTPUT).
    items: tuple[tuple[str, str | None], ...]
    #: True where a stream was asked for.
    stream: bool
    #: The calls that were pending; None where nothing listed them.
    pending: tuple[Call, ...] | None
    faults: frozenset[str]

    @property
    def ids(self) -> tuple[str, ...]:
        """The calls that are answered, in order."""
        return tuple(call for call, _ in self.items)

    @property
    def outputs(self) -> tuple[tuple[str, str], ...]:
        """Call id and output of every entry that has both."""
        return tuple((call, output) for call, output in self.items if output is not None)

    @property
    def refusable(self) -> bool:
        """Whether some requirement asks for a refusal."""
        return bool(self.faults & REFUSABLE)


def ids_of_path(target: str) -> tuple[str | None, str | None]:
    """Thread and run id of a submission's path, percent-decoded; None where the path is not that of a submission."""
    found = _PATH.search(target)
    return (unquote(found[1]), unquote(found[2])) if found else (None, None)


def submitted(exchange: Exchange, run: KnownRun | None, *, as_sent: bool = True) -> Submitted:
    """Read a submission. `run` is what is known of its run before it was sent.

    Where ids are not `as_sent`, a recorder may have replaced some: nothing is then known by them.
    """
    thread_id, run_id = ids_of_path(exchange.request.target)
    body, faults = _body(exchange.request.body)
    entries = body.get("tool_outputs") if body is not None else None
    items = tuple(_items(entries)) if isinstance(entries, list) else ()
    if body is not None:
        faults |= _of_shape(body, entries)
    if not as_sent:
        thread_id, run_id = known(thread_id), known(run_id)
        if any(is_replaced(call) for call, _ in items):
            items, run = (), None
    pending = run.pending if run is not None else None
    situation = exchange.situation & (REFUSABLE | {"no-beta", "concurrent"})
    if faults <= _WITHOUT_OUTPUT and not situation:
        faults |= _of_state(items, run) | _of_size(items)
    return Submitted(thread_id, run_id, body, items, body is not None and body.get("stream") is True, pending,
                     faults | situation)  # fmt: skip


def _items(entries: list[object]) -> Iterator[tuple[str, str | None]]:
    """Call id and output of every entry with an id whose output is a text, null or absent."""
    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry.get("tool_call_id"), str):
            output = entry.get("output")
            if output is None or isinstance(output, str):
                yield entry["tool_call_id"], output


def approves(body: bytes) -> bool:
    """Whether a body holds approvals in place of outputs: another operation of the same path (COR-APPROVAL)."""
    if b"tool_approvals" not in body:
        return False
    document, _ = _body(body)
    return document is not None and "tool_approvals" in document and "tool_outputs" not in document


def turned_down(sent: Submitted, response: Response | None) -> bool:
    """Whether an answer says that nothing was taken: a server fault does where something was to be refused."""
    status = response.status if response is not None else 0
    return 400 <= status < 500 or (status >= 500 and sent.refusable)


def _of_size(items: Items) -> frozenset[str]:
    """Outputs over a limit of OpenAI's may be refused or taken (contract SUB-LIMIT-ONE, SUB-LIMIT-SUM)."""
    size = sum(len(output.encode(errors="replace")) for _, output in items if output is not None)
    return frozenset({"over-limit"} if size >= _LIMIT else ())


def _body(sent: bytes) -> tuple[Mapping[str, object] | None, frozenset[str]]:
    if not sent:
        return None, frozenset({"unrecorded"})
    try:
        body = read(sent)
    except NotJson:
        return None, frozenset({"malformed"})
    return (body, frozenset()) if isinstance(body, dict) else (None, frozenset({"no-outputs"}))


def _of_shape(body: Mapping[str, object], entries: object) -> frozenset[str]:
    if "tool_approvals" in body:
        # An extension of one provider (contract §2.7), here beside outputs: the rules of function calls are off.
        return frozenset({"approvals"})
    faults = set()
    if body.keys() - {"tool_outputs", "stream"}:
        faults.add("extra-key")
    if not isinstance(body.get("stream"), bool | None):
        faults.add("string-stream")
    if not isinstance(entries, list):
        return frozenset(faults | {"no-outputs"})
    if not entries:
        faults.add("empty")
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("tool_call_id"), str):
            faults.add("no-id")
        elif "output" not in entry:
            faults.add("no-output")
        elif entry["output"] is None:
            faults.add("null-output")
        elif not isinstance(entry["output"], str):
            faults.add("typed-output")
    return frozenset(faults)


def _of_state(items: Items, run: KnownRun | None) -> frozenset[str]:
    """Faults that only show against the state of the run; nothing where that is not known."""
    ids = [call_id for call_id, _ in items]
    repeated = {"duplicate-id"} if len(set(ids)) != len(ids) else set()
    if run is None or run.status is None:
        return frozenset(repeated)
    if run.uncertain:
        return frozenset({"uncertain"})
    if run.status != "requires_action":
        faults = {"again"} if frozenset(items) in run.accepted else set()
        if run.status in FINAL:
            faults.add(_OF_STATUS.get(run.status, "wrong-state"))
        # Otherwise the last look may be stale: a run that is still under way can have come to wait since.
        return frozenset(faults or {"unobserved"})
    if run.pending is None:
        return frozenset(repeated)
    pending = frozenset(call.id for call in run.pending)
    if pending in run.accepted_together:
        # The run asks once more for what it has taken: whether to take it again is not for its caller to guess.
        return frozenset({"asked-again"})
    if set(ids) - pending:
        return frozenset({"unknown-id"})
    if set(ids) < pending:
        joined = set(ids) | run.covered == pending
        return frozenset({"partial", "split"} if joined else {"partial"})
    return frozenset(repeated)
