"""What the stream says adds up: outputs come back unchanged, deltas become the text and the arguments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import zip_longest

from conformance.contract.lifecycle import STEP, WORDS
from conformance.model import Finding
from conformance.walk.documents import Document, around, find, members, number, shown, text
from conformance.walk.entities import Piece, pieces_of
from conformance.walk.history import Call, calls_of
from conformance.walk.observation import CallPieces, Message, Observation, Step
from conformance.walk.occasions import ENTITY_EVENTS, STEP_EVENTS
from conformance.walk.registry import UNSEEN, check

_STEP_ENDS = tuple(name for name in STEP_EVENTS if name.rpartition(".")[2] in STEP.ended)


def _submitted_step(observation: Observation) -> Step | None:
    """The step of the event at hand where it is one that was submitted to."""
    step, sent = observation.step, observation.submitted
    return step if step is not None and step.inherited and sent is not None and sent.items else None


def _functions(documents: Iterable[Document]) -> list[Document]:
    return [entry for entry in documents if text(entry, "type") == "function"]


def _ids(step: Step) -> set[str]:
    return {text(entry, "id") or "" for entry in _functions(step.tool_calls)}


@check("content.submitted-calls", on=_STEP_ENDS)
def submitted_calls(observation: Observation) -> Iterable[Finding] | None:
    """The calls of the submitted step are those that were submitted, each once, with the names and arguments asked."""
    step, sent = _submitted_step(observation), observation.submitted
    if step is None or sent is None:
        return None
    calls = _functions(step.tool_calls)
    if not calls or "id" in observation.replaced:
        return None
    ids = Counter(text(entry, "id") or "" for entry in calls)
    submitted = sent.ids
    found = [
        observation.finding(
            "not-submitted", "the step closes a call that was not submitted", " or ".join(submitted), call,
            pointer=_pointer(step, call, "id"),
        )
        for call in ids
        if call not in submitted
    ]  # fmt: skip
    found += [
        observation.finding("twice", "the step closes a call twice", "each call once", call, pointer=_CALLS)
        for call, times in ids.items()
        if times > 1
    ]
    before = {call: other for other in observation.stream.inherited() if other is not step for call in _ids(other)}
    found += [
        observation.finding("closed-before", "two steps close the same call", "each call once",
                            f"{call}, closed by {before[call].id}",
                            pointer=_pointer(step, call, "id"), about=(step.about, before[call].about))
        for call in ids
        if call in before
    ]  # fmt: skip
    asked = {call.id: call for call in sent.pending or ()}
    for entry in calls:
        call = asked.get(text(entry, "id") or "")
        if call is not None:
            found += _as_asked(observation, step, call, entry)
    return found


_CALLS = "/step_details/tool_calls"


def _pointer(step: Step, call_id: object, *names: str) -> str:
    """The JSON pointer of a member of the call of that id."""
    index = next((at for at, entry in enumerate(step.tool_calls) if (text(entry, "id") or "") == call_id), 0)
    return "/".join((_CALLS, str(index), *names))


def _as_asked(observation: Observation, step: Step, call: Call, entry: Document) -> list[Finding]:
    return [
        observation.finding(
            "changed", f"{name} of {call.id} changed", shown(expected), shown(got), details=(name,),
            pointer=_pointer(step, call.id, "function", name),
        )
        for name, expected in (("name", call.name), ("arguments", call.arguments))
        if (got := find(entry, "function", name)) != expected
        if "ids" in observation.held or (expected and got)
    ]  # fmt: skip


def _outputs(observation: Observation) -> list[tuple[str, str, object]] | None:
    """Call id, output as submitted, output as shown, for a submitted step that completed."""
    step, sent = _submitted_step(observation), observation.submitted
    if step is None or sent is None or step.state != "completed":
        return None
    shown_by = {text(entry, "id"): find(entry, "function", "output") for entry in _functions(step.tool_calls)}
    return [(call, output, shown_by[call]) for call, output in sent.outputs if call in shown_by]


def _changed(observation: Observation, outputs: list[tuple[str, str, object]]) -> list[Finding] | None:
    step = observation.step
    if not outputs or step is None:
        return None
    return [
        observation.finding("changed", f"the output of {call} changed", around(output, got), around(got, output),
                            pointer=_pointer(step, call, "function", "output"))
        for call, output, got in outputs
        if got != output
    ]  # fmt: skip


@check("content.submitted-outputs", on=_STEP_ENDS)
def submitted_outputs(observation: Observation) -> Iterable[Finding] | None:
    """Outputs come back as they were submitted, character for character."""
    outputs = _outputs(observation)
    if outputs is None:
        return None
    return _changed(observation, [row for row in outputs if row[1] and "\0" not in row[1]])


@check("content.nul-output", on=_STEP_ENDS)
def nul_output(observation: Observation) -> Iterable[Finding] | None:
    """So does an output that holds U+0000."""
    outputs = _outputs(observation)
    return None if outputs is None else _changed(observation, [row for row in outputs if "\0" in row[1]])


@check("content.empty-output", on=_STEP_ENDS)
def empty_output(observation: Observation) -> Iterable[Finding] | None:
    """So does the empty string."""
    outputs = _outputs(observation)
    return None if outputs is None else _changed(observation, [row for row in outputs if not row[1]])


@check("content.tool-calls", on=["thread.run.requires_action"])
def tool_calls(observation: Observation) -> Iterable[Finding] | None:
    """The calls the run waits for are those its open step has built up, or those known before this stream."""
    waiting = calls_of(observation.doc() or {})
    stream = observation.stream
    steps = [step for step in stream.open_steps.values() if not step.inherited and step.calls]
    if waiting is None or stream.terminal is not None:
        return None
    if not steps:
        return _untold(observation, [call.id for call in waiting])
    built = [
        Call(pieces.id or "", pieces.name, pieces.arguments.getvalue())
        for step in steps
        for _, pieces in sorted(step.calls.items())
        if pieces.type in (None, "function")
    ]
    missing, needless = Counter(waiting) - Counter(built), Counter(built) - Counter(waiting)
    differing = next(iter(missing or needless), None)
    if differing is None:
        return ()
    about = ("run", *(step.about for step in steps))
    if stream.lost(*about):
        return UNSEEN
    same = next((call for call in built if call.id == differing.id), None)
    got = f"{same.name}({same.arguments})" if same else f"calls {', '.join(call.id for call in built)}"
    expected = f"{differing.id}: {differing.name}({differing.arguments})"
    message = "the step's deltas do not add up to the calls of required_action"
    return [
        observation.finding("differ", message, shown(expected), shown(got), pointer="/required_action", about=about)
    ]


def _untold(observation: Observation, waiting: list[str]) -> Iterable[Finding] | None:
    """A run asks for calls that a step holds, in this stream or before it."""
    stream, known = observation.stream, observation.known
    if observation.move is not None and observation.move.breaks:
        return None  # a run that may not ask here is reported as that
    held = {call for step in stream.steps.values() for call in step.call_ids}
    held |= known.step_by_call.keys() if known else set()
    untold = [call for call in waiting if call not in held]
    if not untold:
        return None
    if any(each.startswith("step") for each in stream.unread):
        return UNSEEN
    said, expected = "the run asks for calls that no step holds", f"a step with {', '.join(untold)}"
    about = ("run", "step ?")
    return [observation.finding("untold", said, expected, "none", pointer="/required_action", about=about)]


@check("content.tool-call-deltas", on=["thread.run.step.delta"])
def tool_call_deltas(observation: Observation) -> Iterable[Finding] | None:
    """The first delta of a function call names it; calls come one after the other, numbered from 0 without gaps."""
    step = observation.step
    entries = members(observation.document, "delta", "step_details", "tool_calls")
    entries = tuple(_functions(entries))
    if step is None or not entries:
        return None
    found = []
    for entry in entries:
        index = number(entry, "index")
        pieces = step.calls.get(-1 if index is None else index)
        if pieces is None or index is None:
            continue
        found += _delta_of_call(observation, step, index, pieces)
    if step.mixed is not None:
        got = "call {} after call {}".format(*step.mixed)
        found.append(observation.finding("mixed", "pieces of calls are mixed", "all pieces of one call together", got))
    return UNSEEN if found and observation.stream.lost(step.about) else found


def _delta_of_call(observation: Observation, step: Step, index: int, pieces: CallPieces) -> list[Finding]:
    found = []
    if not pieces.id or not pieces.name:
        expected = "id, type and function.name in the first delta of a call"
        found.append(
            observation.finding(
                "nameless", "a call's deltas begin without its name", expected, f"call {index} without them"
            )
        )
    if index >= len(step.calls):
        got = f"index {index} as number {len(step.calls)}"
        found.append(observation.finding("gap", "call indices have gaps", "0, 1, 2 …", got))
    return found


@check("content.message-empty", on=["thread.message.created", "thread.message.in_progress"])
def message_empty(observation: Observation) -> Iterable[Finding] | None:
    """A message begins empty."""
    if observation.doc() is None:
        return None
    got = find(observation.document, "content")
    if got == []:
        return ()
    return [observation.finding("not-empty", "a new message has content", "[]", shown(got), pointer="/content")]


def built_up(message: Message) -> dict[int, Piece]:
    """Index -> type and text that the deltas gave; parts without text are left out."""
    pieces = {index: Piece(part.type, part.text.getvalue()) for index, part in message.parts.items()}
    return {index: piece for index, piece in pieces.items() if piece.text}


def _adds_up(observation: Observation) -> Iterable[Finding] | None:
    message = observation.message
    if message is None or observation.doc() is None:
        return None
    built, whole = sorted(built_up(message).items()), sorted(pieces_of(observation.doc()).items())
    # Parts that are empty or not text may be listed or left out, which moves the indices of the others.
    pairs = list(zip_longest(built, whole, fillvalue=(None, Piece("", ""))))
    apart = [pair for pair in pairs if pair[0][1] != pair[1][1]]
    if not apart:
        return ()
    if observation.stream.lost(message.about):
        return UNSEEN
    (told, expected), (index, got) = next((pair for pair in apart if pair[0][1].text != pair[1][1].text), apart[0])
    part = f"/content/{told if index is None else index}"
    if expected.text == got.text:
        said = f"a part of {message.id} is of another type than in its deltas"
        return [observation.finding("another-type", said, expected.type, got.type, pointer=f"{part}/type")]
    said, was, now = f"the text of {message.id} is not what its deltas said", expected.text, got.text
    return [observation.finding("differs", said, around(was, now), around(now, was), pointer=f"{part}/text/value")]


@check("content.message-text", on=["thread.message.completed"])
def message_text(observation: Observation) -> Iterable[Finding] | None:
    """The deltas of a message add up to its text, part by part."""
    return _adds_up(observation)


@check("content.message-text-incomplete", on=["thread.message.incomplete"])
def message_text_incomplete(observation: Observation) -> Iterable[Finding] | None:
    """So do those of a message that was cut short."""
    return _adds_up(observation)


@check("content.message-index", on=["thread.message.delta", "thread.message.completed"])
def message_index(observation: Observation) -> Iterable[Finding] | None:
    """Parts appear in the order 0, 1, 2 …, and one piece of text stays one part."""
    message = observation.message
    if message is None:
        return None
    if observation.name.endswith("completed"):
        built, whole = built_up(message), pieces_of(observation.doc())
        if len(built) <= len(whole) or _joined(built) != _joined(whole):
            return ()
        got = f"{len(built)} parts in the deltas, {len(whole)} in the message"
        return [observation.finding("spread", "one text was spread over several parts", "one index for one part", got)]
    if message.misplaced is None:
        return ()
    expected, got_index = message.misplaced
    found = f"index {got_index}"
    return [
        observation.finding("out-of-order", "content indices do not appear in order", f"index {expected} next", found)
    ]


def _joined(pieces: Mapping[int, Piece]) -> str:
    return "".join(piece.text for piece in pieces.values())


@check("content.annotations", on=["thread.message.completed"])
def message_annotations(observation: Observation) -> Iterable[Finding] | None:
    """The annotations of the deltas are those of the message."""
    message, content = observation.message, find(observation.document, "content")
    if message is None or not isinstance(content, list):
        return None
    built = _annotated((index, [found for _, found in sorted(part.annotations.items())])
                       for index, part in sorted(message.parts.items()))  # fmt: skip
    whole = _annotated((index, members(entry, "text", "annotations")) for index, entry in enumerate(content))
    for (told, expected), (index, got) in zip_longest(built, whole, fillvalue=(None, [])):
        if expected != got:
            pointer = f"/content/{told if index is None else index}/text/annotations"
            return [observation.finding("changed", "annotations changed", shown(expected), shown(got), pointer=pointer)]
    return () if built or whole else None


def _annotated(parts: Iterable[tuple[int, Iterable[Document]]]) -> list[tuple[int | None, list[tuple[object, ...]]]]:
    """Index and annotations of the parts that have any."""
    listed = ((index, [_annotation(found) for found in annotations]) for index, annotations in parts)
    return [(index, annotations) for index, annotations in listed if annotations]


def _annotation(document: Document) -> tuple[object, ...]:
    return (
        find(document, "type"),
        find(document, "text"),
        find(document, "start_index"),
        find(document, "end_index"),
        find(document, "file_citation", "file_id") or find(document, "file_path", "file_id"),
    )


@check("content.unicode", on=ENTITY_EVENTS)
def unicode(observation: Observation) -> Iterable[Finding] | None:
    """No text of the server's is cut inside a character; runs and whole steps repeat the client's as they were."""
    if observation.not_json is not None:
        return None
    repeats = WORDS[observation.name].entity in ("run", "step") and not observation.name.endswith(".delta")
    if repeats or observation.whole_characters:
        return ()
    pointer = _half_character(observation.document)
    if pointer is None:
        return ()
    said = "a text holds half a character"
    return [observation.finding("half-character", said, "whole characters", "an unpaired surrogate", pointer=pointer)]


def _half_character(document: object) -> str | None:
    """The pointer of the first string with an unpaired surrogate; walks without recursion."""
    waiting: list[tuple[str, object]] = [("", document)]
    if isinstance(document, dict):
        # Metadata are the client's own words.
        waiting = [("", {key: value for key, value in document.items() if key != "metadata"})]
    while waiting:
        pointer, value = waiting.pop()
        if isinstance(value, str):
            if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
                return pointer
        elif isinstance(value, dict):
            waiting.extend((f"{pointer}/{key}", entry) for key, entry in value.items())
        elif isinstance(value, list):
            waiting.extend((f"{pointer}/{index}", entry) for index, entry in enumerate(value))
    return None
