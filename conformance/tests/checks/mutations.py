"""Legal exchanges as drafts that can be spoilt: what is dropped, repeated, moved, renamed, retyped or torn apart.

An edit is a function from a draft to the blocks in which the damage lies (none where something is missing). The events
of a draft are named shortly and counted from one: `run.queued`, `step.completed#2`, `message.delta#-1`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.examples import examples_of
from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Chunk, Ended, Exchange, Finding, Headers, Level, Operation, Status, Subject, Transcript
from conformance.tests.checks.pointers import astray
from conformance.verdict.judge import judge
from conformance.wire import cassette
from conformance.wire.recordings import read
from conformance.wire.sse import Decoder

ROOT = Path(__file__).resolve().parents[3]
WIRE = ROOT.parent / "shared" / "wire"

#: Milliseconds between two events: slower than the streams' own seconds, so nobody seems to hold events back.
PACE = 250


class Block:
    """One event, to be changed; `raw` replaces its bytes where the framing is what breaks."""

    def __init__(self, name: str | None, data: object, raw: bytes | None = None) -> None:
        self.name, self.data, self.raw = name, data, raw

    @property
    def label(self) -> str:
        return (self.name or "").removeprefix("thread.").replace("run.step", "step")

    def encode(self) -> bytes:
        if self.raw is not None:
            return self.raw
        name = f"event: {self.name}\n" if self.name is not None else ""
        return f"{name}data: {text(self.data)}\n\n".encode("utf-8", "backslashreplace")


Blocks = list[Block]


def text(data: object) -> str:
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))


class Draft:
    """One answer while it is spoilt."""

    def __init__(self, exchange: Exchange) -> None:
        response = exchange.response
        assert response is not None
        self.exchange, self.response = exchange, response
        self.status, self.ended = response.status, response.ended
        self.headers: Headers = response.headers
        self.body = b"".join(chunk.data for chunk in response.chunks)
        self.blocks: Blocks = _blocks(self.body) if "event-stream" in text(dict(response.headers)) else []
        self.streams = bool(self.blocks)
        #: Milliseconds from the last byte to the end of the body.
        self.lingers = 5
        self.at_once = False

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    def find(self, label: str) -> Block:
        name, _, number = label.partition("#")
        found = [block for block in self.blocks if block.label == name]
        assert found, f"the base has no {name}"
        at = int(number or 1)
        return found[at if at < 0 else at - 1]

    def all(self, prefix: str) -> Blocks:
        return [block for block in self.blocks if block.label.startswith(prefix)]

    def place(self, block: Block, before: str | None, after: str | None) -> None:
        beside = self.find(str(before or after))
        self.blocks.insert(self.blocks.index(beside) + (before is None), block)

    def played(self) -> Exchange:
        pieces = [block.encode() for block in self.blocks] if self.streams else [self.body]
        times = [PACE * (len(pieces) if self.at_once else index) for index in range(1, len(pieces) + 1)]
        chunks = tuple(Chunk(ms, piece) for ms, piece in zip(times, pieces, strict=True) if piece)
        ended_ms = (chunks[-1].ms if chunks else PACE) + self.lingers
        response = replace(
            self.response, status=self.status, headers=self.headers, chunks=chunks, ended=self.ended, ended_ms=ended_ms
        )
        return replace(self.exchange, response=response)

    def spans(self, blocks: Blocks) -> list[tuple[int, int]]:
        """Where blocks lie in the body."""
        ends = [0, *accumulate(len(block.encode()) for block in self.blocks)]
        return [(ends[at], ends[at + 1]) for at, block in enumerate(self.blocks) if block in blocks]


def _blocks(body: bytes) -> Blocks:
    blocks = []
    decoder = Decoder()
    for event in decoder.feed(body):
        data = event.data.decode()
        blocks.append(Block(event.name, data if data == "[DONE]" else json.loads(data)))
    return blocks


@dataclass
class Play:
    """A transcript while it is spoilt; edits touch the answer that `turn` chooses, at first the first submission."""

    transcript: Transcript

    def __post_init__(self) -> None:
        self.drafts = [Draft(exchange) for exchange in self.transcript.exchanges]
        judged = {Operation.SUBMIT, Operation.CREATE_RUN}
        self.at = next((i for i, draft in enumerate(self.drafts) if draft.exchange.operation in judged), 0)

    @property
    def draft(self) -> Draft:
        return self.drafts[self.at]

    def played(self) -> Transcript:
        return replace(self.transcript, exchanges=tuple(draft.played() for draft in self.drafts))


Edit = Callable[[Play], Iterable[Block] | None]


def both(*edits: Edit) -> Edit:
    def edit(play: Play) -> Blocks:
        return [block for one in edits for block in one(play) or ()]

    return edit


# Which answer


def turn(operation: Operation, number: int) -> Edit:
    """What follows touches the n-th answer to this operation (from zero, or from the end)."""

    def edit(play: Play) -> None:
        play.at = [i for i, draft in enumerate(play.drafts) if draft.exchange.operation is operation][number]

    return edit


def submission(number: int) -> Edit:
    return turn(Operation.SUBMIT, number)


def look(number: int) -> Edit:
    return turn(Operation.GET_RUN, number)


def nothing_after(play: Play) -> None:
    """The transcript ends with the answer at hand."""
    del play.drafts[play.at + 1 :]


# Events


def drop(*labels: str) -> Edit:
    def edit(play: Play) -> None:
        for block in [play.draft.find(label) for label in labels]:
            play.draft.blocks.remove(block)

    return edit


def cut_after(label: str) -> Edit:
    """The stream ends, in good order, after this event."""

    def edit(play: Play) -> None:
        del play.draft.blocks[play.draft.blocks.index(play.draft.find(label)) + 1 :]

    return edit


def repeat(label: str, *, before: str | None = None, after: str | None = None) -> Edit:
    def edit(play: Play) -> Blocks:
        block = play.draft.find(label)
        again = Block(block.name, deepcopy(block.data))
        play.draft.place(again, before, after or (None if before else label))
        return [again, block]

    return edit


def move(label: str, *, before: str | None = None, after: str | None = None) -> Edit:
    """The damage may be seen at the event moved or at any that it passed."""

    def edit(play: Play) -> Blocks:
        block, blocks = play.draft.find(label), play.draft.blocks
        beside = play.draft.find(str(before or after))
        old = blocks.index(block)
        blocks.remove(block)
        new = blocks.index(beside) + (before is None)
        blocks.insert(new, block)
        return blocks[min(old, new) : max(old, new) + 1]

    return edit


def add(name: str | None, data: object, *, before: str | None = None, after: str | None = None) -> Edit:
    def edit(play: Play) -> Blocks:
        block = Block(name, deepcopy(data))
        play.draft.place(block, before, after)
        return [block]

    return edit


def add_like(label: str, name: str, *, before: str | None = None, after: str | None = None, **changes: object) -> Edit:
    """An event of another name with the data of one that is there, some members changed."""

    def edit(play: Play) -> Blocks:
        data = play.draft.find(label).data
        assert isinstance(data, dict)
        block = Block(name, {**deepcopy(data), **changes})
        play.draft.place(block, before, after)
        return [block]

    return edit


def rename(label: str, name: str | None) -> Edit:
    def edit(play: Play) -> Blocks:
        block = play.draft.find(label)
        block.name = name
        return [block]

    return edit


def say(label: str, data: object) -> Edit:
    """The event gets other data; text is sent as it is."""

    def edit(play: Play) -> Blocks:
        block = play.draft.find(label)
        block.data = data
        return [block]

    return edit


def put(label: str, path: str, value: object) -> Edit:
    """A member of an event's data gets a value, or what a function makes of the one it has."""

    def edit(play: Play) -> Blocks:
        block = play.draft.find(label)
        set_at(block.data, path, value)
        return [block]

    return edit


