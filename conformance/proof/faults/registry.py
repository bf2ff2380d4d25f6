"""The table of faults: what each one changes, where it applies, and which requirements it breaks.

A wire fault is a small pure function that changes one answer; a behaviour applies it to planned answers, the proof
to the answers of a transcript. A stateful fault is a behaviour of the reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import MappingProxyType

from conformance.model import Exchange, Operation, Response, Transcript
from conformance.proof.faults.pieces import Absent, Pieces, changed, pieces_of, with_pieces
from conformance.proof.faults.responses import asked_stream, body_of, document_of, is_stream, with_document
from conformance.reference.behaviour import Behaviour
from conformance.reference.objects import Document

#: Changes one answer that it applies to.
Change = Callable[[Exchange, Response], Response]

SERVED = range(200, 300)
REFUSED = range(400, 500)
BROKEN = range(500, 600)

_SUBMIT = frozenset({Operation.SUBMIT})


@dataclass(frozen=True, slots=True)
class Applies:
    """Where a fault applies, as data; every word that is given must hold."""

    operations: frozenset[Operation] = _SUBMIT
    statuses: range = SERVED
    #: Whether the answer is a stream; None: either.
    streamed: bool | None = None
    #: The stream holds an event of this name.
    event: str = ""
    #: The body holds these words.
    wording: bytes = b""
    #: How the request said `stream`: `absent`, `false`, `null`, `true`; empty: in any way.
    asked: str = ""

    def to(self, exchange: Exchange, response: Response) -> bool:
        """Whether it applies to an answer."""
        return (
            exchange.operation in self.operations
            and response.status in self.statuses
            and self.streamed in (None, is_stream(response))
            and self.asked in ("", asked_stream(exchange.request))
            and (not self.wording or self.wording in body_of(response))
            and (not self.event or any(piece.name == self.event for piece in pieces_of(response)))
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """A named fault of a server, or a habit of a client, and what it breaks."""

    name: str
    #: The file it is in; of a habit: what it is about.
    layer: str
    #: What the server, or the client, does wrong, in one sentence.
    does: str
    #: The requirements that have a primary finding for it, over all scenarios; nothing else may have one.
    breaks: frozenset[str]
    applies: Applies = Applies()
    #: None for a stateful fault, and for a habit, which the bundled client has.
    change: Change | None = None
    #: The one event that it changes in each stream; empty where it does more, or is not about an event.
    event: str = ""
    #: Why the contract leaves it legal, where it breaks nothing.
    equivalent: str = ""
    #: For a stateful fault and a habit: the scenarios that show it.
    scenarios: tuple[str, ...] = ()
    #: For a stateful fault: how the reference behaves that has it.
    behaviour: Behaviour | None = None

    def applied(self, exchange: Exchange) -> Response | None:
        """The answer of an exchange with the fault in it; the same answer where it does not apply."""
        response = exchange.response
        if self.change is None or response is None or not self.applies.to(exchange, response):
            return response
        try:
            return self.change(exchange, response)
        except Absent:
            return response


_faults: dict[str, Fault] = {}
#: Every fault by its name, layer by layer.
FAULTS = MappingProxyType(_faults)


def broken(transcript: Transcript, fault: Fault) -> Transcript:
    """The transcript with the fault in every answer it applies to; equal to the input where it applies to none."""
    exchanges = tuple(
        exchange if (answer := fault.applied(exchange)) is exchange.response else replace(exchange, response=answer)
        for exchange in transcript.exchanges
    )
    return replace(transcript, exchanges=exchanges)


def declare(fault: Fault) -> None:
    """Add a fault to the table; raises ValueError for a second one of the same name, or one that breaks nothing."""
    if fault.name in _faults:
        message = f"there is a fault {fault.name!r} already"
        raise ValueError(message)
    if bool(fault.breaks) == bool(fault.equivalent):
        message = f"{fault.name}: a fault breaks something, or says why it is legal"
        raise ValueError(message)
    _faults[fault.name] = fault


def fault(
    name: str, *, breaks: Iterable[str] = (), applies: Applies = Applies(), equivalent: str = ""
) -> Callable[[Change], Change]:
    """Declare a function of an exchange and its answer as a fault; its docstring says what it does."""

    def bind(function: Change) -> Change:
        declare(
            Fault(
                name, _layer(function), _sentence(function), frozenset(breaks), applies, function, equivalent=equivalent
            )
        )
        return function

    return bind


def _layer(function: Callable[..., object]) -> str:
    return function.__module__.rpartition(".")[2]


def _sentence(function: Callable[..., object]) -> str:
    return (function.__doc__ or "").strip()


_OnPieces = Callable[[Pieces], Pieces]
_OnDocument = Callable[[Document], Document]


def stream_fault(
    name: str, *, breaks: Iterable[str] = (), having: str = "", equivalent: str = ""
) -> Callable[[_OnPieces], _OnPieces]:
    """Declare a function of the events of a submission's stream; `having`: where it holds an event of this name."""

    def bind(change: _OnPieces) -> _OnPieces:
        def change_answer(_exchange: Exchange, response: Response) -> Response:
            return with_pieces(response, change(pieces_of(response)))

        applies = Applies(streamed=True, event=having)
        declare(
            Fault(
                name,
                _layer(change),
                _sentence(change),
                frozenset(breaks),
                applies,
                change_answer,
                equivalent=equivalent,
            )
        )
        return change

    return bind


def event_fault(
    name: str, at: str, *, breaks: Iterable[str] = (), last: bool = False, equivalent: str = ""
) -> Callable[[_OnDocument], _OnDocument]:
    """Declare a function of the document of one event: the first, or the last, of the name `at` in each stream."""

    def bind(change: _OnDocument) -> _OnDocument:
        def change_answer(_exchange: Exchange, response: Response) -> Response:
            pieces = pieces_of(response)
            named = [index for index, piece in enumerate(pieces) if piece.name == at]
            index = named[-1 if last else 0]
            document = change(pieces[index].document)
            if document == pieces[index].document:
                return response
            return with_pieces(response, (*pieces[:index], changed(pieces[index], document), *pieces[index + 1 :]))

        applies = Applies(streamed=True, event=at)
        declare(
            Fault(name, _layer(change), _sentence(change), frozenset(breaks), applies, change_answer, at, equivalent)
        )
        return change

    return bind


def body_fault(
    name: str, *, breaks: Iterable[str] = (), applies: Applies = Applies(streamed=False), equivalent: str = ""
) -> Callable[[_OnDocument], _OnDocument]:
    """Declare a function of the document of a plain answer."""

    def bind(change: _OnDocument) -> _OnDocument:
        def change_answer(_exchange: Exchange, response: Response) -> Response:
            before = document_of(response)
            document = change(before)
            return response if document == before else with_document(response, document)

        declare(
            Fault(
                name,
                _layer(change),
                _sentence(change),
                frozenset(breaks),
                applies,
                change_answer,
                equivalent=equivalent,
            )
        )
        return change

    return bind
