"""The fold over one stream: each event is decoded, parsed, validated and walked once, then let go."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orjson import JSONDecodeError, loads

from conformance.checks.documents import member, text
from conformance.checks.entities import ENTER, LEAVE
from conformance.checks.ledger import Ledger
from conformance.checks.moments import BODY, DONE_EVENT, END, EVENT, WAITING
from conformance.checks.observation import DONE, Message, Observation, Place, Stream
from conformance.checks.registry import Check
from conformance.contract.lifecycle import STREAM_TERMINAL, WORDS, Word
from conformance.contract.schema import SCHEMA_OF_EVENT, accepts, decider
from conformance.model import Ended, Response
from conformance.wire.sse import Decoder, Event
from conformance.wire.strict_json import NotJson, read_either

_DELTA = "thread.message.delta"

#: Members without which nobody knows which step, message or call an event speaks of.
NAMING = frozenset({"id", "message_id", "name"})

#: Moment -> what is called then.
Plan = Mapping[str, tuple[Check, ...]]


def walk_stream(observation: Observation, ledger: Ledger, plan: Plan, response: Response) -> None:
    """Fold the chunks of a response into `observation.stream`."""
    stream = observation.stream
    decoder = Decoder()
    fits = decider("MessageDeltaObject")
    for chunk in response.chunks:
        ms = chunk.ms
        for event in decoder.events(chunk.data):
            if event[0] != _DELTA or not _plain_delta(stream, event[1], fits):
                _event(observation, ledger, plan, event, ms)
                stream.writing = _writing(stream)
    decoder.close()
    stream.defects = decoder.defects
    stream.unterminated = decoder.unterminated
    if stream.unterminated is not None and _was_trimmed(observation, response, stream.unterminated):
        _event(observation, ledger, plan, stream.unterminated, ms=response.chunks[-1].ms)
        stream.unterminated = None
        stream.defects = [defect for defect in stream.defects if defect.kind != "unterminated"]
        observation.notes["the last event is read as if a blank line followed: text files often lose it"] = None
    observation.place = observation.move = observation.document = None
    ledger.call(plan.get(BODY, ()), observation)
    if stream.count:
        ledger.call(plan.get(END, ()), observation)


def _was_trimmed(observation: Observation, response: Response, last: Event) -> bool:
    """Whether all that the last block lacks is a blank line that an editor may have taken (COR-LAST-LINE)."""
    if "last-line" in observation.held or response.ended is not Ended.COMPLETE or not last.data:
        return False
    try:
        return last.data.strip() == DONE or read_either(last.data) is not None
    except NotJson:
        return False


def _writing(stream: Stream) -> Message | None:
    """The message that may take a piece of text without ado."""
    message = stream.open_message
    return message if message is not None and message.state == "in_progress" and not stream.over else None


def _plain_delta(stream: Stream, data: bytes, fits: Callable[[object], bool]) -> bool:
    """Take the commonest event by the shortest way: one more piece of text for a part that is being written.

    True where it was taken. Everything that any rule could object to is left to the long way; half a character is
    among it, for the fast reader refuses unpaired surrogates.
    """
    message = stream.writing
    if message is None or not message.parts:
        return False
    try:
        document = loads(data)
    except JSONDecodeError:
        return False
    if not fits(document) or document["id"] != message.id:
        return False
    content = document["delta"].get("content")
    if not content or len(content) != 1:
        return False
    entry = content[0]
    if entry["type"] != "text":  # a part of an unknown type may hold anything
        return False
    part = message.parts.get(entry["index"])
    piece = entry.get("text")
    if part is None or not piece or part.type != "text" or piece.get("annotations"):
        return False
    part.text.write(piece.get("value") or "")
    stream.count += 1
    return True


def _event(observation: Observation, ledger: Ledger, plan: Plan, event: Event, ms: int) -> None:
    """Take any event: name, document, schema, state, then the checks of its name."""
    stream = observation.stream
    if stream.count == 0:
        stream.first_ms = ms
    place = observation.place = Place(event.name, stream.count, (event.start, event.end), ms)
    stream.count += 1
    observation.data = event.data
    observation.take(None)
    observation.not_json = observation.move = observation.step = observation.message = None
    observation.fits = observation.whole_characters = True
    observation.name = event.name
    if event.name == "done" or event.data.strip() == DONE:
        ledger.call(plan.get(DONE_EVENT, ()), observation)
        stream.dones += 1
        stream.done = stream.done or place
        return
    if not event.name:
        observation.name = _unnamed(observation, place)
        if observation.name == "done":
            stream.dones += 1
            stream.done = stream.done or place
            return
    ledger.call(plan.get(EVENT, ()), observation)
    word = WORDS.get(observation.name)
    if word is not None:
        _known_event(observation, ledger, plan, word, place)
    elif observation.name:
        stream.unknown[observation.name] += 1


def _known_event(observation: Observation, ledger: Ledger, plan: Plan, word: Word, place: Place) -> None:
    """Take an event of the vocabulary."""
    stream, name = observation.stream, observation.name
    if observation.document is None:
        _read(observation, observation.data)
    if name in SCHEMA_OF_EVENT and observation.not_json is None:
        observation.fits = accepts(SCHEMA_OF_EVENT[name], observation.as_sent)
    if observation.replaced & NAMING:
        stream.unread.add(word.entity)
    if not observation.fits:
        stream.misfit.add(word.entity)
    if word.entity in ENTER:
        ENTER[word.entity](observation, word.word, place)
    ledger.call(plan.get(name, ()), observation)
    if word.entity in LEAVE:
        LEAVE[word.entity](observation, word.word, place)
    stream.first_known = stream.first_known or place
    if word.entity == "run":
        _run_document(observation, ledger, plan)
        if word.word in STREAM_TERMINAL:
            _terminal(observation, word, place)
    elif name == "error" and stream.terminal is None:
        # One that comes later suspends nothing of what must have come before (COR-ERROR-LAST).
        stream.error = stream.error or place


def _terminal(observation: Observation, word: Word, place: Place) -> None:
    stream = observation.stream
    stream.terminals += 1
    if stream.terminal is None:
        stream.terminal, stream.terminal_word = place, word.word
        stream.terminal_document = observation.doc()


def _unnamed(observation: Observation, place: Place) -> str:
    """The name of an event without one: that of the envelope its data is, where it is one (contract §8.1 DEV-ASTRA)."""
    stream = observation.stream
    stream.nameless = stream.nameless or place
    stream.nameless_count += 1
    if not observation.data.lstrip().startswith(b"{"):
        return ""
    try:
        document, observation.whole_characters = read_either(observation.data)
    except NotJson:
        return ""
    name = text(document, "event")
    if name is None or not isinstance(document, dict) or "data" not in document:
        return ""
    observation.take(document["data"])
    stream.enveloped += 1
    return name


def _read(observation: Observation, data: bytes) -> None:
    try:
        document, observation.whole_characters = read_either(data)
        observation.take(document)
    except NotJson as refused:
        observation.not_json = refused.with_traceback(None)
        observation.fits = False
        observation.stream.unread.add(WORDS[observation.name].entity)


def _run_document(observation: Observation, ledger: Ledger, plan: Plan) -> None:
    document = member(observation.document)
    named = bool(text(document, "id")) or "id" in observation.replaced
    if document is not None and named and text(document, "status"):
        known = observation.saw_run(document)
        observation.known = observation.known or known
        if text(document, "status") == "requires_action":
            ledger.call(plan.get(WAITING, ()), observation)
