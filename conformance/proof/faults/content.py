"""Faults in what the pieces of a stream add up to."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable
from functools import partial

from conformance.proof.faults.pieces import (
    Pieces,
    changed,
    dropped,
    each,
    place,
    replaced,
    swapped,
    with_data,
)
from conformance.proof.faults.registry import event_fault, stream_fault
from conformance.reference.objects import Document

_STEP_END = "thread.run.step.completed"
_DELTA = "thread.message.delta"
_END = "thread.message.completed"
_CUT = "thread.message.incomplete"
_STEP_DELTA = "thread.run.step.delta"
_WAITING = "thread.run.requires_action"


def _with_calls(document: Document, calls: list[Document]) -> Document:
    return {**document, "step_details": {**document["step_details"], "tool_calls": calls}}


def _calls(document: Document) -> list[Document]:
    found: list[Document] = document["step_details"]["tool_calls"]
    return found


def _function(call: Document, **other: object) -> Document:
    return {**call, "function": {**call["function"], **other}}


def _outputs(document: Document, change: dict[str, object] | None = None, *, where: str = "") -> Document:
    """The step with another output in the calls whose output is `where`, or holds it."""
    return _with_calls(
        document,
        [
            _function(call, **(change or {})) if where in str(call["function"]["output"]) else call
            for call in _calls(document)
        ],
    )


@event_fault("calls-renamed", _STEP_END, breaks={"content.submitted-calls"})
def calls_renamed(document: Document) -> Document:
    """The submitted step shows calls of other ids than were submitted, as the reference page's example does."""
    return _with_calls(document, [{**call, "id": f"{call['id']}_x"} for call in _calls(document)])


@event_fault("call-shown-twice", _STEP_END, breaks={"content.submitted-calls"})
def call_shown_twice(document: Document) -> Document:
    """The submitted step shows a call twice."""
    return _with_calls(document, [*_calls(document), _calls(document)[0]])


@event_fault("call-arguments-changed", _STEP_END, breaks={"content.submitted-calls"})
def call_arguments_changed(document: Document) -> Document:
    """The submitted step shows other arguments than the run asked with."""
    return _with_calls(document, [_function(call, arguments="{}") for call in _calls(document)])


@event_fault("call-name-changed", _STEP_END, breaks={"content.submitted-calls"})
def call_name_changed(document: Document) -> Document:
    """The submitted step shows another function than the run asked for."""
    return _with_calls(document, [_function(call, name="another") for call in _calls(document)])


@event_fault("outputs-trimmed", _STEP_END, breaks={"content.submitted-outputs"})
def outputs_trimmed(document: Document) -> Document:
    """Outputs come back without their last character."""
    calls = [_function(call, output=(call["function"]["output"] or "")[:-1] or None) if _plain(call) else call
             for call in _calls(document)]  # fmt: skip
    return _with_calls(document, calls)


def _plain(call: Document) -> bool:
    output = call["function"]["output"]
    return isinstance(output, str) and len(output) > 1 and "\0" not in output


@event_fault("outputs-missing", _STEP_END, breaks={"content.submitted-outputs"})
def outputs_missing(document: Document) -> Document:
    """The completed step shows null for the outputs."""
    return _with_calls(document, [_function(call, output=None) if _plain(call) else call for call in _calls(document)])


@event_fault("outputs-by-position", _STEP_END, breaks={"content.submitted-outputs"})
def outputs_by_position(document: Document) -> Document:
    """Each call shows the output of another."""
    calls = _calls(document)
    if not all(map(_plain, calls)):
        return document
    outputs = [call["function"]["output"] for call in calls]
    return _with_calls(
        document,
        [_function(call, output=output) for call, output in zip(calls, outputs[1:] + outputs[:1], strict=True)],
    )


@event_fault("outputs-unified-newlines", _STEP_END, breaks={"content.submitted-outputs"})
def outputs_unified_newlines(document: Document) -> Document:
    """Line ends in outputs are normalized to LF."""
    calls = [_function(call, output=re.sub(r"\r\n?", "\n", call["function"]["output"])) if _plain(call) else call
             for call in _calls(document)]  # fmt: skip
    return _with_calls(document, calls)


def _each_output(document: Document, change: Callable[[str], str]) -> Document:
    calls = [_function(call, output=change(call["function"]["output"])) if _plain(call) else call
             for call in _calls(document)]  # fmt: skip
    return _with_calls(document, calls)


def _written_anew(output: str, parse_float: Callable[[str], object]) -> str:
    try:
        return json.dumps(json.loads(output, parse_int=int, parse_float=parse_float), ensure_ascii=False)
    except ValueError:
        return output