def put_all(prefix: str, path: str, value: object) -> Edit:
    def edit(play: Play) -> Blocks:
        for block in play.draft.all(prefix):
            set_at(block.data, path, value)
        return play.draft.all(prefix)

    return edit


def unset(label: str, path: str) -> Edit:
    def edit(play: Play) -> Blocks:
        block = play.draft.find(label)
        container, key = _at(block.data, path)
        del container[key]
        return [block]

    return edit


def _at(document: Any, path: str) -> tuple[Any, Any]:
    *members, last = path.split("/")
    for member in members:
        document = document[int(member)] if isinstance(document, list) else document[member]
    return document, int(last) if isinstance(document, list) else last


def set_at(document: object, path: str, value: object) -> None:
    container, key = _at(document, path)
    container[key] = value(container[key]) if callable(value) else deepcopy(value)


# Bytes


def torn(label: str, tear: Callable[[bytes], bytes]) -> Edit:
    """The event's bytes, its framing included, are changed."""

    def edit(play: Play) -> Blocks:
        block = play.draft.find(label)
        block.raw = tear(block.encode())
        return [block]

    return edit


def torn_all(tear: Callable[[bytes], bytes]) -> Edit:
    def edit(play: Play) -> Blocks:
        for block in play.draft.blocks:
            block.raw = tear(block.encode())
        return list(play.draft.blocks)

    return edit


