"""Small conversations of a client written by hand: the run asks, the client submits, and ends somehow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.model import Author, Ended, Exchange, Operation, Outcome, Response, Role, Status, Subject, Transcript
from conformance.tests.checks import miniatures as m
from conformance.verdict.judge import judge

#: What holds wherever a command is run against the mock.
ENVIRONMENT = frozenset({"state", "key", "asked", "head", "wanted"})
HEADS = (("Authorization", "Bearer k"), ("OpenAI-Beta", "assistants=v2"), ("Content-Type", "application/json"))
QUEUED = m.answer(m.run_document("queued"))
STREAM = m.stream(*m.USUAL)
OK = Outcome(0)
FAILED = Outcome(1)


def told(exit_code: int | None = 0, **document: object) -> Outcome:
    """An outcome with its file."""
    return Outcome(exit_code, document)


def by_client(exchange: Exchange) -> Exchange:
    """The exchange as a client began it and we answered it."""
    answer = exchange.response
    return replace(
        exchange,
        request=replace(exchange.request, author=Author.IMPLEMENTATION),
        response=None if answer is None else replace(answer, author=Author.HARNESS),
    )


def sends(
    answer: Response | None = QUEUED,
    items: object = m.SUNNY,
    *,
    streamed: bool = False,
    content: object = None,
    path: str = f"{m.PATH}/submit_tool_outputs",
    at: int = 0,
    headers: Sequence[tuple[str, str]] = HEADS,
) -> Exchange:
    """A submission by the client; without an answer the connection was lost."""
    return by_client(m.submit(answer, items, streamed=streamed, content=content, path=path, at=at, headers=headers))


def streams(answer: Response | None = STREAM, items: object = m.SUNNY, **said: object) -> Exchange:
    """A submission with stream true."""
    return sends(answer, items, streamed=True, **said)  # type: ignore[arg-type]


def asks(operation: Operation, method: str, target: str, answer: Response, content: object = None) -> Exchange:
    """Any other request by the client."""
    return by_client(m.asked(operation, method, target, answer, content, headers=HEADS))


def creates(answer: Response) -> Exchange:
    """The client creates a run, with stream true."""
    return by_client(m.create_run(answer))


def reads(status: str, **fields: object) -> Exchange:
    """The client reads the run."""
    return by_client(m.get_run(status, **fields))  # type: ignore[arg-type]


def lists(*messages: m.Document) -> Exchange:
    """The client lists the thread's messages."""
    return by_client(m.listed(Operation.LIST_MESSAGES, "messages", *messages))


def lists_runs(status: str, **fields: object) -> Exchange:
    """The client lists the thread's runs, of which there is one."""
    return by_client(m.listed(Operation.LIST_RUNS, "runs", m.run_document(status, **fields)))


def cut(answer: Response, ended: Ended = Ended.COMPLETE, keep: float = 0.6) -> Response:
    """The first part of an answer's body."""
    whole = b"".join(chunk.data for chunk in answer.chunks)
    return replace(m.answer(whole[: int(len(whole) * keep)], media="text/event-stream"), ended=ended)


def met(
    scenario: str, *exchanges: Exchange, outcome: Outcome = OK, calls: Sequence[str] = ("1",), traits: str = ""
) -> Transcript:
    """The transcript of a scenario: the harness has seen the run waiting, the rest is the client's."""
    waiting = m.pending(*(m.call(name) for name in calls))
    return Transcript(scenario, (waiting, *exchanges), ENVIRONMENT | set(traits.split()), outcome=outcome)


def judged(transcript: Transcript) -> Subject:
    subject = judge(transcript)
    assert {verdict.role for verdict in subject.verdicts} == {Role.CLIENT}
    return subject


def broken(transcript: Transcript) -> dict[str, str]:
    """Every requirement with a primary finding, or with a check that broke, and its message."""
    return {
        verdict.requirement: verdict.findings[0].message if verdict.findings else str(verdict.reason)
        for verdict in judged(transcript).verdicts
        if verdict.status is Status.ERROR or any(finding.primary for finding in verdict.findings)
    }


def unlooked(transcript: Transcript) -> set[str]:
    """The requirements that could not be looked at."""
    return {v.requirement for v in judged(transcript).verdicts if v.status is Status.UNTESTABLE}
