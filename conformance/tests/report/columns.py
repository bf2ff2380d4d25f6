"""Columns of a matrix as tests need them: made up by the requirement, and sixty from really judged mocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

from conformance.contract.client_scenarios import CLIENT_SCENARIOS
from conformance.model import Profile, Report, Role, Status, Subject, Transcript
from conformance.proof.faults import FAULTS, broken
from conformance.report.column import Column, Facts
from conformance.report.reading import Reading
from conformance.run.proving import record
from conformance.targets.bundled_client import Bundled
from conformance.targets.client import ClientTarget
from conformance.tests.report.reports import finding, verdict
from conformance.verdict.judge import judge

#: What each judged mock does wrong; several faults of a server at once.
SERVERS = (
    ("json-for-stream", "without-request-id"),
    ("drop-done", "stream-as-text"),
    ("event-after-done", "delta-lost"),
    (),
)
CLIENTS = ("takes-any-body", "deaf-to-truncation", "none")

#: Groups of the sixty, with the languages in them.
SERVER_GROUPS = ("servers with state", "mocks of an OpenAPI document", "gateways before LLAMPHouse")
CLIENT_GROUPS = ("official libraries", "agent frameworks", "smallest clients")
LANGUAGES = ("Python", "TypeScript", "Go", "Java", "Rust")


def client(name: str, *failed: str) -> Column:
    """A client that fails in these scenarios."""
    subjects = tuple(
        Subject(
            scenario.id,
            (
                verdict("outcome.ends", scenario.id, Status.PASS),
                *(
                    [verdict("outcome.not-a-stream", scenario.id, Status.FAIL, finding())]
                    if scenario.id in failed
                    else []
                ),
            ),
        )
        for scenario in CLIENT_SCENARIOS
    )
    report = Report({"kind": "client", "name": name}, subjects, plan={"cells": 1}, profile=Profile(role=Role.CLIENT))
    return Column(name, "client", name, report)


def server(name: str, requirement: str, kind: str = "not-streamed") -> Column:
    """A server that fails a requirement by a finding of a kind."""
    failed = Subject("stream-one-call", (verdict(requirement, "stream-one-call", Status.FAIL, finding(kind=kind)),))
    return Column(name, "server", name, Report({"kind": "http"}, (failed,)))


@cache
def judged_servers() -> tuple[Report, ...]:
    """Reports of the reference in process, each with the faults of `SERVERS`."""
    clean = record()
    return tuple(_server(clean, names) for names in SERVERS)


def _server(clean: Sequence[Transcript], names: Sequence[str]) -> Report:
    transcripts = list(clean)
    for name in names:
        transcripts = [broken(each, FAULTS[name]) for each in transcripts]
    subjects = tuple(judge(each, role=Role.SERVER) for each in transcripts)
    again = "conformance server --base-url=http://127.0.0.1:4021 --serve='python server.py 4021'"
    return _report("http", subjects, Role.SERVER, again)


@cache
def judged_clients() -> tuple[Report, ...]:
    """Reports of the bundled client, each with a habit of `CLIENTS`."""
    return tuple(map(_client, CLIENTS))


def _client(habit: str) -> Report:
    target = ClientTarget(Bundled(habit))
    with ThreadPoolExecutor(8) as pool:
        subjects = tuple(judge(each, role=Role.CLIENT) for each in pool.map(target.exchange, CLIENT_SCENARIOS))
    return _report("client", subjects, Role.CLIENT, f"conformance client -- python client.py {habit}")


def _report(kind: str, subjects: tuple[Subject, ...], role: Role, again: str) -> Report:
    return Report(
        {"kind": kind, "name": "it"}, subjects, plan={"cells": 1}, profile=Profile(role=role), again=again,
        began="2026-11-30T10:00:00Z",
    )  # fmt: skip


def sixty() -> tuple[Column, ...]:
    """Fifteen servers, forty-four clients and one that could not be judged, some of their findings read."""
    return (*_of("server", 15, judged_servers(), SERVER_GROUPS), *_of("client", 45, judged_clients(), CLIENT_GROUPS))


def _of(role: str, number: int, reports: Sequence[Report], groups: Sequence[str]) -> Iterator[Column]:
    for at in range(number):
        away = at == number - 1
        name = f"{role} library {at}"
        facts = Facts(
            f"{at}.2.0", LANGUAGES[at % len(LANGUAGES)], groups[at % len(groups)], "https://example.org/a-project",
            "Its program is the short one that a user would write.", name.replace(" ", "-"),
            ('python3 -m venv "$ENVIRONMENT"', f"pip install --quiet library=={at}.2.0"),
        )  # fmt: skip
        report = None if away else replace(reports[at % len(reports)], target={"kind": "http", "name": name})
        reason = "not available here: its registry has no such package" if away else None
        yield read(Column(name, role, "", report, reason, facts=facts), every=2)


def read(column: Column, every: int = 1) -> Column:
    """A column some of whose findings were read."""
    said = ("Its users see an answer that looks complete.", "Look at the content type before the first event.")
    rows = {
        finding.requirement.id: Reading(
            (column.name,), finding.requirement.id, *said, because="The document has no stream." if number % 4 else ""
        )
        for number, finding in enumerate(column.findings)
        if number % every == 0
    }
    return replace(column, readings=rows)