def ends(how: Ended, *, lingers: int = 5) -> Edit:
    def edit(play: Play) -> None:
        play.draft.ended, play.draft.lingers = how, lingers

    return edit


def anywhere(edit: Edit) -> Edit:
    """The damage is not at one place."""

    def made(play: Play) -> None:
        edit(play)

    return made


def seen_at(*labels: str) -> Edit:
    """Where the damage shows, when that is not where it was done."""

    def edit(play: Play) -> Blocks:
        return [play.draft.find(label) for label in labels]

    return edit


def at_once(play: Play) -> None:
    play.draft.at_once = True


# Answers


def status(code: int) -> Edit:
    def edit(play: Play) -> None:
        play.draft.status = code

    return edit


def header(name: str, value: str | None) -> Edit:
    def edit(play: Play) -> None:
        kept = tuple(field for field in play.draft.headers if field[0].lower() != name.lower())
        play.draft.headers = kept if value is None else (*kept, (name, value))

    return edit


def answers(code: int, kind: str | None, body: object) -> Edit:
    """Status, media type and body; bytes are sent as they are, anything else as JSON."""

    def edit(play: Play) -> None:
        header("Content-Type", kind)(play)
        play.draft.status, play.draft.streams, play.draft.blocks = code, False, []
        play.draft.body = body if isinstance(body, bytes) else text(body).encode()

    return edit


def streams(code: int, *events: tuple[str, object]) -> Edit:
    def edit(play: Play) -> None:
        header("Content-Type", "text/event-stream")(play)
        play.draft.status, play.draft.streams = code, True
        play.draft.blocks = [Block(name, data) for name, data in events]

    return edit


def tell(path: str, value: object) -> Edit:
    """A member of a JSON answer gets a value, or what a function makes of the one it has."""

    def edit(play: Play) -> None:
        document = play.draft.document
        set_at(document, path, value)
        play.draft.body = text(document).encode()

    return edit


def tell_not(path: str) -> Edit:
    def edit(play: Play) -> None:
        document = play.draft.document
        container, key = _at(document, path)
        del container[key]
        play.draft.body = text(document).encode()

    return edit


def becomes(make: Callable[[Any], object]) -> Edit:
    """The JSON answer is replaced by what a function makes of it."""

    def edit(play: Play) -> None:
        made = make(play.draft.document)
        play.draft.body = made if isinstance(made, bytes) else text(made).encode()

    return edit


def everywhere(tell_all: Callable[[Any], None]) -> Edit:
    """A function changes the data of every event in place."""

    def edit(play: Play) -> Blocks:
        for block in play.draft.blocks:
            if isinstance(block.data, dict):
                tell_all(block.data)
        return list(play.draft.blocks)

    return edit


def members(document: object) -> Iterator[tuple[dict[str, Any], str]]:
    """Every object in a document with each of its keys."""
    if isinstance(document, dict):
        for key, value in list(document.items()):
            yield document, key
            yield from members(value)
    elif isinstance(document, list):
        for value in document:
            yield from members(value)


# Judged


