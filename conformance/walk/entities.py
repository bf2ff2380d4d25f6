"""How one event moves its run, step or message: the tables of `lifecycle.py` applied to what came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from conformance.contract.lifecycle import MESSAGE, RUN, STEP, Table
from conformance.model import Operation
from conformance.walk.documents import Document, find, member, members, number, text
from conformance.walk.observation import CallPieces, Message, Move, Observation, Part, Step

#: Open steps that may miss a delta which went astray: a run has one open step at a time.
_MISSED = 20

_Step = Callable[[Observation, str], None]


def _move(table: Table, entity_id: str, before: str, word: str) -> Move:
    to = table.moves[(before, word)]
    return Move(table.entity, entity_id, before, word, to.to, to.breaks, table.legal(before) if to.breaks else ())


def _enter_run(observation: Observation, word: str) -> None:
    stream, document = observation.stream, observation.doc()
    place = observation.about("run")
    observation.move = _move(RUN, text(document, "id") or "", stream.run_state, word)
    stream.run_state = observation.move.after
    if word == "queued":
        stream.queued += 1
    stream.run_seen = stream.run_seen or place
    if stream.run_first is None:
        stream.run_first = document


def _leave_run(observation: Observation, _word: str) -> None:
    observation.stream.run_before = observation.doc() or observation.stream.run_before


def _enter_step(observation: Observation, word: str) -> None:
    stream, document = observation.stream, observation.doc()
    step = _step(observation, document, word)
    if step is None:
        observation.about("step")
        return
    if word == "created" and step.inherited and step.ended is not None and not step.recreated:
        stream.reused[step.id] = step
        step = stream.steps[step.id] = stream.open_steps[step.id] = Step(step.id)
    observation.step = step
    # A delta of a step that is not open is missed by the one that is.
    astray = word == "delta" and (step.state == STEP.start or step.ended is not None)
    missed = (other for other in islice(stream.open_steps.values(), _MISSED if astray else 0) if other is not step)
    place = observation.about(step.about, *(other.about for other in missed))
    if word != "delta" and document is not None:
        _learn_step(step, document)
    if step.state == STEP.start:
        _first_sight(observation, step, word, document)
    move = _move(STEP, step.id, step.state, word)
    if step.recreated and move.breaks and move.before == STEP.start:
        move = move._replace(breaks=None)
    observation.move = move
    step.state = move.after
    if word == "created" and step.created is None:
        step.created = place
        if not step.inherited:
            stream.first_new = stream.first_new or place
    if move.after in STEP.ended and step.ended is None:
        step.ended = place
        stream.open_steps.pop(step.id, None)
        step.inherited = step.inherited or bool(_calls_of(document) & _submitted_ids(observation))
        step.recreated = step.recreated or (step.inherited and step.created is not None)
    if move.breaks and step.silent:
        step.early.append((place, move))
    if word == "delta":
        step.deltas += 1
        step.mixed = None
        for entry in members(document, "delta", "step_details", "tool_calls"):
            _piece(step, entry)
            _in_turn(step, entry)


def _leave_step(observation: Observation, word: str) -> None:
    step, document = observation.step, observation.doc()
    if step is None or not step.inherited:
        _leave_new(observation, word)
    if step is None or document is None:
        return
    step.message_id = step.message_id or message_named(document)
    if word != "delta" and not step.identity:
        step.identity = {key: find(document, key) for key in STEP_IDENTITY if key in document}


def message_named(document: Document | None) -> str | None:
    """The message that a step, or a delta of one, says it creates."""
    details = member(document, "step_details") or member(document, "delta", "step_details")
    return text(details, "message_creation", "message_id")


def _leave_new(observation: Observation, word: str) -> None:
    """Keep the latest time at which something new was created."""
    at = number(observation.document, "created_at")
    if word == "created" and at is not None:
        observation.stream.created_at = max(at, observation.stream.created_at or at)


def _leave_message(observation: Observation, word: str) -> None:
    """Let the pieces of an ended message go: its whole text is kept."""
    _leave_new(observation, word)
    if observation.message is not None and word in MESSAGE.ended:
        observation.message.parts = {}


#: What must not change over the events of a step (ORD-STEP-TYPE).
STEP_IDENTITY = ("type", "run_id", "thread_id", "assistant_id", "created_at")


def _step(observation: Observation, document: Document | None, word: str) -> Step | None:
    """The step an event speaks of; where its id cannot be read, the one that is open, unless it begins another."""
    stream, step_id = observation.stream, text(document, "id")
    if step_id is None and word == "created":
        return None
    if step_id is None:
        return next(iter(stream.open_steps.values())) if len(stream.open_steps) == 1 else None
    if step_id not in stream.steps:
        stream.steps[step_id] = stream.open_steps[step_id] = Step(step_id)
    return stream.steps[step_id]


def _learn_step(step: Step, document: Document) -> None:
    step.type = step.type or text(document, "type")
    step.tool_calls = members(document, "step_details", "tool_calls")
    step.call_types.update(kind for entry in step.tool_calls if (kind := text(entry, "type")))
    if not step.deltas:
        # A snapshot is where deltas start from; a step announced whole has no others.
        step.calls = {}
        for index, entry in enumerate(step.tool_calls):
            _piece(step, {**entry, "index": index})


def _first_sight(observation: Observation, step: Step, word: str, document: Document | None) -> None:
    """Tell a step of an earlier stream from a new one (contract §4.3)."""
    if observation.stream.operation is not Operation.SUBMIT or (step.type or "tool_calls") != "tool_calls":
        return
    if word in STEP.ended:
        step.inherited, step.state = True, "inherited"
        return
    known = observation.known
    if _calls_of(document) & _submitted_ids(observation) or (known is not None and step.id in known.ids):
        step.inherited = step.recreated = True


def _calls_of(document: Document | None) -> set[str]:
    return {call for entry in members(document, "step_details", "tool_calls") if (call := text(entry, "id"))}


def _submitted_ids(observation: Observation) -> set[str]:
    return set(observation.submitted.ids) if observation.submitted else set()


def _piece(step: Step, entry: Document) -> None:
    index = number(entry, "index")
    if index is None:
        return
    pieces = step.calls.setdefault(index, CallPieces())
    pieces.type = pieces.type or text(entry, "type")
    if pieces.type:
        step.call_types.add(pieces.type)
    pieces.id = pieces.id or text(entry, "id")
    pieces.name += text(entry, "function", "name") or ""
    pieces.arguments.write(text(entry, "function", "arguments") or "")


def _in_turn(step: Step, entry: Document) -> None:
    index = number(entry, "index") or 0
    if index < step.latest and text(entry, "type") == "function":
        step.mixed = step.mixed or (index, step.latest)
    step.latest = max(index, step.latest)


def _enter_message(observation: Observation, word: str) -> None:
    stream, document = observation.stream, observation.doc()
    message = _message(observation, text(document, "id"), word)
    if message is None:
        observation.about("message")
        return
    observation.message = message
    # A delta of a message that is not open is missed by the one that is.
    missed = stream.open_message if word == "delta" and stream.open_message is not message else None
    place = observation.about(message.about, *([missed.about] if missed is not None else []))
    move = _move(MESSAGE, message.id, message.state, word)
    stray = move.breaks == "order.message-created-first" and message.before is not None and not message.before.ended
    if stray:
        move = move._replace(breaks="order.message-delta-id", legal=(message.before.id if message.before else "",))
    observation.move = move
    message.state = move.after
    if word == "created" and message.created is None:
        message.created = place
        stream.first_new = stream.first_new or place
    if message.state in MESSAGE.ended:
        message.ended = message.ended or place
        if stream.open_message is message:
            stream.open_message = None
    elif not stray:
        stream.open_message = message
    if word == "delta":
        message.misplaced = None
        for entry in members(document, "delta", "content"):
            _text(message, entry)
    elif word in MESSAGE.ended:
        message.final = texts_of(document)
        message.reason = text(document, "incomplete_details", "reason")


def _message(observation: Observation, message_id: str | None, word: str) -> Message | None:
    stream = observation.stream
    if message_id is None:
        return None if word == "created" else stream.open_message
    message = stream.messages.get(message_id)
    if message is None:
        message = stream.messages[message_id] = Message(message_id)
        message.before = stream.open_message
    return message


def _text(message: Message, entry: Document) -> None:
    index, kind = number(entry, "index"), text(entry, "type")
    if index is None or kind is None:
        return
    part = message.parts.get(index)
    if part is None:
        if message.misplaced is None and index != len(message.parts):
            message.misplaced = (len(message.parts), index)
        part = message.parts[index] = Part(kind)
    part.text.write(_text_of(entry))
    for annotation in members(entry, "text", "annotations"):
        place = number(annotation, "index")
        place = len(part.annotations) if place is None else place
        # An annotation may come in pieces: they are laid over each other.
        part.annotations[place] = {**part.annotations.get(place, {}), **annotation}


def _text_of(entry: Document) -> str:
    """The text of a content part; other kinds have none."""
    return text(entry, "text", "value") or text(entry, "refusal") or ""


class Piece(NamedTuple):
    """A content part that holds text: its type, `text` or `refusal`, and all of its text."""

    type: str
    text: str


def pieces_of(document: Document | None) -> dict[int, Piece]:
    """Index -> type and text of a whole message's parts; parts without text are left out (ORD-MSG-CONCAT)."""
    found = ((index, Piece(text(entry, "type") or "", _text_of(entry))) for index, entry in enumerate(_parts(document)))
    return {index: piece for index, piece in found if piece.text}


def texts_of(document: Document | None) -> dict[int, str]:
    """Index -> text of the same parts."""
    return {index: piece.text for index, piece in pieces_of(document).items()}


def _parts(document: Document | None) -> tuple[Document, ...]:
    content = find(document, "content")
    return tuple(member(entry) or {} for entry in content) if isinstance(content, list) else ()


#: What an event does to its entity before the checks look, and what is kept of it once they have.
ENTER: Mapping[str, _Step] = MappingProxyType({"run": _enter_run, "step": _enter_step, "message": _enter_message})
LEAVE: Mapping[str, _Step] = MappingProxyType({"run": _leave_run, "step": _leave_step, "message": _leave_message})
