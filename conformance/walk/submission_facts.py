"""What one request submitted, set against what was pending: the facts by which its answer is judged.

Faults are read from the bytes and from earlier exchanges, so that a recording of a stranger is judged by the same
rules as our own scenarios; only what nobody but the sender knows comes from `Exchange.situation`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

from conformance.contract.lifecycle import FINAL
from conformance.model import Exchange, Response
from conformance.walk.history import Call, KnownRun
from conformance.wire.strict_json import NotJson, read

_PATH = re.compile(r"/threads/([^/?]+)/runs/([^/?]+)/submit_tool_outputs")

#: Faults that make a refusal right; the rest of the words in `Submitted.faults` leave both answers open.
REFUSABLE = frozenset(
    {"malformed", "no-outputs", "empty", "no-id", "null-output", "typed-output", "extra-key", "string-stream",
     "partial", "split", "unknown-id", "duplicate-id", "again", "wrong-state", "expired-run", "cancelled-run",
     "unknown-run", "unknown-thread", "other-thread", "no-key", "wrong-key"}
)  # fmt: skip

#: All outputs together stay below 512 kB, the lowest of the vendor's limits; no scenario comes near it.
_LIMIT = 512_000

_OF_STATUS = {"expired": "expired-run", "cancelled": "cancelled-run"}


class Submitted(NamedTuple):
    """One submission as it was sent."""

    thread_id: str | None
    run_id: str | None
    #: The body as an object; None where it is malformed, no object, or not recorded.
    body: Mapping[str, object] | None
    #: Call id and output of every well-formed entry.
    outputs: tuple[tuple[str, str], ...]
    #: True where a stream was asked for.
    stream: bool
    #: The calls that were pending; None where nothing listed them.
    pending: tuple[Call, ...] | None
    faults: frozenset[str]

    @property
    def refusable(self) -> bool:
        """Whether some requirement asks for a refusal."""
        return bool(self.faults & REFUSABLE)


def ids_of_path(target: str) -> tuple[str | None, str | None]:
    """Thread and run id of a submission's path, percent-decoded; None where the path is not that of a submission."""
    found = _PATH.search(target)
    return (unquote(found[1]), unquote(found[2])) if found else (None, None)


def submitted(exchange: Exchange, known: KnownRun | None) -> Submitted:
    """Read a submission. `known` is what is known of its run before it was sent."""
    thread_id, run_id = ids_of_path(exchange.request.target)
    body, faults = _body(exchange.request.body)
    entries = body.get("tool_outputs") if body is not None else None
    outputs: tuple[tuple[str, str], ...] = ()
    if isinstance(entries, list):
        outputs = tuple(
            (entry["tool_call_id"], entry["output"])
            for entry in entries
            if isinstance(entry, dict)
            and isinstance(entry.get("tool_call_id"), str)
            and isinstance(entry.get("output"), str)
        )
    if body is not None:
        faults |= _of_shape(body, entries)
    pending = known.pending if known is not None else None
    situation = exchange.situation & (REFUSABLE | {"no-beta", "concurrent"})
    if not faults and not situation:
        faults |= _of_state(outputs, known) | _of_size(outputs)
    return Submitted(thread_id, run_id, body, outputs, body is not None and body.get("stream") is True, pending,
                     faults | situation)  # fmt: skip


def turned_down(sent: Submitted, response: Response | None) -> bool:
    """Whether an answer says that nothing was taken: a server fault does where something was to be refused."""
    status = response.status if response is not None else 0
    return 400 <= status < 500 or (status >= 500 and sent.refusable)


def _of_size(outputs: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """Outputs over a limit of the vendor's may be refused or taken (contract SUB-LIMIT-ONE, SUB-LIMIT-SUM)."""
    size = sum(len(output.encode(errors="replace")) for _, output in outputs)
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
        # An extension of one vendor (contract §2.7): the rules of function calls are off.
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


def _of_state(outputs: tuple[tuple[str, str], ...], known: KnownRun | None) -> frozenset[str]:
    """Faults that only show against the state of the run; nothing where that is not known."""
    ids = [call_id for call_id, _ in outputs]
    repeated = {"duplicate-id"} if len(set(ids)) != len(ids) else set()
    if known is None or known.status is None:
        return frozenset(repeated)
    if known.uncertain:
        return frozenset({"uncertain"})
    if known.status != "requires_action":
        faults = {"again"} if frozenset(outputs) in known.accepted else set()
        if known.status in FINAL:
            faults.add(_OF_STATUS.get(known.status, "wrong-state"))
        # Otherwise the last look may be stale: a run that is still under way can have come to wait since.
        return frozenset(faults or {"unobserved"})
    if known.pending is None:
        return frozenset(repeated)
    pending = {call.id for call in known.pending}
    if any({call for call, _ in taken} == pending for taken in known.accepted):
        # The run asks once more for what it has taken: whether to take it again is not for its caller to guess.
        return frozenset({"asked-again"})
    if set(ids) - pending:
        return frozenset({"unknown-id"})
    if set(ids) < pending:
        joined = set(ids) | known.covered == pending
        return frozenset({"partial", "split"} if joined else {"partial"})
    return frozenset(repeated)