@dataclass(frozen=True)
class Case:
    """A defect: which requirement it breaks, where, and how it is made."""

    #: Ids, parted by `|` where the contract lets either be the one that is told first.
    breaks: str
    #: A reference cassette, `documented`, `example:` and a requirement, or a file of the real recordings.
    base: str
    what: str
    edit: Edit
    #: Requirements that the same bytes really break besides.
    also: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.breaks} on {self.base}: {self.what}"


def case(breaks: str, base_: str, what: str, *edits: Edit, also: str = "") -> Case:
    return Case(breaks, base_, what, both(*edits), frozenset(also.split()))


def _cassette(name: str) -> Transcript:
    return cassette.read((ROOT / f"cassettes/{name}.jsonl").read_text(encoding="utf-8").splitlines(), name)


@cache
def base(name: str) -> Transcript:
    """The legal transcript of a name."""
    if name.startswith("example:"):
        pair = examples_of(name.removeprefix("example:"))
        assert pair is not None
        return pair[0].transcript
    if name == "documented":
        return _cassette("documented/stream-repaired")
    if name.endswith((".sse", ".json")):
        path = WIRE / name
        if not path.exists():
            pytest.skip("the real recordings are not beside this checkout")
        # As if we had recorded it ourselves: what its own medium does not show is spoilt too.
        return replace(read(path.name, path.read_bytes(), None)[0], provenance={})
    return _cassette(f"reference/{name}")


@cache
def _statuses(name: str, exchanges: int) -> dict[str, Status]:
    """What the legal transcript comes to, as far as the spoilt one goes."""
    kept = replace(base(name), exchanges=base(name).exchanges[:exchanges])
    return {verdict.requirement: verdict.status for verdict in judge(kept).verdicts}


def shown(spoilt: Case) -> None:
    """Judge a case: its requirement is primary, nothing else is, and the finding points at the damage."""
    play = Play(base(spoilt.base))
    damage = list(spoilt.edit(play) or ())
    transcript = play.played()
    legal = _statuses(spoilt.base, len(play.drafts))
    subject = judge(transcript)
    primary = {v.requirement: v for v in subject.verdicts if any(finding.primary for finding in v.findings)}
    wanted = set(spoilt.breaks.split("|"))
    assert wanted & primary.keys(), told(subject)
    assert primary.keys() <= wanted | spoilt.also, told(subject)
    assert len(primary.keys() & wanted) == 1, told(subject)
    for verdict in subject.verdicts:
        if verdict.findings:
            must = REQUIREMENTS[verdict.requirement].level is Level.MUST
            assert verdict.status is (Status.FAIL if must else Status.WARN)
            lost = [f.pointer for f in verdict.findings if astray(f, base(spoilt.base), transcript)]
            assert not lost, f"{verdict.requirement} points at {lost}, which is nowhere"
        if verdict.status is Status.UNTESTABLE and legal.get(verdict.requirement) is not Status.UNTESTABLE:
            assert verdict.because in primary, f"{verdict.requirement} is untestable: {verdict.reason}"
        assert verdict.status is not Status.ERROR, verdict
    _points(play, damage, [f for name in wanted & primary.keys() for f in primary[name].findings if f.primary])


def told(subject: Subject) -> str:
    lines = [subject.reason or ""]
    for verdict in subject.verdicts:
        for f in verdict.findings:
            mark = "*" if f.primary else " "
            lines.append(
                f"{mark}{verdict.requirement} @{f.exchange}/{f.event}/{f.span}/{f.pointer} {f.message} (because {f.because})"
            )
    return "\n".join(lines)


def _points(play: Play, damage: Blocks, findings: list[Finding]) -> None:
    """At least one finding lies in the damage, and each in the spoilt answer."""
    assert findings
    where = [(finding.exchange, finding.event, finding.span) for finding in findings]
    assert any(exchange == play.at for exchange, _, _ in where), f"{where} is not exchange {play.at}"
    length = sum(len(block.encode()) for block in play.draft.blocks) if play.draft.streams else len(play.draft.body)
    for exchange, _, span in where:
        if span is not None and exchange == play.at:
            assert 0 <= span[0] <= span[1] <= length, where
    if not damage:
        return
    spans = play.draft.spans(damage)
    hit = any(span and start <= span[0] < end for _, _, span in where for start, end in spans)
    assert hit, f"{where} is not in {spans}"
