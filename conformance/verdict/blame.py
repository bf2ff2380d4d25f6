"""One defect, one primary finding: which finding follows from which (design rules 8 and 15).

What ties an effect to its cause is the object at fault: a member of a document, an event, a step or a message, what
comes after it in the stream, the exchange, the run. A row says through which object an effect follows; without that
object in common nothing follows from anything. An effect keeps its status, but its findings are not primary and say
what they follow from: they would not be there, were the cause repaired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from fnmatch import fnmatchcase
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from conformance.model import Finding


def _same_event(cause: Finding, effect: Finding) -> bool:
    """At the same event, or in the same plain answer."""
    return cause.exchange == effect.exchange and cause.event == effect.event


def _overlap(cause: Finding, effect: Finding) -> bool:
    """About the same member of a document, or one inside the other; a finding about no member is about all."""
    return _inside(cause.pointer, effect.pointer) or _inside(effect.pointer, cause.pointer)


def _inside(inner: str | None, outer: str | None) -> bool:
    return not outer or (inner or "") == outer or (inner or "").startswith(f"{outer}/")


def _not_before(cause: Finding, effect: Finding) -> bool:
    """In the same exchange, and not before the cause: what an event holds follows from nothing later."""
    if cause.exchange != effect.exchange:
        return False
    if cause.event is not None and effect.event is not None:
        return effect.event >= cause.event
    if cause.span is not None and effect.span is not None:
        return effect.span[1] >= cause.span[0]
    return True


def _one_object(cause: Finding, effect: Finding) -> bool:
    """About the same run, step or message; where only its kind is known, about any of that kind."""
    return any(
        one == other or one == other.partition(" ")[0] or other == one.partition(" ")[0]
        for one in cause.about
        for other in effect.about
    )


class Through(Enum):
    """The object through which an effect follows from its cause: both findings are about it."""

    def __init__(self, name: str, holds: Callable[[Finding, Finding], bool]) -> None:
        self.label = name
        self.holds = holds

    #: The same member of the document of one event, or of one answer.
    MEMBER = "member", lambda cause, effect: _same_event(cause, effect) and _overlap(cause, effect)
    #: A member, and what is inside it.
    WITHIN = "within", lambda cause, effect: _same_event(cause, effect) and _inside(effect.pointer, cause.pointer)
    #: The same member of any document of the exchange: they are compared with each other.
    FIELD = "field", lambda cause, effect: cause.exchange == effect.exchange and _overlap(cause, effect)
    #: One event, or one answer.
    EVENT = "event", _same_event
    #: One run, step or message, from that event on; also where it is read again later.
    OBJECT = (
        "object",
        lambda cause, effect: (
            _one_object(cause, effect) and (_not_before(cause, effect) or cause.exchange < effect.exchange)
        ),
    )
    #: One run, step or message, anywhere in the exchange: what comes too late is missed before.
    LIFE = "life", lambda cause, effect: cause.exchange == effect.exchange and _one_object(cause, effect)
    #: The rest of the stream.
    REST = "rest", _not_before
    #: One exchange.
    EXCHANGE = "exchange", lambda cause, effect: cause.exchange == effect.exchange
    #: The run as this exchange left it.
    RUN = "run", lambda cause, effect: cause.exchange <= effect.exchange
    #: The client, which ends once, after all of its exchanges.
    CLIENT = "client", lambda _cause, _effect: True


class Row(NamedTuple):
    """What follows from one breach, as patterns over requirement ids, and through which object."""

    cause: str
    through: Through
    effects: tuple[str, ...]
    #: JSON pointers: only a cause at one of them, or inside; the empty one is the document alone. None: any cause.
    at: tuple[str, ...] = ()

    def explains(self, cause: Finding, effect: Finding) -> bool:
        """Whether an effect follows from just this finding of the cause."""
        here = not self.at or any(cause.pointer == at or (at and _inside(cause.pointer, at)) for at in self.at)
        return here and self.through.holds(cause, effect)


def _rows(causes: str, through: Through, effects: str, at: str = "") -> Iterator[Row]:
    """A row for each of several causes."""
    pointers = tuple(pointer.removesuffix("/") for pointer in at.split())
    return (Row(cause, through, tuple(effects.split()), pointers) for cause in causes.split())


_REFUSED = (
    "submission.accepted submission.still-accepted submission.any-order submission.opaque-accepted "
    "request.minimal-body request.stream-false request.stream-null"
)
_SURFACE = "surface.run-after surface.steps-after surface.messages-after"

#: What deltas build up.
_BUILT = "content.message-text content.message-text-incomplete content.annotations content.tool-calls"
#: What an event leaves out of order that was lost.
_MISSED = (
    "order.run-path order.run-queued order.run-started order.step-life order.step-delta-after-created "
    "order.step-closed* order.step-serial order.step-before-message order.message-life order.message-created-first "
    "order.message-delta-id order.message-before-step-end order.message-has-step order.open-message-ends "
    "order.submitted-closed order.submitted-first order.submitted-before-new "
    f"content.message-index content.tool-call-deltas {_BUILT} done.present done.after-terminal"
)

#: What is missed at the end of a stream, and told where it began.
_LEFT_OPEN = "order.message-life order.step-closed* order.message-has-step order.open-message-ends"
#: What an event that comes too late leaves out of place.
_LATE = "order.message-before-step-end order.submitted-before-new order.submitted-first"
#: What is said of a step or message where a document does not say which one it is about.
_OF_ANOTHER = "order.*-identity order.step-* order.message-* order.submitted-* order.new-ids content.* surface.*"

#: What a client writes down of an answer that it did not understand.
_REPORTED = "outcome.text outcome.status outcome.ending-told"
#: What a client that was refused for its own fault does not take for a success.
_SUCCESS = f"outcome.usual outcome.unknown-* reading.* {_REPORTED}"
#: What a client makes of a stream as a whole.
_TAKEN = (
    "outcome.usual outcome.unknown-events outcome.unknown-texts outcome.unknown-members outcome.bad-json "
    "outcome.truncated outcome.reset outcome.error-event outcome.error-event-bare outcome.not-a-stream "
    "outcome.refused outcome.second-round outcome.after-done outcome.documented-events "
    "reading.bom reading.line-ends reading.fields "
    "reading.comments reading.data-lines reading.empty-events reading.unknown-fields reading.chunks "
    "reading.long-lines reading.line-separators"
)

#: Every way in which one breach follows from another; causes earlier in the table explain later ones.
ROWS: Sequence[Row] = (
    # A submission that was refused, or not answered by the operation at all.
    *_rows("request.path request.bearer request.beta-accepted", Through.EXCHANGE, f"{_REFUSED} errors.*"),
    *_rows("request.path", Through.EXCHANGE, "submission.concurrent"),
    *_rows("errors.no-server-fault", Through.EXCHANGE,
           "submission.* errors.* request.stream-type request.extra-key"),
    *_rows("errors.stream-refused-plainly", Through.EXCHANGE, "submission.*"),
    *_rows("request.minimal-body", Through.EXCHANGE, _REFUSED),
    *_rows("request.stream-false request.stream-null", Through.EXCHANGE, "submission.*"),
    *_rows("request.stream-true", Through.EXCHANGE, f"{_REFUSED} framing.*"),
    *_rows("request.stream-absent", Through.EXCHANGE, "response.* framing.*"),
    *_rows("submission.empty-not-resumed", Through.EXCHANGE, "submission.empty-refused submission.atomic"),
    *_rows("submission.atomic", Through.RUN, "submission.still-accepted content.submitted-calls"),
    *_rows("submission.opaque-accepted submission.any-order submission.still-accepted", Through.EXCHANGE,
           "submission.accepted"),
    *_rows("submission.again-refused", Through.EXCHANGE, "submission.state-refused"),
    *_rows("submission.split-refused", Through.EXCHANGE, "submission.partial-refused"),
    *_rows("submission.partial-refused", Through.RUN, "content.submitted-calls"),
    *_rows("errors.rate-limit", Through.EXCHANGE, "errors.message errors.envelope errors.content-type"),
    *_rows("errors.message", Through.EXCHANGE, "errors.envelope errors.content-type submission.partial-error"),
    *_rows("submission.partial-error", Through.WITHIN, "errors.envelope", at="/error/type"),
    # Bytes.
    *_rows("framing.complete", Through.EXCHANGE,
           "framing.not-empty done.closes done.present done.after-error order.terminal-present"),
    *_rows("framing.complete", Through.REST, "framing.blank-line framing.utf8"),
    *_rows("framing.utf8", Through.EXCHANGE, "framing.not-empty"),
    *_rows("framing.utf8", Through.EVENT, "events.json events.schema content.submitted-*"),
    *_rows("framing.utf8", Through.OBJECT, _BUILT),
    *_rows("framing.blank-line", Through.EVENT, "events.* order.* content.* done.name done.data"),
    *_rows("framing.blank-line", Through.REST, f"framing.not-empty {_MISSED} order.terminal-present done.last"),
    *_rows("framing.event-name", Through.REST, f"{_MISSED} done.name {_SURFACE}"),
    *_rows("framing.blank-line framing.event-name", Through.EXCHANGE, f"{_LEFT_OPEN} done.after-error"),
    # One document.
    *_rows("events.json", Through.OBJECT, "surface.*"),
    *_rows("content.unicode", Through.OBJECT, _BUILT),
    *_rows("events.object", Through.EVENT, "events.* order.* content.* surface.*", at="/"),
    *_rows("events.object", Through.OBJECT, _OF_ANOTHER, at="/"),
    *_rows("events.run-fields", Through.FIELD, "order.run-started-at events.end-time events.usage"),
    *_rows("events.object events.seconds events.status events.required-action events.no-action", Through.WITHIN,
           "events.schema"),
    *_rows("events.seconds", Through.FIELD,
           "order.created-at order.run-started-at order.run-times order.run-identity order.step-identity"),
    *_rows("events.status", Through.EVENT, "events.end-time order.run-times"),
    *_rows("events.status", Through.OBJECT, "surface.*"),
    *_rows("events.required-action", Through.OBJECT, "surface.pending-calls content.tool-calls"),
    *_rows("events.schema", Through.MEMBER, "events.* order.* content.* surface.*"),
    *_rows("events.schema", Through.FIELD, "order.*-identity order.run-settings order.message-ids order.created-at"),
    *_rows("events.schema", Through.OBJECT, _OF_ANOTHER, at="/ /id /type"),
    *_rows("events.schema", Through.OBJECT,
           "order.submitted-* order.message-has-step content.submitted-* content.tool-call* surface.steps-after",
           at="/step_details"),
    *_rows("events.schema", Through.OBJECT, "content.tool-call* content.message-* content.annotations", at="/delta"),
    *_rows("events.schema", Through.OBJECT, "content.message-* content.annotations surface.messages-after",
           at="/content"),
    *_rows("events.end-time", Through.MEMBER, "order.run-times"),
    *_rows("response.seconds surface.pending-calls", Through.WITHIN, "response.run-object"),
    *_rows("response.run-object", Through.MEMBER,
           "response.run-fields response.run-ids response.moved-on response.seconds"),
    # The run.
    *_rows("order.requires-action-ends", Through.REST, "order.terminal-* order.run-path order.run-started-at"),
    *_rows("order.error-last", Through.EVENT,
           "order.terminal-* order.run-path order.step-life order.message-life done.*"),
    *_rows("done.once", Through.EVENT, "done.name done.data done.after-terminal"),
    *_rows("order.terminal-present", Through.EXCHANGE, "done.present done.after-terminal"),
    *_rows("done.once done.after-terminal", Through.REST, "done.last done.closes"),
    *_rows("done.last", Through.EVENT, "order.terminal-once order.terminal-last"),
    *_rows("done.last", Through.LIFE, f"order.step-closed* order.message-life {_LATE} {_BUILT}"),
    *_rows("done.last", Through.REST, "done.closes"),
    *_rows("order.terminal-once", Through.EVENT, "order.terminal-last order.run-started-at order.run-times"),
    *_rows("order.terminal-last", Through.LIFE,
           f"order.step-closed* order.message-life {_LATE} {_BUILT} {_SURFACE}"),
    *_rows("order.terminal-last", Through.EVENT, "order.run-started-at"),
    *_rows("done.last order.terminal-last", Through.EXCHANGE, "order.submitted-before-new"),
    *_rows("order.run-identity", Through.FIELD, "order.run-of-path order.step-identity order.message-ids"),
    *_rows("order.run-of-path", Through.LIFE, "order.step-identity order.message-ids"),
    *_rows("order.terminal-present order.terminal-once order.run-identity order.run-of-path order.run-cancel",
           Through.OBJECT, _SURFACE),
    *_rows("order.run-started", Through.OBJECT, "order.run-queued"),
    *_rows("order.run-path", Through.OBJECT, "order.run-queued order.run-started-at"),
    *_rows("order.run-started-at", Through.EVENT, "order.run-times"),
    # The submitted step.
    *_rows("order.submitted-completed", Through.OBJECT,
           "content.submitted-* content.nul-output content.empty-output"),
    *_rows("order.new-ids", Through.LIFE, "order.submitted-not-recreated"),
    *_rows("content.submitted-calls", Through.OBJECT,
           "order.submitted-closed order.submitted-one-step surface.steps-after"),
    *_rows("content.submitted-calls", Through.WITHIN, "content.submitted-outputs"),
    *_rows("content.submitted-outputs content.nul-output content.empty-output", Through.OBJECT, "surface.steps-after"),
    *_rows("order.submitted-completed order.submitted-one-step", Through.OBJECT, "surface.steps-after"),
    *_rows("order.submitted-not-recreated", Through.LIFE,
           "order.submitted-first order.submitted-closed order.step-life surface.steps-after"),
    *_rows("order.submitted-closed", Through.EXCHANGE, "order.submitted-before-new order.submitted-first"),
    *_rows("order.submitted-closed", Through.OBJECT, "surface.steps-after"),
    *_rows("order.submitted-before-new", Through.EXCHANGE, "order.submitted-first"),
    # Steps and messages.
    *_rows("order.new-ids", Through.OBJECT, "surface.steps-after surface.messages-after"),
    *_rows("order.step-delta-after-created", Through.LIFE,
           "order.step-life order.step-closed* order.step-serial order.submitted-first content.tool-call*"),
    *_rows("order.step-delta-after-created", Through.OBJECT, "surface.steps-after"),
    *_rows("order.step-life", Through.LIFE,
           "order.step-closed* order.step-serial order.step-identity order.step-before-message order.message-has-step "
           "order.message-before-step-end content.tool-calls"),
    *_rows("order.step-life", Through.OBJECT, "surface.steps-after"),
    *_rows("order.message-created-first order.message-delta-id", Through.LIFE,
           f"order.message-life {_BUILT} order.message-has-step order.step-before-message"),
    *_rows("order.message-created-first order.message-delta-id", Through.OBJECT, "surface.messages-after"),
    *_rows("order.message-life", Through.LIFE,
           f"order.message-before-step-end order.open-message-ends {_BUILT} order.message-has-step "
           "order.step-before-message"),
    *_rows("order.message-life", Through.OBJECT, "surface.messages-after surface.steps-after"),
    *_rows("order.step-identity", Through.LIFE, "order.message-has-step order.step-names-one-message"),
    *_rows("order.step-names-one-message", Through.LIFE, "order.message-has-step order.step-before-message"),
    *_rows("order.message-has-step", Through.LIFE, "order.step-before-message"),
    *_rows("order.step-closed order.step-closed-otherwise", Through.LIFE,
           "order.step-serial order.message-before-step-end"),
    *_rows("order.step-identity order.step-names-one-message order.message-has-step order.step-closed "
           "order.step-closed-otherwise", Through.OBJECT, "surface.steps-after"),
    *_rows("content.message-index", Through.LIFE, "content.message-text"),
    *_rows("content.message-text", Through.OBJECT, "surface.messages-after"),
    *_rows("content.tool-call-deltas", Through.LIFE, "content.tool-calls"),
    *_rows("done.present", Through.EXCHANGE, "done.closes"),
    # Clients.
    *_rows("sending.empty-id", Through.RUN, "sending.path sending.submitted sending.one-request"),
    *_rows("sending.path", Through.RUN, "sending.submitted sending.every-call sending.one-request"),
    *_rows("sending.when-asked", Through.RUN, "sending.every-call sending.one-request retry.not-midstream"),
    *_rows("sending.one-request", Through.RUN, "sending.every-call retry.*"),
    *_rows("sending.one-request retry.not-midstream", Through.CLIENT, _SUCCESS),
    *_rows("sending.body", Through.EXCHANGE, "sending.every-call sending.output-string sending.stream-flag"),
    *_rows("sending.every-call", Through.EXCHANGE, "sending.output-string"),
    *_rows("sending.when-asked", Through.CLIENT, _SUCCESS),
    # Who polls for ever does not end, and who does not end has taken nothing for a success.
    *_rows("outcome.poll-stops", Through.CLIENT, f"{_TAKEN} outcome.left-open outcome.poll-once outcome.ends"),
    *_rows(_TAKEN, Through.CLIENT, f"{_REPORTED} outcome.ends"),
    *_rows("outcome.left-open", Through.CLIENT, "outcome.ends"),
    # Gateways.
    *_rows("relay.request-body", Through.EXCHANGE, "relay.request-bytes"),
    *_rows("relay.status-class", Through.EXCHANGE, "relay.status relay.content-type relay.error-body relay.answer"),
    *_rows("relay.content-type", Through.EXCHANGE, "relay.charset relay.error-body relay.answer"),
    *_rows("relay.version", Through.EXCHANGE, "relay.cut"),
    *_rows("relay.apart", Through.RUN, "relay.event* relay.done relay.prompt"),
    *_rows("relay.ends", Through.EXCHANGE, "relay.events-arrive relay.done relay.answer relay.error-body"),
    *_rows("relay.flows", Through.EXCHANGE, "relay.prompt"),
)  # fmt: skip


def cause_of(requirement: str, found: Mapping[str, tuple[Finding, ...]]) -> str | None:
    """The breach that explains why there was nothing to look at for a requirement, by the same table.

    `found` holds blamed findings: of a breach that follows from another the first cause is told.
    """
    cause = next((row.cause for row in ROWS if found.get(row.cause) and _named(requirement, row)), None)
    return None if cause is None else first_cause(cause, found)


def first_cause(cause: str, found: Mapping[str, tuple[Finding, ...]]) -> str:
    """Follow a breach to the one it all began with; the table has no circles."""
    while not any(finding.primary for finding in found[cause]):
        cause = found[cause][0].because or cause
    return cause


#: Where each cause first stands in the table.
_RANKS: Mapping[str, int] = MappingProxyType({row.cause: rank for rank, row in reversed(list(enumerate(ROWS)))})


def _named(requirement: str, row: Row) -> bool:
    """Whether a row names a requirement as an effect; a cause earlier in the table never follows from a later one."""
    later = _RANKS.get(requirement, len(ROWS) + 1) > _RANKS[row.cause]
    return later and any(fnmatchcase(requirement, pattern) for pattern in row.effects)


@cache
def _explaining(requirement: str) -> tuple[Row, ...]:
    """The rows that name a requirement as an effect."""
    return tuple(row for row in ROWS if _named(requirement, row))


def blame(found: Mapping[str, tuple[Finding, ...]]) -> dict[str, tuple[Finding, ...]]:
    """Attach effects to their causes. `found` holds the findings by requirement id; so does what is returned."""
    return {
        requirement: tuple(_blamed(requirement, finding, found) for finding in findings)
        for requirement, findings in found.items()
    }


def _blamed(requirement: str, finding: Finding, found: Mapping[str, tuple[Finding, ...]]) -> Finding:
    for row in _explaining(requirement):
        if any(row.explains(cause, finding) for cause in found.get(row.cause, ())):
            return replace(finding, primary=False, because=row.cause)
    return finding
