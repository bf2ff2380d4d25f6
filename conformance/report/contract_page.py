"""The page `docs/contract.html`: the operation from the first request to `[DONE]`, with every rule where it holds.

Made from the requirements, the state tables and the reference recordings alone. Write it anew with

python -m conformance.report.contract_page > docs/contract.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from conformance.contract.lifecycle import TABLES, Table
from conformance.contract.requirements import REQUIREMENTS
from conformance.contract.scenarios import BY_ID
from conformance.files import cassettes_folder
from conformance.model import Exchange, Level, Operation, Requirement
from conformance.report.lists import when
from conformance.report.page import page
from conformance.report.requirements_page import FAMILIES
from conformance.report.sequence_picture import PLAIN, STREAMED
from conformance.report.state_picture import picture
from conformance.wire import cassette

#: Kinds of sources that OpenAI published for everybody; the rest had to be found on the wire and in its clients.
PUBLISHED = frozenset({"docs", "schema"})

#: Characters of a line that an example shows: documents fit, the long outputs of some scenarios do not.
_LINE = 4000


class Section(NamedTuple):
    """A moment of the operation: what happens, the rules that hold there, and recorded situations.

    A rule is named by its id or by its family; its id goes first.
    """

    id: str
    title: str
    text: str
    holds: tuple[str, ...]
    situations: tuple[str, ...] = ()
    #: Which exchanges of the recordings are shown: the submissions, or what came before the first or after the last.
    part: str = "submissions"


SECTIONS = (
    Section(
        "waits",
        "The run waits",
        "A run that has called functions stops with the status `requires_action`. Its `required_action` lists the"
        " calls, each with an id, a name and arguments. The run then waits until their outputs arrive, or until it "
        "expires ten minutes after it was created.",
        ("surface.pending-calls",),
        ("json-three-calls",),
        "before",
    ),
    Section(
        "sends",
        "The client submits the outputs",
        "One request contains the outputs of all pending calls, each as a string with the id of its call. "
        "`stream` selects the form of the answer: without it, or with `false` or `null`, one JSON document; "
        "with `true`, a stream of server-sent events.",
        ("sending",),
    ),
    Section(
        "accepts",
        "The server accepts or refuses them",
        "A complete submission is accepted, in any order. A submission that is incomplete, names another call, answers"
        " a call twice, or comes when the run does not wait is refused as a whole. A refusal does not change the run.",
        ("request", "submission"),
        ("partial-split", "unknown-id", "again-plain"),
    ),
    Section(
        "plain",
        "The plain answer",
        "The answer is the run, as JSON. It is no longer `requires_action`, usually `queued`; the client polls until "
        "the run ends or asks for outputs again.",
        ("response",),
        ("json-one-call", "json-three-calls", "json-next-round"),
    ),
    Section(
        "opens",
        "The stream opens",
        "The answer is `200` with `text/event-stream`. Each event is an `event` line, one or more `data` lines "
        "and a blank line, and is sent when it happens.",
        ("framing",),
        ("stream-one-call",),
    ),
    Section(
        "events",
        "Single events",
        "The name of an event says what its data is: a run, a step, a message, or a delta of a step or message. Unknown"
        " names and unknown members are legal.",
        ("events",),
    ),
    Section(
        "order",
        "The order of events",
        "The submitted step completes first, then the run continues. A step creates a message, whose text comes in"
        " deltas; both end before the run does. After the run has ended, or has asked for outputs again, only `done` "
        "follows.",
        ("order",),
        ("stream-three-calls", "stream-next-round", "stream-built-in-step", "stream-expired"),
    ),
    Section(
        "content",
        "The content of steps and messages",
        "The deltas of a message, joined, are the text of the completed message; the outputs in the completed step are "
        "the submitted outputs, character by character.",
        ("content",),
        ("stream-opaque-outputs", "stream-two-messages"),
    ),
    Section(
        "done",
        "The end of the stream",
        "The last event is `done`, whose data is `[DONE]`, which is not JSON. Then the server ends the body. A stream "
        "that ends without it is incomplete.",
        ("done",),
        ("stream-error", "stream-incomplete", "stream-failed", "stream-cancelled"),
    ),
    Section(
        "afterwards",
        "Afterwards",
        "When the run, its steps and its messages are read afterwards, they agree with the stream.",
        ("surface",),
        ("stream-one-call",),
        "after",
    ),
    Section(
        "errors",
        "Refusals and server errors",
        "An error has a 4xx or 5xx status, and a JSON object with `error.message` as its body. This is the same for "
        "streamed submissions: they are refused before any stream begins.",
        ("errors",),
        ("unknown-run", "malformed-json", "wrong-key", "unknown-id-streamed", "rate-limited"),
    ),
    Section(
        "retries",
        "When a client sends a submission again",
        "If an answer says that nothing was accepted, the client may send the same request again. If the answer was "
        "lost, the client cannot know whether the outputs were accepted, so it reads the run before it submits again.",
        ("retry",),
    ),
    Section(
        "reads",
        "How a client reads a stream",
        "A client reads every form that the standard on server-sent events allows, however the bytes are split.",
        ("reading",),
    ),
    Section(
        "concludes",
        "What a client reports",
        "A client reports success only if the run succeeded, and stops polling when the run has ended.",
        ("outcome",),
    ),
    Section(
        "between",
        "A gateway passes everything on",
        "A gateway, a load balancer or a proxy passes requests and answers on unchanged, and every event as soon as it "
        "arrives. If a stream breaks off, the client sees that it broke off.",
        ("relay",),
    ),
)


class Situation(NamedTuple):
    """A recorded exchange of a scenario, as text."""

    scenario: str
    title: str
    lines: tuple[tuple[str, str], ...]


class Rule(NamedTuple):
    """One requirement as the page shows it."""

    row: Requirement
    when: str
    published: bool


def rules(section: Section) -> tuple[Rule, ...]:
    """The requirements that hold at a section, the judged ones first."""
    rows = [row for row in REQUIREMENTS.values() if _place(row) in section.holds]
    ranked = sorted(rows, key=lambda row: (section.holds.index(_place(row)), row.excluded is not None))
    return tuple(Rule(row, when(row), published(row)) for row in ranked)


def _place(row: Requirement) -> str:
    """By what name a section holds a requirement."""
    return row.id if any(row.id in section.holds for section in SECTIONS) else row.family


def published(row: Requirement) -> bool:
    """Whether a requirement has a source that OpenAI published for everybody."""
    return any(source.kind in PUBLISHED for source in row.sources)


def situations(section: Section) -> Iterator[Situation]:
    """The recorded situations of a section: exchanges of each reference recording, whole."""
    for name in section.situations:
        path = cassettes_folder() / "reference" / f"{name}.jsonl"
        recorded = cassette.read(path.read_text(encoding="utf-8").splitlines(), path.name)
        shown = tuple(line for exchange in _part(recorded.exchanges, section.part) for line in _lines(exchange))
        yield Situation(name, BY_ID[name].title, shown)


def _part(exchanges: Sequence[Exchange], part: str) -> Sequence[Exchange]:
    submitted = [at for at, each in enumerate(exchanges) if each.operation in (Operation.SUBMIT, Operation.OTHER)]
    if part == "submissions":
        return [exchanges[at] for at in submitted]
    return exchanges[: submitted[0]] if part == "before" else exchanges[submitted[-1] + 1 :]


def _lines(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Who says what, line by line: `sent` by the client or `came` from the server."""
    request, response = exchange.request, exchange.response
    yield "sent", f"{request.method} {request.target} HTTP/1.1"
    yield from (("sent", f"{name}: {value}") for name, value in request.headers)
    yield "sent", ""
    yield "sent", _cut(request.body.decode(errors="replace"))
    if response is None:
        yield "came", f"(no answer: {exchange.failure})"
        return
    yield "came", f"HTTP/1.1 {response.status}"
    yield from (("came", f"{name}: {value}") for name, value in response.headers)
    yield "came", ""
    body = b"".join(chunk.data for chunk in response.chunks).decode(errors="replace")
    yield from (("came", _cut(line)) for line in body.removesuffix("\n").split("\n"))


