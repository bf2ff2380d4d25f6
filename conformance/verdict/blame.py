"""One defect, one primary finding: which breach follows from which (design rule: a table of causes and effects).

An effect keeps its status, but its findings are not primary and say what they follow from. A cause explains an effect
in the same exchange only, and where `AT_EVENT` says so, at the same event only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from types import MappingProxyType

from conformance.model import Finding

_SUBMITTED = ("order.submitted-*", "content.submitted-*", "content.nul-output", "content.empty-output")
_MUST_COME = ("order.terminal-present", "done.present", "done.after-terminal", "order.submitted-closed")
_REFUSED = ("submission.accepted", "submission.still-accepted", "submission.any-order", "submission.opaque-accepted",
            "request.minimal-body", "request.stream-false", "request.stream-null")  # fmt: skip
#: What an event that comes too late leaves out of place.
_LATE = ("order.message-before-step-end", "order.submitted-before-new", "order.submitted-first")
_SURFACE = ("surface.run-after", "surface.steps-after", "surface.messages-after")

#: What a client writes down of an answer that it did not understand.
_REPORTED = ("outcome.text", "outcome.status")
_READING = ("bom", "line-ends", "fields", "comments", "data-lines", "empty-events", "unknown-fields", "chunks",
            "long-lines", "line-separators")  # fmt: skip
#: What a client that was refused for its own fault does not take for a success.
_SUCCESS = ("outcome.usual", "outcome.unknown-*", "reading.*", *_REPORTED)

#: Cause -> effects, as patterns over requirement ids; causes earlier in the table explain later ones.
CAUSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "request.path": (*_REFUSED, "errors.*"),
        "request.bearer": (*_REFUSED, "errors.*"),
        "request.beta-accepted": (*_REFUSED, "errors.*"),
        "request.stream-false": ("submission.*",),
        "request.stream-null": ("submission.*",),
        "request.stream-true": (*_REFUSED, "framing.*"),
        "request.stream-absent": ("response.*", "framing.*"),
        "submission.opaque-accepted": ("submission.accepted",),
        "submission.any-order": ("submission.accepted",),
        "request.minimal-body": _REFUSED,
        "submission.still-accepted": ("submission.accepted",),
        "errors.no-server-fault": ("submission.*", "errors.*", "request.stream-type", "request.extra-key"),
        "submission.again-refused": ("submission.state-refused",),
        "submission.partial-refused": ("content.submitted-calls",),
        "submission.atomic": ("submission.still-accepted", "content.submitted-calls"),
        "submission.empty-not-resumed": ("submission.empty-refused", "submission.atomic"),
        "submission.split-refused": ("submission.partial-refused",),
        "errors.stream-refused-plainly": ("submission.*",),
        "errors.envelope": ("submission.partial-error",),
        "errors.rate-limit": ("errors.message", "errors.envelope", "errors.content-type"),
        "errors.message": ("errors.envelope", "errors.content-type", "submission.partial-error"),
        "framing.complete": ("framing.blank-line", "framing.utf8", "framing.not-empty", "done.closes",
                             "done.after-error", *_MUST_COME, "order.*-closed*", "order.message-life",
                             "order.message-has-step"),
        "framing.utf8": ("events.json", "content.*", "framing.blank-line"),
        "framing.blank-line": ("framing.not-empty", "framing.event-name", "events.*", "order.*", "content.*", "done.*",
                               "done.name", "done.data", *_MUST_COME, *_SURFACE),
        "framing.event-name": ("done.*", "done.name", "order.*", "order.submitted-closed", "content.*", "events.*",
                               *_SURFACE),
        "framing.not-empty": (*_MUST_COME,),
        "events.json": ("events.*", "order.*", "content.*", "done.after-terminal", "surface.*"),
        "content.unicode": ("content.message-*", "content.tool-calls"),
        "events.run-fields": ("order.run-started-at", "events.end-time", "events.usage"),
        "events.object": ("events.schema", "events.status", "events.run-fields", "events.required-action",
                          "events.end-time", "events.usage", *_SURFACE),
        "events.seconds": ("events.schema", "order.created-at", "order.run-started-at", "order.run-times",
                           "order.run-identity", "order.step-identity"),
        "events.status": ("events.schema", "events.end-time", "order.run-times", "surface.*"),
        "events.end-time": ("order.run-times",),
        "events.required-action": ("events.schema", "surface.pending-calls", "content.tool-calls"),
        "events.schema": ("events.end-time", "events.usage", "order.*", "content.*", "surface.*"),
        "response.seconds": ("response.run-object",),
        "response.run-object": ("response.run-fields", "response.run-ids", "response.moved-on"),
        "surface.pending-calls": ("response.run-object",),
        "order.requires-action-ends": ("order.terminal-*", "order.run-path", "order.run-started-at"),
        "order.error-last": ("order.terminal-*", "order.run-path", "order.step-life", "order.message-life", "done.*"),
        "done.last": ("order.terminal-once", "order.terminal-last", "done.closes", *_LATE),
        "order.terminal-present": ("done.present", "done.after-terminal", *_SURFACE),
        "order.terminal-once": ("order.terminal-last", "order.run-started-at", "order.run-times", *_SURFACE),
        "order.terminal-last": ("order.step-closed*", "order.message-life", "order.run-started-at", *_LATE, *_SURFACE),
        "order.run-identity": ("order.run-of-path", "order.step-identity", "order.message-ids", *_SURFACE),
        "order.run-of-path": ("order.step-identity", "order.message-ids", *_SURFACE),
        "order.run-cancel": _SURFACE,
        "order.run-started-at": ("order.run-times",),
        "order.run-started": ("order.run-queued",),
        "order.run-path": ("order.run-queued", "order.run-started-at"),
        "content.submitted-calls": ("order.submitted-closed", "order.submitted-one-step", "content.submitted-outputs",
                                    "surface.steps-after"),
        "content.submitted-outputs": ("surface.steps-after",),
        "content.nul-output": ("surface.steps-after",),
        "content.empty-output": ("surface.steps-after",),
        "order.submitted-closed": ("order.submitted-before-new", "order.submitted-first", *_SURFACE),
        "order.submitted-before-new": ("order.submitted-first",),
        "order.submitted-completed": (*_SUBMITTED, *_SURFACE),
        "order.submitted-one-step": ("surface.steps-after",),
        "order.submitted-not-recreated": ("order.submitted-first", "order.submitted-closed", "order.step-*"),
        "order.step-delta-after-created": ("order.step-life", "order.step-closed*", "order.step-serial",
                                           "content.tool-call*", *_SURFACE),
        "order.step-life": ("order.step-closed*", "order.step-serial", "order.step-identity",
                            "order.step-before-message", "order.message-has-step", "order.message-before-step-end",
                            *_SURFACE),
        "order.message-created-first": ("order.message-life", "content.message-*", "order.message-has-step",
                                        "order.step-before-message"),
        "order.message-delta-id": ("order.message-life", "content.message-*", "order.message-has-step", *_SURFACE),
        "order.message-life": ("order.message-before-step-end", "order.open-message-ends", "content.message-*",
                               "order.message-has-step", "order.step-before-message", *_SURFACE),
        "order.message-has-step": ("order.step-before-message", "surface.steps-after"),
        "order.new-ids": ("order.submitted-not-recreated", "surface.steps-after", "surface.messages-after"),
        "order.step-identity": ("order.message-has-step", "order.step-names-one-message", "surface.steps-after"),
        "order.step-names-one-message": ("order.message-has-step", "order.step-before-message", "surface.steps-after"),
        "order.step-closed": ("order.step-serial", "order.message-before-step-end", "surface.steps-after"),
        "order.step-closed-otherwise": ("order.step-serial", "surface.steps-after"),
        "content.message-index": ("content.message-text",),
        "content.message-text": ("surface.messages-after",),
        "content.tool-call-deltas": ("content.tool-calls",),
        "done.after-terminal": ("done.last",),
        "done.present": ("done.*",),
        "sending.empty-id": ("sending.path", "sending.submitted", "sending.one-request"),
        "sending.path": ("sending.submitted", "sending.every-call", "sending.one-request"),
        "sending.one-request": ("sending.every-call", "retry.*", *_SUCCESS),
        "retry.not-midstream": _SUCCESS,
        "sending.body": ("sending.every-call", "sending.output-string", "sending.stream-flag"),
        "sending.every-call": ("sending.output-string",),
        "outcome.after-done": _REPORTED,
        "outcome.usual": _REPORTED,
        "outcome.unknown-events": _REPORTED,
        "outcome.unknown-texts": _REPORTED,
        "outcome.unknown-members": _REPORTED,
        "outcome.bad-json": _REPORTED,
        "outcome.truncated": _REPORTED,
        "outcome.reset": _REPORTED,
        "outcome.error-event": _REPORTED,
        "outcome.error-event-bare": _REPORTED,
        "outcome.not-a-stream": _REPORTED,
        "outcome.refused": _REPORTED,
        "outcome.second-round": _REPORTED,
        **{f"reading.{rule}": _REPORTED for rule in _READING},
    }
)  # fmt: skip

#: A missing end is explained by a cause that names it, never by a pattern: nothing may hide it.
_NAMED = frozenset({"order.terminal-present", "done.present", "done.name", "done.data", "order.submitted-closed"})

#: Pairs that hold at one and the same event only: each event is a slip of its own.
AT_EVENT = frozenset(
    {"events.json", "events.run-fields", "events.object", "events.seconds", "events.status", "events.required-action"}
)

#: Breaches that change the run itself or how it is spoken to: they explain what comes of it in later exchanges too.
LASTING = frozenset({"submission.partial-refused", "submission.atomic", "sending.one-request", "sending.empty-id",
                     "sending.path"})  # fmt: skip


def cause_of(requirement: str, found: Mapping[str, tuple[Finding, ...]]) -> str | None:
    """The breach that explains why there was nothing to look at for a requirement, by the same table.

    `found` holds blamed findings: of a breach that follows from another the first cause is told.
    """
    causes = (cause for cause, patterns in CAUSES.items() if found.get(cause) and _follows(requirement, patterns))
    cause = next(causes, None)
    return None if cause is None else first_cause(cause, found)


def first_cause(cause: str, found: Mapping[str, tuple[Finding, ...]]) -> str:
    """Follow a breach to the one it all began with; the table has no circles."""
    while not any(finding.primary for finding in found[cause]):
        cause = found[cause][0].because or cause
    return cause


def _follows(requirement: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(requirement, pattern) for pattern in patterns)


def blame(found: Mapping[str, tuple[Finding, ...]]) -> dict[str, tuple[Finding, ...]]:
    """Attach effects to their causes. `found` holds the findings by requirement id; so does what is returned."""
    causes = [(cause, patterns) for cause, patterns in CAUSES.items() if found.get(cause)]
    return {
        requirement: tuple(_blamed(requirement, finding, causes, found) for finding in findings)
        for requirement, findings in found.items()
    }


def _blamed(
    requirement: str,
    finding: Finding,
    causes: Iterable[tuple[str, tuple[str, ...]]],
    found: Mapping[str, tuple[Finding, ...]],
) -> Finding:
    for cause, patterns in causes:
        if cause == requirement or not _follows(requirement, patterns):
            continue
        if requirement in _NAMED and requirement not in patterns:
            continue
        if any(_explains(cause, other, requirement, finding) for other in found[cause]):
            return replace(finding, primary=False, because=cause)
    return finding


def _comes_before(finding: Finding, cause: Finding) -> bool:
    """Whether a finding stands before the place of a cause: what an event holds follows from nothing later."""
    if finding.event is not None and cause.event is not None:
        return finding.event < cause.event
    if finding.span is not None and cause.span is not None:
        return finding.span[1] <= cause.span[0]
    return False


def _explains(cause: str, other: Finding, requirement: str, finding: Finding) -> bool:
    if requirement.startswith(("outcome.", "reading.")):
        return True  # a client ends once, after all of its exchanges
    if requirement.startswith("surface.") or cause in LASTING:
        return other.exchange <= finding.exchange
    if other.exchange != finding.exchange:
        return False
    if (
        cause.startswith(("events.", "framing."))
        and requirement.startswith("content.")
        and _comes_before(finding, other)
    ):
        return False
    # Two units of time collide wherever times are compared, not only where the wrong one stands.
    anywhere = cause not in AT_EVENT or (cause == "events.seconds" and requirement.startswith("order."))
    return anywhere or other.event == finding.event
