"""Each event for itself: JSON, the schema of its name, and what its fields must say."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.checks.shared.timestamps import wrong_seconds
from conformance.contract.lifecycle import STREAM_TERMINAL, WORDS
from conformance.contract.schema import SCHEMA_OF_EVENT, Violation, cause_violations, explain, missing_fields
from conformance.model import Finding
from conformance.walk.causes import COUNTED
from conformance.walk.documents import Document, find, member, members, shown, text
from conformance.walk.findings import EXPLAINED, EXPLAINED_BYTES
from conformance.walk.observation import Observation
from conformance.walk.occasions import END, ENTITY_EVENTS, RUN_EVENTS, WHOLE_EVENTS
from conformance.walk.registry import check

#: `data.object` by entity and kind of event.
_OBJECT = {
    "RunObject": "thread.run",
    "RunStepObject": "thread.run.step",
    "RunStepDeltaObject": "thread.run.step.delta",
    "MessageObject": "thread.message",
    "MessageDeltaObject": "thread.message.delta",
    "ThreadObject": "thread",
}
_RUN_AND_STEP_ENDS = ("thread.run.completed", "thread.run.step.completed")


@check("events.json", on=[*ENTITY_EVENTS, "thread.created", "error"])
def json(observation: Observation) -> Iterable[Finding]:
    """The data of a known event is JSON."""
    refused = observation.not_json
    if refused is None:
        return ()
    return [
        observation.finding(
            "not-json",
            f"the data of {observation.name} is not JSON",
            "valid JSON",
            str(refused),
            details=(observation.name,),
        )
    ]


@check("events.object", on=ENTITY_EVENTS)
def object_(observation: Observation) -> Iterable[Finding] | None:
    """`data.object` fits the event's name."""
    if observation.not_json is not None:
        return None
    expected = _OBJECT[SCHEMA_OF_EVENT[observation.name]]
    got = find(observation.document, "object")
    if got == expected:
        return ()
    message = f"{observation.name} carries another object"
    # What has no `id` either is another document altogether, such as an envelope around the right one.
    pointer = "" if find(observation.document, "id") is None else "/object"
    return [
        observation.finding(
            "another-object", message, expected, shown(got), details=(observation.name,), pointer=pointer
        )
    ]


@check("events.schema", on=[*ENTITY_EVENTS, "thread.created"])
def schema(observation: Observation) -> Iterable[Finding] | None:
    """The data fits the corrected schema of its name."""
    if observation.not_json is not None:
        return None
    if observation.fits:
        return ()
    stream = observation.stream
    if stream.misfits > EXPLAINED or (stream.misfits > 1 and stream.misfit_bytes > EXPLAINED_BYTES):
        # Beyond what is looked at only the number counts, and explaining costs a hundred times deciding.
        return [COUNTED]
    return _told(observation, "misfit", explain(SCHEMA_OF_EVENT[observation.name], observation.as_sent))


def _told(observation: Observation, kind: str, violations: Iterable[Violation]) -> list[Finding]:
    return [
        observation.finding(
            kind, f"the data of {observation.name} does not fit its schema at {found.pointer or '/'}",
            found.expected, found.got, details=(observation.name,), pointer=found.pointer,
        )
        for found in violations
    ]  # fmt: skip


@check("events.causes", on=WHOLE_EVENTS)
def causes(observation: Observation) -> Iterable[Finding] | None:
    """Causes of failure are of the documented lists; the lists are open, so this never fails anybody."""
    if (
        member(observation.document, "last_error") is None
        and member(observation.document, "incomplete_details") is None
    ):
        return None
    return _told(observation, "undocumented", cause_violations(SCHEMA_OF_EVENT[observation.name], observation.document))


@check("events.seconds", on=WHOLE_EVENTS)
def seconds(observation: Observation) -> Iterable[Finding] | None:
    """Timestamps are integer seconds."""
    document = observation.doc()
    if document is None:
        return None
    return wrong_seconds(observation, SCHEMA_OF_EVENT[observation.name], document)


@check("events.status", on=WHOLE_EVENTS)
def status(observation: Observation) -> Iterable[Finding] | None:
    """`data.status` fits the event's name."""
    if observation.doc() is None:
        return None
    expected = WORDS[observation.name].statuses
    got = find(observation.document, "status")
    if got in expected:
        return ()
    message = f"{observation.name} carries another status"
    return [
        observation.finding(
            "another-status", message, " or ".join(expected), shown(got), details=(observation.name,), pointer="/status"
        )
    ]


@check("events.no-error", on=_RUN_AND_STEP_ENDS)
def no_error(observation: Observation) -> Iterable[Finding] | None:
    """What completed has no last_error."""
    if observation.doc() is None:
        return None
    got = find(observation.document, "last_error")
    if got is None:
        return ()
    return [observation.finding("error", "what completed carries an error", "null", shown(got), pointer="/last_error")]


