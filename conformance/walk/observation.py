"""What the walk has seen so far: facts without opinion, from which checks make findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import NamedTuple

from conformance.contract.lifecycle import MESSAGE, RUN, STEP
from conformance.model import Ended, Exchange, Finding, Operation, Response, Transcript
from conformance.walk.documents import Document, member
from conformance.walk.history import History, KnownRun, run_of_path
from conformance.walk.http_response import header
from conformance.walk.passages import Passage
from conformance.walk.place import DONE, Place
from conformance.walk.submission_facts import Submitted
from conformance.wire.replaced import Read, is_replaced, without_replaced
from conformance.wire.sse import Defect, Event
from conformance.wire.strict_json import NotJson


class Move(NamedTuple):
    """What the present event did to its entity; `breaks` names the requirement the table says it broke."""

    entity: str
    id: str
    before: str
    word: str
    after: str
    breaks: str | None
    legal: tuple[str, ...]


@dataclass(slots=True)
class CallPieces:
    """One tool call as deltas build it up."""

    type: str | None = None
    id: str | None = None
    name: str = ""
    arguments: StringIO = field(default_factory=StringIO)


#: The types of tool calls that the API defines; the life of a step with another one is not known (DIS-OPEN).
CALL_TYPES = frozenset({"function", "code_interpreter", "file_search"})


@dataclass(slots=True)
class Step:
    """One step of the stream."""

    id: str
    state: str = STEP.start
    type: str | None = None
    #: Opened in an earlier stream: what was submitted belongs to it.
    inherited: bool = False
    #: Announced again in this stream although an earlier one had opened it.
    recreated: bool = False
    #: Where it was created, and where it first ended, in this stream.
    created: Place | None = None
    ended: Place | None = None
    #: The first whole document's values of what must not change.
    identity: Mapping[str, object] = field(default_factory=dict)
    #: The message it says it creates, and whether a later document said another.
    message_id: str | None = None
    calls: dict[int, CallPieces] = field(default_factory=dict)
    #: The types of its calls.
    call_types: set[str] = field(default_factory=set)
    deltas: int = 0
    #: The call that its deltas have come to.
    latest: int = 0
    #: A function call of which its last delta brings a piece after one of a later call, and that later call.
    mixed: tuple[int, int] | None = None
    #: The whole tool calls of its last whole document.
    tool_calls: tuple[Document, ...] = ()
    #: Moves that its table does not allow, from before it said what it calls.
    early: list[tuple[Place, Move]] = field(default_factory=list)

    @property
    def call_ids(self) -> set[str]:
        """The ids of its calls, as deltas and whole documents gave them."""
        whole = (call.get("id") for call in self.tool_calls)
        return {found for found in (*whole, *(pieces.id for pieces in self.calls.values())) if isinstance(found, str)}

    @property
    def silent(self) -> bool:
        """Whether it calls tools and has not said which."""
        return self.type == "tool_calls" and not self.calls and not self.tool_calls

    @property
    def unfamiliar(self) -> bool:
        """Whether it calls something of a type that the API does not define."""
        return not self.call_types <= CALL_TYPES

    @property
    def about(self) -> str:
        """What a finding about it is about."""
        return f"step {self.id}"


@dataclass(slots=True)
class Part:
    """One content part as deltas build it up; only text and refusals have text."""

    type: str
    text: StringIO = field(default_factory=StringIO)
    annotations: dict[int, Document] = field(default_factory=dict)


@dataclass(slots=True)
class Message:
    """One message of the stream."""

    id: str
    state: str = MESSAGE.start
    #: The message that was open when this one first appeared.
    before: Message | None = None
    created: Place | None = None
    ended: Place | None = None
    parts: dict[int, Part] = field(default_factory=dict)
    #: Of its last delta: the index that a new part should have had, and the one it has, where these differ.
    misplaced: tuple[int, int] | None = None
    #: The text per index of its completed document.
    final: dict[int, str] | None = None
    #: Why it ended incomplete.
    reason: str | None = None

    @property
    def about(self) -> str:
        """What a finding about it is about."""
        return f"message {self.id}"


@dataclass(slots=True)
class Stream:
    """One stream from its first byte to its end."""

    operation: Operation
    count: int = 0
    run_state: str = RUN.start
    run_first: Document | None = None
    #: Where the first run event stood.
    run_seen: Place | None = None
    run_before: Document | None = None
    queued: int = 0
    steps: dict[str, Step] = field(default_factory=dict)
    #: Those of them that have not ended.
    open_steps: dict[str, Step] = field(default_factory=dict)
    #: Inherited steps whose id a new step took.
    reused: dict[str, Step] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    open_message: Message | None = None
    #: The message that may take a piece of text without ado: kept by the fold for its shortest way.
    writing: Message | None = None
    first_known: Place | None = None
    #: The first event of this stream that opened something new.
    first_new: Place | None = None
    #: The latest `created_at` of a `*.created` event so far.
    created_at: int | None = None
    #: The first stream-terminal run event, its word, its document, and how many there were.
    terminal: Place | None = None
    terminal_word: str = ""
    terminal_document: Document | None = None
    terminals: int = 0
    error: Place | None = None
    done: Place | None = None
    dones: int = 0
    nameless: Place | None = None
    nameless_count: int = 0
    #: Those of them whose data is an envelope that names them.
    enveloped: int = 0
    #: Names of events that nobody knows, the first of them, each cut to what is shown.
    unknown: dict[str, None] = field(default_factory=dict)
    first_ms: int = 0
    #: What the events were about whose data could not be read, as `Finding.about`; the kind alone, such as `step`,
    #: where that is all their names tell. What they said is lost, and nothing of it is missed.
    unread: set[str] = field(default_factory=set)
    #: How many events that could be read did not fit theirs, the one at hand included.
    misfits: int = 0
    #: Bytes of their data.
    misfit_bytes: int = 0
    #: What it took to look at the stream so far, in events.
    work: int = 0
    defects: list[Defect] = field(default_factory=list)
    #: The event that a defect is in, and how many defects were looked at for that.
    spoilt: dict[Defect, Place] = field(default_factory=dict)
    placed: int = 0
    unterminated: Event | None = None

    @property
    def ends_in_unterminated_done(self) -> bool:
        """Whether the body's last block is a `[DONE]` that only lacks its blank line."""
        return self.unterminated is not None and self.unterminated.data.strip() == DONE

    @property
    def over(self) -> bool:
        """Whether nothing but `done` may come."""
        return self.terminal is not None or self.error is not None or self.done is not None

    @property
    def settled(self) -> bool:
        """Whether the stream came to its end, so that what must still come can be missed."""
        return self.terminal is not None and self.error is None

    def lost(self, *objects: str) -> bool:
        """Whether something that was said of one of these could not be read."""
        return any(each in self.unread or each.partition(" ")[0] in self.unread for each in objects)

    def inherited(self) -> tuple[Step, ...]:
        """The steps of earlier streams that ended here."""
        return tuple(
            step for step in (*self.reused.values(), *self.steps.values()) if step.inherited and step.ended is not None
        )

    def opened(self) -> tuple[Step, ...]:
        """The steps opened in this stream."""
        return tuple(step for step in self.steps.values() if not step.inherited)


