"""The fold over one stream: each event is decoded, parsed, validated and walked once, then let go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from orjson import loads

from conformance.contract.lifecycle import STREAM_TERMINAL, WORDS, Word
from conformance.contract.schema import SCHEMA_OF_EVENT, accepts, decider
from conformance.model import Author, Ended, Response
from conformance.walk.documents import member, text
from conformance.walk.entities import ENTER, LEAVE
from conformance.walk.findings import Findings
from conformance.walk.moments import Moments
from conformance.walk.observation import Message, Observation, Stream
from conformance.walk.occasions import BODY, DONE_EVENT, END, EVENT, WAITING
from conformance.walk.place import DONE, Place
from conformance.walk.schedule import Calls
from conformance.wire.sse import Decoder, Event
from conformance.wire.strict_json import NotJson, read_either

_DELTA = "thread.message.delta"

#: What is looked at of one stream before the rest of it is left: events, apart from the plain deltas of a text, which
#: cost a tenth of the others. Models write less than that in one answer, many times over, and it takes some seconds.
MOST_WORK = 100_000

#: Names of unknown events that are kept of one stream, and characters of each: enough to see what they are.
UNKNOWN, NAME = 100, 120

#: Steps and messages that make an event count once more, since some rules look at all of them.
_CROWD = 50

#: Everything that a stream may speak of, as in `Stream.unread`.
_ENTITIES = frozenset({"run", "step", "message"})

#: Members without which nobody knows which step, message or call an event speaks of.
NAMING = frozenset({"id", "message_id", "name"})

#: What reading a document raises where it is not shaped as the commonest event is, or is no JSON (a ValueError).
_ANOTHER_SHAPE = (KeyError, TypeError, ValueError, AttributeError)


def walk_stream(
    observation: Observation, findings: Findings, calls: Calls, response: Response, moments: Moments | None = None
) -> None:
    """Fold the chunks of a response into `observation.stream`; `moments` are to keep its events."""
    stream = observation.stream
    if moments is not None:
        moments.begin(observation)
    decoder = Decoder()
    defects = stream.defects = decoder.defects
    fits = decider("MessageDeltaObject")
    for event, ms in _timed(decoder, response):
        if event[0] != _DELTA or defects or not _plain_delta(stream, event[1], fits):
            _event(observation, findings, calls, event, ms)
            if moments is None:
                stream.writing = _writing(stream)
            else:  # where every event is kept, every one takes the long way
                moments.saw(observation)
            if defects and observation.place is not None:
                _spoil(stream, observation.place)
            stream.work += 1 + (len(stream.steps) + len(stream.messages) + len(stream.unread)) // _CROWD
            if stream.work >= MOST_WORK:
                _leave(observation, findings, calls, response)
                break
    else:
        decoder.close()
        _end(observation, findings, calls, decoder.unterminated, moments)
    if moments is not None:
        moments.end(observation)


def _end(
    observation: Observation, findings: Findings, calls: Calls, rest: Event | None, moments: Moments | None
) -> None:
    """The body has ended: take a last event that only lacks its blank line, and judge the whole."""
    stream, response = observation.stream, observation.response
    stream.unterminated = rest
    if rest is not None and response is not None and _was_trimmed(observation, response, rest):
        _event(observation, findings, calls, rest, ms=response.chunks[-1].ms)
        if moments is not None:
            moments.saw(observation)
        stream.unterminated = None
        stream.defects = [defect for defect in stream.defects if defect.kind != "unterminated"]
        observation.notes["the last event is read as if a blank line followed: text files often lose it"] = None
    observation.place = observation.move = observation.document = None
    if response is None or not _was_left(observation, response):
        findings.call(calls.get(BODY, ()), observation)
        if stream.count:
            findings.call(calls.get(END, ()), observation)


def _timed(decoder: Decoder, response: Response) -> Iterator[tuple[Event, int]]:
    """The events of a response, each with the time at which it was there."""
    for chunk in response.chunks:
        for event in decoder.events(chunk.data):
            yield event, chunk.ms


def _leave(observation: Observation, findings: Findings, calls: Calls, response: Response) -> None:
    """Look no further: what the rest of the stream says is not known, so that nothing of it is missed."""
    stream = observation.stream
    stream.unread.update(_ENTITIES)
    observation.notes[f"its stream was judged up to event {stream.count}: it takes more than any run of a model"] = None
    observation.place = observation.move = observation.document = None
    observation.exchange = replace(observation.exchange, response=replace(response, ended=Ended.ABORTED))
    findings.call(calls.get(BODY, ()), observation)
    findings.leave(calls.get(END, ()))


def _was_left(observation: Observation, response: Response) -> bool:
    """Whether a client that is not ours read no further: nothing is known of how the stream would have ended."""
    return response.ended is Ended.ABORTED and observation.exchange.request.author is Author.IMPLEMENTATION


def _spoil(stream: Stream, place: Place) -> None:
    """Keep the event that each defect of its bytes is in; both come in the order of the bytes."""
    while stream.placed < len(stream.defects) and (defect := stream.defects[stream.placed]).start < place.span[1]:
        if place.span[0] <= defect.start:
            stream.spoilt[defect] = place
        stream.placed += 1


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
    if message is None:
        return False
    try:
        document = loads(data)
        (entry,) = document["delta"]["content"]
        piece, part = entry["text"], message.parts[entry["index"]]
        # A part of an unknown type may hold anything.
        if entry["type"] != "text" or part.type != "text" or piece.get("annotations"):
            return False
        if document["id"] != message.id or not fits(document):
            return False
        part.text.write(piece["value"])
    except _ANOTHER_SHAPE:
        return False
    stream.count += 1
    return True


def _event(observation: Observation, findings: Findings, calls: Calls, event: Event, ms: int) -> None:
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
        findings.call(calls.get(DONE_EVENT, ()), observation)
        stream.dones += 1
        stream.done = stream.done or place
        return
    if not event.name:
        observation.name = _unnamed(observation, place)
        if observation.name == "done":
            stream.dones += 1
            stream.done = stream.done or place
            return
    word = WORDS.get(observation.name)
    if word is not None:
        _known_event(observation, findings, calls, word, place)
        return
    findings.call(calls.get(EVENT, ()), observation)
    if observation.name:
        _unknown(observation)


def _unknown(observation: Observation) -> None:
    """Keep the name of an event that nobody knows."""
    unknown = observation.stream.unknown
    if len(unknown) < UNKNOWN:
        unknown[observation.name[:NAME]] = None
    elif observation.name[:NAME] not in unknown:
        observation.notes[f"it has events of more than {UNKNOWN} unknown names, of which the first are listed"] = None


def _known_event(observation: Observation, findings: Findings, calls: Calls, word: Word, place: Place) -> None:
    """Take an event of the vocabulary."""
    stream, name = observation.stream, observation.name
    if observation.document is None:
        _read(observation, observation.data)
    if name in SCHEMA_OF_EVENT and observation.not_json is None:
        observation.fits = accepts(SCHEMA_OF_EVENT[name], observation.as_sent)
        if not observation.fits:
            stream.misfits += 1
            stream.misfit_bytes += len(observation.data)
    if observation.replaced & NAMING:
        stream.unread.add(word.entity)
    if word.entity in ENTER:
        ENTER[word.entity](observation, word.word)
    place = observation.place or place
    if observation.not_json is not None:
        stream.unread.update(place.about or (word.entity,))
    findings.call(calls.get(EVENT, ()), observation)
    findings.call(calls.get(name, ()), observation)
    if word.entity in LEAVE:
        LEAVE[word.entity](observation, word.word)
    stream.first_known = stream.first_known or place
    if word.entity == "run":
        _run_document(observation, findings, calls)
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


def _run_document(observation: Observation, findings: Findings, calls: Calls) -> None:
    document = member(observation.document)
    named = bool(text(document, "id")) or "id" in observation.replaced
    if document is not None and named and text(document, "status"):
        known = observation.saw_run(document)
        observation.known = observation.known or known
        if text(document, "status") == "requires_action":
            findings.call(calls.get(WAITING, ()), observation)