#: Name of a fault, what it does to each output.
_TIDIED: dict[str, tuple[str, Callable[[str], str]]] = {
    "outputs-written-anew": (
        "An output that is a JSON document is parsed and serialized again.", lambda output: _written_anew(output, float)
    ),
    "outputs-compacted": (
        "White space outside the strings of a JSON document is left out.",
        lambda output: output if _written_anew(output, float) == output else re.sub(r' (?=[:,\]}\[{])', "", output),
    ),
    "outputs-stripped": ("White space at both ends of an output is removed.", str.strip),
    "outputs-stripped-at-the-left": ("White space at the beginning of an output is removed.", str.lstrip),
    "outputs-stripped-at-the-right": ("White space at the end of an output is removed.", str.rstrip),
    "outputs-with-plain-spaces": (
        "A no-break space becomes an ordinary one.", lambda output: output.replace("\u00a0", " ")
    ),
    "outputs-composed": ("Outputs are normalized to NFC.", partial(unicodedata.normalize, "NFC")),
    "outputs-decomposed": ("Outputs are normalized to NFD.", partial(unicodedata.normalize, "NFD")),
    "outputs-simplified": ("Outputs are normalized to NFKC.", partial(unicodedata.normalize, "NFKC")),
    "outputs-unescaped": ("HTML entities in outputs are decoded.", html.unescape),
    "outputs-escaped": ("Outputs are escaped as HTML.", html.escape),
    "outputs-without-mark": (
        "The byte order mark of an output is removed.", lambda output: output.removeprefix("\ufeff")
    ),
    "outputs-without-controls": (
        "Control characters in outputs are left out.",
        lambda output: re.sub(r"[\x01-\x08\x0b\x0c\x0e-\x1f]", "", output),
    ),
}  # fmt: skip


def _declare_tidied(name: str, lie: str, change: Callable[[str], str]) -> None:
    def tidied(document: Document) -> Document:
        return _each_output(document, change)

    tidied.__doc__ = lie
    event_fault(name, _STEP_END, breaks={"content.submitted-outputs"})(tidied)


for _name, (_lie, _change) in _TIDIED.items():
    _declare_tidied(_name, _lie, _change)


@event_fault("outputs-cut-at-nul", _STEP_END, breaks={"content.nul-output"})
def outputs_cut_at_nul(document: Document) -> Document:
    """Outputs end at their first U+0000."""
    calls = [_function(call, output=call["function"]["output"].partition("\0")[0]) for call in _calls(document)]
    return _with_calls(document, calls)


@event_fault("empty-output-null", _STEP_END, breaks={"content.empty-output"})
def empty_output_null(document: Document) -> Document:
    """An empty output comes back as null."""
    calls = [_function(call, output=call["function"]["output"] or None) for call in _calls(document)]
    return _with_calls(document, calls)


@stream_fault("arguments-piece-lost", breaks={"content.tool-calls"}, having=_WAITING)
def arguments_piece_lost(pieces: Pieces) -> Pieces:
    """A piece of a call's arguments is lost."""
    return dropped(pieces, place(pieces, _STEP_DELTA, last=True))


@stream_fault("action-of-other-calls", breaks={"content.tool-calls"}, having=_WAITING)
def action_of_other_calls(pieces: Pieces) -> Pieces:
    """The run asks for other arguments than its step has built up."""
    index = place(pieces, _WAITING)
    run = pieces[index].document
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    action = {"type": "submit_tool_outputs",
              "submit_tool_outputs": {"tool_calls": [_function(call, arguments="{}") for call in calls]}}  # fmt: skip
    return replaced(pieces, index, changed(pieces[index], {**run, "required_action": action}))


@event_fault("call-begins-nameless", _STEP_DELTA, breaks={"content.tool-call-deltas"})
def call_begins_nameless(document: Document) -> Document:
    """The first piece of a call does not name its function."""
    details = document["delta"]["step_details"]
    calls = [{**call, "function": {"arguments": ""}} if call["type"] == "function" else call
             for call in details["tool_calls"]]  # fmt: skip
    return {**document, "delta": {"step_details": {**details, "tool_calls": calls}}}


@stream_fault("call-index-from-one", breaks={"content.tool-call-deltas"}, having=_WAITING)
def call_index_from_one(pieces: Pieces) -> Pieces:
    """Calls are counted from 1."""
    return tuple(with_data(one, one.data.replace(b'"index":0', b'"index":1')) if one.name == _STEP_DELTA else one
                 for one in pieces)  # fmt: skip


def _filled(message: Document) -> Document:
    return {**message, "content": [{"type": "text", "text": {"value": "In", "annotations": []}}]}


@event_fault("message-begins-full", "thread.message.created", breaks={"content.message-empty"})
def message_begins_full(document: Document) -> Document:
    """A message that is only created has text already."""
    return _filled(document)


@event_fault("message-in-progress-full", "thread.message.in_progress", breaks={"content.message-empty"})
def message_in_progress_full(document: Document) -> Document:
    """A message has text before its first delta."""
    return _filled(document)