@dataclass(slots=True)
class Observation:
    """Everything a check may look at. Only the walk writes it."""

    transcript: Transcript
    held: frozenset[str]
    history: History = field(default_factory=History)
    #: Every exchange was walked: what is left to look at is the whole.
    ended: bool = False
    #: The exchange at hand.
    index: int = -1
    exchange: Exchange = None  # type: ignore[assignment]
    submitted: Submitted | None = None
    #: Every submission so far with the index of its exchange, and every stream.
    submissions: list[tuple[int, Submitted, Response | None]] = field(default_factory=list)
    streams: list[tuple[int, Stream]] = field(default_factory=list)
    #: A submission that had to be refused was answered with 4xx.
    refused: bool = False
    #: The run of the exchange at hand as it was known before it.
    known: KnownRun | None = None
    #: The stream at hand.
    stream: Stream = None  # type: ignore[assignment]
    #: The event at hand, or None outside streams.
    place: Place | None = None
    #: The name of the event at hand, the envelope's where it has none of its own.
    name: str = ""
    data: bytes = b""
    not_json: NotJson | None = None
    #: The fast reader took the document: it refuses half characters.
    whole_characters: bool = True
    #: The document at hand, of an event or of a plain answer, without the values that a recorder replaced.
    document: object = None
    #: The same as it came, and the names of the members whose values were replaced.
    as_sent: object = None
    replaced: frozenset[str] = frozenset()
    fits: bool = True
    step: Step | None = None
    message: Message | None = None
    move: Move | None = None
    #: Both sides of each request, where a gateway is judged.
    passages: tuple[Passage, ...] = ()
    #: What was seen that nothing judges, each once, in a sentence.
    notes: dict[str, None] = field(default_factory=dict)

    @property
    def response(self) -> Response | None:
        """The answer of the exchange at hand."""
        return self.exchange.response

    @property
    def hidden_type(self) -> bool:
        """Whether a recorder replaced the media type of the answer: nobody knows what it was."""
        response = self.response
        kind = header(response.headers, "content-type") if response is not None else None
        return "ids" not in self.held and is_replaced(kind)

    def take(self, document: object) -> None:
        """Have a document at hand; in a stranger's recording, values that a recorder replaced are unknown."""
        self.as_sent = document
        known = Read(document, frozenset()) if "ids" in self.held else without_replaced(document)
        self.document, self.replaced = known

    def saw_run(self, document: Document) -> KnownRun | None:
        """Learn from a run document; where a recorder replaced its id, it is the run that was asked for."""
        asked = run_of_path(self.exchange.request.target) if "id" in self.replaced else None
        return self.history.saw_run(document, asked)

    def finding(
        self,
        kind: str,
        message: str,
        expected: str,
        got: str,
        *,
        details: tuple[str, ...] = (),
        pointer: str | None = None,
        at: Place | None = None,
        span: tuple[int, int] | None = None,
        exchange: int | None = None,
        about: tuple[str, ...] | None = None,
    ) -> Finding:
        """A finding at `at`, else at the event at hand, else at the exchange.

        `kind` is a row of `contract/kinds.toml`; `details` tell causes of that kind apart where the pointer does not.
        It is about what its place is about, unless `about` says otherwise.
        """
        place = at or self.place
        if about is None:
            about = place.about if place else ()
        response = self.exchange.response if exchange is None and self.exchange is not None else None
        if response is not None and response.reconstructed and place is not None:
            # Bytes that were written anew have no places of their own.
            return Finding(
                kind, message, expected, got, self.index, event=place.event, ms=place.ms, pointer=pointer,
                details=details, about=about,
            )  # fmt: skip
        return Finding(
            kind,
            message,
            expected,
            got,
            self.index if exchange is None else exchange,
            event=place.event if place else None,
            span=span or (place.span if place else None),
            ms=place.ms if place else None,
            pointer=pointer,
            details=details,
            about=about,
        )

    def about(self, *objects: str) -> Place:
        """Say what the event at hand is about; only the walk does."""
        place = self.place or Place("", -1, (0, 0), 0)
        self.place = place._replace(about=objects)
        return self.place

    def end_of_body(self) -> str:
        """How the body at hand ended, in words; one that was still open is not said to have ended."""
        response = self.response
        if response is None or response.ended is Ended.COMPLETE:
            return "the stream ended"
        if response.ended in (Ended.TIMEOUT, Ended.ABORTED):
            return f"the stream was still open when we gave up after {response.ended_ms} ms,"
        return f"the stream was cut off ({response.ended})"

    def doc(self) -> Document | None:
        """The document at hand where it is an object."""
        return member(self.document)