@check("events.create-only", on=["thread.created", "thread.run.created", END])
def create_only(observation: Observation) -> Iterable[Finding]:
    """What announces a new thread or run does not come in the stream of a submission."""
    if observation.place is None:
        return ()
    name = observation.name
    return [
        observation.finding(
            "came", f"{name} came although the run exists already", "no such event here", name, details=(name,)
        )
    ]


@check("events.required-action", on=["thread.run.requires_action"])
def required_action(observation: Observation) -> Iterable[Finding] | None:
    """A run that waits says for which function calls; a kind of action that we do not know is left alone."""
    action = member(observation.document, "required_action")
    kind = text(action, "type")
    if observation.doc() is None or (action is not None and kind not in (None, "submit_tool_outputs")):
        return None
    if members(action, "submit_tool_outputs", "tool_calls"):
        return () if kind else [_action(observation, "no type")]
    return [_action(observation, shown(find(observation.document, "required_action")))]


def _action(observation: Observation, got: str) -> Finding:
    return observation.finding(
        "no-calls", "the run waits, yet does not say for what", "submit_tool_outputs with its tool_calls", got,
        pointer="/required_action",
    )  # fmt: skip


_NO_ACTION = ("thread.run.queued", "thread.run.in_progress", "thread.run.completed")
_NO_ACTION_OTHERWISE = tuple(name for name in RUN_EVENTS if name not in (*_NO_ACTION, "thread.run.requires_action"))


def _no_action(observation: Observation) -> Iterable[Finding] | None:
    if observation.doc() is None:
        return None
    got = find(observation.document, "required_action")
    if got is None:
        return ()
    message = f"{observation.name} still carries required_action"
    return [
        observation.finding(
            "kept",
            message,
            "null, or no such field",
            shown(got),
            details=(observation.name,),
            pointer="/required_action",
        )
    ]


check("events.no-action", on=_NO_ACTION)(_no_action)
check("events.no-action-otherwise", on=_NO_ACTION_OTHERWISE)(_no_action)

#: The field that says when, or why, a run ended.
_END_FIELDS = {
    "thread.run.completed": ("completed_at",),
    "thread.run.failed": ("failed_at", "last_error"),
    "thread.run.cancelled": ("cancelled_at",),
    "thread.run.incomplete": ("incomplete_details",),
}


@check("events.end-time", on=tuple(_END_FIELDS))
def end_time(observation: Observation) -> Iterable[Finding] | None:
    """A run that ended says when, and where it broke, why. Cut short, it may go by the older name."""
    document = observation.doc()
    if document is None:
        return None
    fields: tuple[str, ...] = _END_FIELDS[observation.name]
    if text(document, "status") == "incomplete":
        fields = ("incomplete_details",) if "incomplete_details" in document else ()
    return [
        observation.finding(
            "absent",
            f"{observation.name} without {name}",
            f"a value in {name}",
            "null or absent",
            details=(observation.name, name),
            pointer=f"/{name}",
        )
        for name in fields
        if find(document, name) is None
    ]


@check("events.completed-at", on=("thread.run.step.completed", "thread.message.completed"))
def completed_at(observation: Observation) -> Iterable[Finding] | None:
    """A step or a message that is completed says when; one that is of another status, or misshapen, is another slip."""
    document = observation.doc()
    if document is None or not observation.fits or text(document, "status") != "completed":
        return None
    if find(document, "completed_at") is not None:
        return ()
    said = f"{observation.name} without completed_at"
    expected, got = "a value in completed_at", "null or absent"
    return [observation.finding("absent", said, expected, got, details=(observation.name,), pointer="/completed_at")]


@check("events.usage", on=[name for name in WHOLE_EVENTS if WORDS[name].entity in ("run", "step")])
def usage(observation: Observation) -> Iterable[Finding] | None:
    """Usage is null while there is something to count, and an object once run or step has completed."""
    document, word = observation.doc(), WORDS[observation.name]
    if document is None:
        return None
    got = find(document, "usage")
    if word.word == "completed" and not isinstance(got, dict):
        return [_usage(observation, "absent", "an object", got)]
    under_way = word.word in ("created", "queued", "in_progress", "cancelling", "requires_action")
    if under_way and got is not None and not (word.word in STREAM_TERMINAL and isinstance(got, dict)):
        return [_usage(observation, "too-early", "null", got)]
    return ()


def _usage(observation: Observation, kind: str, expected: str, got: object) -> Finding:
    return observation.finding(
        kind, f"usage in {observation.name}", expected, shown(got), details=(observation.name,), pointer="/usage"
    )


@check("events.run-fields", on=RUN_EVENTS)
def run_fields(observation: Observation) -> Iterable[Finding] | None:
    """A run carries all fields of the published schema, those that came later included."""
    document = observation.doc()
    if document is None:
        return None
    return lacking(observation, document)


def lacking(observation: Observation, document: Document) -> list[Finding]:
    """One finding for all fields that a run lacks, first seen here."""
    missing = missing_fields("RunObject", document)
    if not missing:
        return []
    return [
        observation.finding(
            "absent", "the run lacks fields", "all fields of RunObject", f"without {', '.join(missing)}"
        )
    ]
