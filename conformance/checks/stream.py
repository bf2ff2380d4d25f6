"""The fold over one stream: each event is decoded, parsed, validated and walked once, then let go."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.checks.documents import member, text
from conformance.checks.entities import ENTER, LEAVE
from conformance.checks.ledger import Ledger
from conformance.checks.moments import BODY, END, EVENT, WAITING
from conformance.checks.observation import DONE, Observation, Place
from conformance.checks.registry import Check
from conformance.contract.lifecycle import STREAM_TERMINAL, WORDS, Word
from conformance.contract.schema import SCHEMA_OF_EVENT, accepts
from conformance.model import Response
from conformance.wire.sse import Decoder, Event
from conformance.wire.strict_json import NotJson, read

#: Moment -> what is called then.
Plan = Mapping[str, tuple[Check, ...]]


def walk_stream(observation: Observation, ledger: Ledger, plan: Plan, response: Response) -> None:
    """Fold the chunks of a response into `observation.stream`."""
    stream = observation.stream
    decoder = Decoder()
    for chunk in response.chunks:
        ms = chunk.ms
        for event in decoder.feed(chunk.data):
            if not _plain_delta(observation, event):
                _event(observation, ledger, plan, event, ms)
            stream.last_ms = ms
    decoder.close()
    stream.defects = decoder.defects
    stream.unterminated = decoder.unterminated
    observation.place = observation.move = observation.document = None
    ledger.call(plan.get(BODY, ()), observation)
    if stream.count:
        ledger.call(plan.get(END, ()), observation)


def _plain_delta(observation: Observation, event: Event) -> bool:
    """Take the commonest event by the shortest way: one more piece of text for the part that is being written.

    True where it was taken. Everything that any rule could object to is left to the long way, which is why an
    escape is left to it too: it may be half a character.
    """
    stream = observation.stream
    message = stream.open_message
    if message is None or event.name != "thread.message.delta" or message.state != "in_progress" or stream.over:
        return False
    data = event.data
    if b"\\u" in data:
        return False
    try:
        document = read(data)
    except NotJson:
        return False
    if not accepts("MessageDeltaObject", document) or document["id"] != message.id:  # type: ignore[index]
        return False
    content = document["delta"].get("content")  # type: ignore[index]
    if not content or len(content) != 1:
        return False
    entry = content[0]
    part = message.parts.get(entry["index"])
    if part is None or part.type != "text" or entry["type"] != "text":
        return False
    piece = entry.get("text")
    if not piece or piece.get("annotations"):
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
    observation.document = observation.not_json = observation.move = observation.step = observation.message = None
    observation.fits, observation.name = True, event.name
    if event.name == "done" or event.data.strip() == DONE:
        ledger.call(plan.get(EVENT, ()), observation)
        stream.dones += 1
        stream.done = stream.done or place
        return
    if not event.name:
        observation.name = _unnamed(observation, place)
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
        observation.fits = accepts(SCHEMA_OF_EVENT[name], observation.document)
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
    elif name == "error":
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
    try:
        document = read(observation.data)
    except NotJson:
        return ""
    name = text(document, "event")
    if name is None or not isinstance(document, dict) or "data" not in document:
        return ""
    observation.document = document["data"]
    return name


def _read(observation: Observation, data: bytes) -> None:
    try:
        observation.document = read(data)
    except NotJson as refused:
        observation.not_json = refused
        observation.fits = False
        observation.stream.unread.add(WORDS[observation.name].entity)


def _run_document(observation: Observation, ledger: Ledger, plan: Plan) -> None:
    document = member(observation.document)
    if document is not None and text(document, "id") and text(document, "status"):
        known = observation.history.saw_run(document)
        observation.known = observation.known or known
        if text(document, "status") == "requires_action":
            ledger.call(plan.get(WAITING, ()), observation)