def _cut(line: str) -> str:
    return line if len(line) <= _LINE else f"{line[:_LINE]} … ({len(line) - _LINE} more characters)"


class Status(NamedTuple):
    """What may follow in one state of an entity, and what breaks which rule."""

    state: str
    ended: bool
    legal: tuple[str, ...]
    breaking: tuple[tuple[str, tuple[str, ...]], ...]


def statuses(table: Table) -> Iterator[Status]:
    """The state table of an entity, a row a state."""
    for state in table.states():
        ended = state in table.ended
        breaking: dict[str, list[str]] = {}
        for (at, word), move in table.moves.items():
            if at == state and move.breaks is not None:
                breaking.setdefault(move.breaks, []).append(word)
        moves = () if ended else table.legal(state)
        yield Status(state, ended, moves, tuple((rule, tuple(words)) for rule, words in breaking.items()))


def document() -> str:
    """The whole page."""
    judged = [row for row in REQUIREMENTS.values() if row.excluded is None and row.level in (Level.MUST, Level.SHOULD)]
    return page(
        "contract.html",
        style="contract.css",
        sections=tuple((section, rules(section), tuple(situations(section))) for section in SECTIONS),
        families=FAMILIES,
        sequences=(PLAIN, STREAMED),
        tables=tuple((table, picture(table), tuple(statuses(table))) for table in TABLES.values()),
        judged=len(judged),
        unpublished=tuple(row for row in judged if not published(row)),
        documented=_documented(),
    )


def _documented() -> tuple[dict[str, str], ...]:
    """What is wrong with OpenAI's own printed stream, as the provenance of the repaired recording lists it."""
    path = cassettes_folder() / "documented" / "stream-repaired.jsonl"
    head = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    return tuple(head.get("provenance", {}).get("repairs", ()))


if __name__ == "__main__":
    print(document())