@stream_fault("delta-lost", breaks={"content.message-text"}, having=_END)
def delta_lost(pieces: Pieces) -> Pieces:
    """A piece of text is lost."""
    return dropped(pieces, place(pieces, _DELTA, last=True))


@stream_fault("delta-twice", breaks={"content.message-text"}, having=_END)
def delta_twice(pieces: Pieces) -> Pieces:
    """A piece of text is sent twice."""
    index = place(pieces, _DELTA, last=True)
    return (*pieces[:index], pieces[index], *pieces[index:])


@stream_fault("deltas-swapped", breaks={"content.message-text"}, having=_END)
def deltas_swapped(pieces: Pieces) -> Pieces:
    """Two pieces of text come in the wrong order."""
    index = place(pieces, _DELTA, last=True)
    return swapped(pieces, index - 1, index)


@stream_fault("text-without-deltas", breaks={"content.message-text"}, having=_END)
def text_without_deltas(pieces: Pieces) -> Pieces:
    """The text comes with the completed message alone."""
    return tuple(one for one in pieces if one.name != _DELTA)


@event_fault("text-rewritten", _END, breaks={"content.message-text"})
def text_rewritten(document: Document) -> Document:
    """The completed message says something else than its deltas."""
    text = {"value": "It rains everywhere.", "annotations": []}
    return {**document, "content": [{"type": "text", "text": text}]}


@event_fault("text-as-refusal", _END, breaks={"content.message-text"})
def text_as_refusal(document: Document) -> Document:
    """The text of the deltas is a refusal in the completed message."""
    parts = [{"type": "refusal", "refusal": part["text"]["value"]} for part in document["content"]]
    return {**document, "content": parts}


@stream_fault("asks-without-a-step", breaks={"content.tool-calls"}, having=_WAITING)
def asks_without_a_step(pieces: Pieces) -> Pieces:
    """The run asks for calls, and no event of the stream shows the step that makes them."""
    step = pieces[place(pieces, "thread.run.step.created", last=True)].document["id"]
    return tuple(one for one in pieces if not (one.name.startswith("thread.run.step.") and one.document["id"] == step))


@stream_fault("delta-lost-before-cut", breaks={"content.message-text-incomplete"}, having=_CUT)
def delta_lost_before_cut(pieces: Pieces) -> Pieces:
    """A message that is cut short has text that no delta brought."""
    return dropped(pieces, place(pieces, _DELTA, last=True))


@stream_fault("index-for-each-delta", breaks={"content.message-index"}, having=_END)
def index_for_each_delta(pieces: Pieces) -> Pieces:
    """Each piece of text begins a part of its own, as in one re-implementation."""
    numbers = iter(range(len(pieces)))
    return tuple(changed(one, _at(one.document, next(numbers))) if one.name == _DELTA else one for one in pieces)


def _at(delta: Document, index: int) -> Document:
    return {**delta, "delta": {"content": [{**entry, "index": index} for entry in delta["delta"]["content"]]}}


@stream_fault("parts-from-one", breaks={"content.message-index"}, having=_END)
def parts_from_one(pieces: Pieces) -> Pieces:
    """The parts of a message are counted from 1."""
    return each(pieces, (_DELTA,), lambda delta: _at(delta, 1))


@event_fault("annotation-from-nowhere", _END, breaks={"content.annotations"})
def annotation_from_nowhere(document: Document) -> Document:
    """The completed message cites a file that no delta cited."""
    cited = {"type": "file_citation", "text": "In", "start_index": 0, "end_index": 2,
             "file_citation": {"file_id": "file_1"}}  # fmt: skip
    part = document["content"][0]
    text = {**part["text"], "annotations": [cited]}
    return {**document, "content": [{**part, "text": text}, *document["content"][1:]]}


@stream_fault("surrogates-cut", breaks={"content.unicode"}, having=_END)
def surrogates_cut(pieces: Pieces) -> Pieces:
    """A character is cut into two escapes, half of it in each of two deltas."""
    sun = next((i for i, one in enumerate(pieces) if one.name == _DELTA and "🌤".encode() in one.data), None)
    if sun is None:
        return pieces
    whole = pieces[sun]
    first = with_data(whole, whole.data.replace("🌤".encode(), b"\\ud83c"))
    second = with_data(pieces[sun + 1], pieces[sun + 1].data.replace(b'"value":"', b'"value":"\\udf24', 1))
    return (*pieces[:sun], first, second, *pieces[sun + 2 :])


@event_fault("half-character", _DELTA, breaks={"content.unicode"}, last=True)
def half_character(document: Document) -> Document:
    """A piece of text ends in half a character."""
    (entry,) = document["delta"]["content"]
    text = {**entry["text"], "value": entry["text"]["value"] + "\ud83c"}
    return {**document, "delta": {"content": [{**entry, "text": text}]}}
