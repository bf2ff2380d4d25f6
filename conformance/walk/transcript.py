"""The one walk over a transcript: exchange by exchange, each stream event by event, every check on its occasion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from conformance.contract.lifecycle import BROKEN_OFF, FINAL
from conformance.model import Exchange, Operation, Response, Role, Side, Transcript
from conformance.walk.documents import Document, find, member, members, text
from conformance.walk.findings import Entry, Findings
from conformance.walk.history import PASSING, KnownRun, Look, asks_for_outputs, deleted_by, run_of_path, runs_in
from conformance.walk.http_response import document_of, is_event_stream, looks_like_stream, served
from conformance.walk.moments import Moments
from conformance.walk.observation import Observation, Stream
from conformance.walk.occasions import ANSWER, CLOSE, HEAD, RUN, WAITING
from conformance.walk.passages import passages
from conformance.walk.schedule import Calls, Schedule
from conformance.walk.stream import NAMING, walk_stream
from conformance.walk.submission_facts import Submitted, approves, submitted, turned_down
from conformance.wire.strict_json import NotJson, read

#: An answer of this status has no body to look at.
_NO_CONTENT = 204


class Walked(NamedTuple):
    """What one walk came to."""

    entries: Mapping[str, Entry]
    #: Traits that the exchanges themselves show: what a recording may be planned by.
    traits: frozenset[str]
    unknown_events: tuple[str, ...]
    notes: tuple[str, ...]
    #: Exchanges of an operation that is judged.
    judged: int
    #: Outputs were submitted to a run that had ended, so that much of what was planned could not show.
    over: bool


class _Walk:
    """One transcript under way."""

    def __init__(
        self, transcript: Transcript, checks: Schedule, held: frozenset[str], role: Role, moments: Moments
    ) -> None:
        self.observation = Observation(transcript, held)
        self.checks = checks
        self.moments = moments
        self.findings = Findings()
        self.role = role
        self.traits: set[str] = set()
        self.unknown: dict[str, None] = {}
        self.judged = 0
        self.over = False

    def take(self, index: int, exchange: Exchange) -> None:
        observation = self.observation
        observation.index, observation.exchange = index, exchange
        observation.submitted = observation.known = observation.place = None
        observation.take(None)
        if exchange.operation is Operation.SUBMIT:
            self._submission(exchange)
        elif exchange.operation is Operation.CREATE_RUN:
            self._creation(exchange)
        elif exchange.response is not None and _tells(exchange.request.method, exchange.response):
            self._look(exchange, exchange.response)

    def pass_on(self) -> None:
        """Join both sides of a gateway: a single exchange shows nothing of it."""
        observation = self.observation
        both = any(exchange.side is Side.BEHIND for exchange in observation.transcript.exchanges)
        if both or "gateway" in observation.held:
            observation.passages = passages(observation.transcript, observation.held)
            self.judged = sum(passage.submits for passage in observation.passages)
            self.traits |= {"submit", "gateway"} if self.judged else set()

    def close(self) -> None:
        self.observation.place, self.observation.ended = None, True
        self.findings.call(self._calls(Operation.SUBMIT).get(CLOSE, ()), self.observation)

    def _calls(self, operation: Operation) -> Calls:
        return self.checks.calls(operation, self.role)

    def _submission(self, exchange: Exchange) -> None:
        observation, response = self.observation, exchange.response
        if approves(exchange.request.body):
            self._approval(response)
            return
        self.judged += 1
        known = self._run_of(exchange)
        sent = submitted(exchange, known, as_sent="ids" in observation.held)
        self.over = self.over or (known is not None and known.status in FINAL)
        observation.submitted, observation.known = sent, known
        asked = sent.stream or ("unrecorded" in sent.faults and response is not None and _streamed(response))
        self.traits |= _traits_of(sent, asked, response)
        if response is not None and served(response):
            observation.notes.update(_offered_all_the_same(observation.held, response))
        if self.role is Role.CLIENT:
            self.traits |= _traits_of_client(sent, exchange, response)
        calls = self._calls(Operation.SUBMIT)
        self.findings.call(calls.get(ANSWER, ()), observation)
        if known is not None:
            known.answered(sent.items, response, refusable=sent.refusable, partial="partial" in sent.faults)
        observation.submissions.append((observation.index, sent, response))
        observation.refused |= sent.refusable and response is not None and 400 <= response.status < 500
        if not turned_down(sent, response):
            observation.history.changes.append(observation.index)
        if response is None or not served(response) or sent.refusable:
            return
        if asked:
            self._stream(response, calls)
        elif not _streamed(response) and response.status != _NO_CONTENT:
            document, observation.not_json = document_of(response)
            observation.take(document)
            self.findings.call(calls.get(RUN, ()), observation)
            self._saw_run(calls)

    def _run_of(self, exchange: Exchange) -> KnownRun | None:
        """The run that is submitted to; where a recorder hid which, the one that waits for these calls."""
        history, named = self.observation.history, run_of_path(exchange.request.target)
        if named is not None:
            return history.run(named)
        return history.waiting_for(submitted(exchange, None).ids)

    def _approval(self, response: Response | None) -> None:
        """Pass over another operation of the same path; what its answer says of the run is learnt (COR-APPROVAL)."""
        observation = self.observation
        observation.notes["tool_approvals were submitted: another operation of the same path, not judged"] = None
        observation.history.changes.append(observation.index)
        run = self._run_of(observation.exchange)
        if run is not None:
            run.status = run.pending = None
        if response is not None and served(response) and is_event_stream(response):
            observation.stream = Stream(Operation.OTHER)
            walk_stream(observation, Findings(), {}, response)

    def _creation(self, exchange: Exchange) -> None:
        response = exchange.response
        if response is None or not served(response):
            return
        calls = self._calls(Operation.CREATE_RUN)
        if _streamed(response) or _asks_for_stream(exchange.request.body):
            if self.role is Role.SERVER:
                self.judged += 1
                self.traits |= {"create-run", "stream", "state"}
            self._stream(response, calls)
        else:
            self.observation.take(document_of(response)[0])
            self._saw_run(calls)

    def _stream(self, response: Response, calls: Calls) -> None:
        observation = self.observation
        stream = observation.stream = Stream(observation.exchange.operation)
        streamed = _streamed(response)
        if streamed or observation.submitted is None:
            # Another answer to a submission is reported by request.stream-true: it has no head of a stream.
            self.findings.call(calls.get(HEAD, ()), observation)
        if streamed:
            moments = self.moments if self.moments.want(observation.index) else None
            walk_stream(observation, self.findings, calls, response, moments)
            self.unknown.update(dict.fromkeys(stream.unknown))
            self.traits |= _traits_of_stream(stream)
            if observation.known is not None:
                observation.known.learn(stream.steps, stream.messages, _telling(stream))
            observation.streams.append((observation.index, stream))

    def _saw_run(self, calls: Calls) -> None:
        document = member(self.observation.document)
        if document is not None and text(document, "object") == "thread.run":
            self.observation.saw_run(document)
            if text(document, "status") == "requires_action":
                self.traits |= {"waiting"} if asks_for_outputs(document) else set()
                self.findings.call(calls.get(WAITING, ()), self.observation)

    def _look(self, exchange: Exchange, response: Response) -> None:
        """Learn from a read of the run, of a list of runs, of its steps or of its messages."""
        observation = self.observation
        if exchange.operation is Operation.OTHER:
            self._change(exchange, response)
            return
        observation.take(document_of(response)[0])
        documents: tuple[Document, ...]
        if exchange.operation is Operation.GET_RUN:
            found = member(observation.document)
            documents = () if found is None else (found,)
        else:
            documents = members(observation.document, "data")
        more = find(observation.document, "has_more") is True
        hidden = bool(observation.replaced & NAMING)
        look = Look(exchange.operation, observation.index, documents, exchange.request.target, more, hidden)
        observation.history.looked(look)
        if exchange.operation is Operation.GET_RUN:
            self._saw_run(self._calls(Operation.SUBMIT))
        elif exchange.operation is Operation.LIST_RUNS:
            for run in runs_in(observation.document):
                observation.saw_run(run)

    def _change(self, exchange: Exchange, response: Response) -> None:
        """Learn from a request that changed a run or deleted a message."""
        observation, method = self.observation, exchange.request.method
        if method == "DELETE":
            observation.history.deleted.update(filter(None, (deleted_by(exchange.request.target),)))
        if method != "POST":
            return
        observation.take(document_of(response)[0])
        for run in runs_in(observation.document):
            observation.saw_run(run)
            observation.history.changes.append(observation.index)


def walk(
    transcript: Transcript,
    checks: Schedule,
    held: frozenset[str] = frozenset(),
    role: Role = Role.SERVER,
    moments: Moments | None = None,
) -> Walked:
    """Walk a transcript once and call `checks` on the way.

    `held` are the traits known beforehand: of its scenario and its environment. `moments` keep what they were made to
    ask for; without them nothing is kept of an event once it was looked at.
    """
    under_way = _Walk(transcript, checks, held, role, moments or Moments(()))
    if role is Role.GATEWAY:
        under_way.pass_on()
    else:
        for index, exchange in enumerate(transcript.exchanges):
            under_way.take(index, exchange)
    under_way.close()
    return Walked(
        under_way.findings.entries,
        frozenset(under_way.traits),
        tuple(under_way.unknown),
        tuple(under_way.observation.notes),
        under_way.judged,
        under_way.over,
    )


def _telling(stream: Stream) -> dict[str, str]:
    """Call id -> the step that showed it first; one that took a used id, or was never created, shows nothing."""
    return {
        call: step.id
        for step in stream.opened()
        if step.created is not None and step.id not in stream.reused
        for call in step.call_ids
    }


def _tells(method: str, response: Response) -> bool:
    """Whether an answer to anything but the operations that are judged is learnt from."""
    return response.status == 200 or (method == "DELETE" and served(response))


def _streamed(response: Response) -> bool:
    """Whether an answer is a stream, by its head or by its body."""
    return is_event_stream(response) or looks_like_stream(response)


def _offered_all_the_same(held: frozenset[str], response: Response) -> dict[str, None]:
    """A note on an answer of a kind that the target is said not to offer."""
    kind = "streamed" if _streamed(response) else "plain"
    return {f"a {kind} submission was answered, though --offers leaves it out": None} if f"no-{kind}" in held else {}


def _asks_for_stream(body: bytes) -> bool:
    try:
        return find(read(body), "stream") is True
    except NotJson:
        return False


def _traits_of_stream(stream: Stream) -> set[str]:
    """What a stream shows of itself: what broke off at once, or by an error event, lacks what must not be missed."""
    if stream.error is not None:
        return set()
    broke_off = stream.queued == 0 and stream.run_state in BROKEN_OFF
    traits = {"ending"} if broke_off else {"ending", "goes-on"}
    waits = stream.terminal_word == "requires_action" and asks_for_outputs(stream.terminal_document)
    return traits | {"waiting"} if waits else traits


def _traits_of(sent: Submitted, asked: bool, response: Response | None) -> set[str]:
    """What a submission shows of itself, so that a recording without a scenario can be planned."""
    traits = {"submit"}
    taken = response is not None and served(response)
    known = sent.pending is not None
    if known or sent.items:
        traits.add("state")
    if sent.refusable:
        return traits
    if taken or known:
        traits.add("stream" if asked else "json")
    if taken and sent.run_id is not None and not sent.faults - {"no-beta", "concurrent"}:
        traits.add("accepted")
    if sent.run_id is not None:
        traits.add("addressed")
    if len(sent.items) > 1:
        traits.add("several-calls")
    if sent.body is not None and sent.body.keys() == {"tool_outputs"}:
        traits.add("minimal")
    return traits


def _traits_of_client(sent: Submitted, exchange: Exchange, response: Response | None) -> set[str]:
    """What a submission shows of its client, so that a recording without a scenario can be planned."""
    traits = {"client"}
    if exchange.request.headers and exchange.request.target:
        traits.add("head")
    if "unrecorded" not in sent.faults:
        traits.add("words")
    if sent.pending:
        traits.add("asked")
    if response is not None and served(response) and is_event_stream(response):
        traits.add("begun")
    if response is not None and 400 <= response.status < 500 and response.status not in PASSING:
        traits.add("refused")
    return traits
