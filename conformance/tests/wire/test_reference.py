"""The reference cassettes: one for each situation of a server, made anew byte for byte, and judged as when they were
played."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import pytest

from conformance.contract.scenarios import BY_ID, requires
from conformance.model import JUDGED, Chunk, Ended, Exchange, Operation, Status, Transcript, Verdict
from conformance.tests.wire import documented, reference
from conformance.tests.wire.reference import FOLDER, PLAYED, Made
from conformance.verdict.judge import judge, planned
from conformance.wire import cassette
from conformance.wire.redact import redact

IDS = [scenario.id for scenario in PLAYED]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    """All of them as they are made now."""
    return reference.make(tmp_path_factory.mktemp("reference"))


def committed(scenario: str) -> Transcript:
    text = (FOLDER / f"{scenario}.jsonl").read_text(encoding="utf-8")
    return cassette.read(text.splitlines(), scenario)


def verdicts(subject: Transcript) -> tuple[Verdict, ...]:
    return judge(subject).verdicts


def counted(subject: Transcript) -> list[tuple[str, Status, int]]:
    return [(verdict.requirement, verdict.status, len(verdict.findings)) for verdict in verdicts(subject)]


def broken_off(subject: Transcript) -> Transcript:
    """The transcript with every answer to a submission breaking off in its last piece."""
    return replace(subject, exchanges=tuple(map(_broken_off, subject.exchanges)))


def _broken_off(exchange: Exchange) -> Exchange:
    response = exchange.response
    if response is None or exchange.operation is not Operation.SUBMIT:
        return exchange
    *whole, last = response.chunks
    cut = Chunk(last.ms, last.data[: len(last.data) // 2])
    return replace(exchange, response=replace(response, chunks=(*whole, cut), ended=Ended.SHORT))


def test_no_scenario_is_without_a_cassette_and_no_cassette_without_a_scenario() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(f"{scenario}.jsonl" for scenario in IDS)


@pytest.mark.parametrize("scenario", IDS)
def test_the_committed_file_is_what_is_made_today(made: dict[str, Made], scenario: str) -> None:
    today = sha256(made[scenario].file.read_bytes()).hexdigest()
    kept = sha256((FOLDER / f"{scenario}.jsonl").read_bytes()).hexdigest()
    assert kept == today, "make docs writes them anew"


@pytest.mark.parametrize("scenario", IDS)
def test_everything_planned_is_judged_and_nothing_is_found(scenario: str) -> None:
    subject = committed(scenario)
    told = verdicts(subject)
    assert [verdict for verdict in told if verdict.status is not Status.PASS] == []
    plan = {requirement.id for requirement in planned(BY_ID[scenario], subject.traits)}
    assert plan
    assert plan <= {verdict.requirement for verdict in told if verdict.status in JUDGED}


@pytest.mark.parametrize("scenario", IDS)
def test_at_rest_it_is_judged_as_it_was_when_it_was_played(made: dict[str, Made], scenario: str) -> None:
    live = verdicts(made[scenario].live)
    assert live
    assert verdicts(made[scenario].ruled) == live
    assert verdicts(redact(made[scenario].live)) == live
    assert verdicts(committed(scenario)) == live


@pytest.mark.parametrize("scenario", [one.id for one in PLAYED if any(act.do == "submit" for act in one.acts)])
def test_redaction_hides_no_breach(made: dict[str, Made], scenario: str) -> None:
    broken = broken_off(made[scenario].live)
    told = counted(broken)
    assert any(findings for _, _, findings in told)
    assert counted(redact(broken)) == told


@pytest.mark.parametrize("scenario", IDS)
def test_it_says_that_it_was_made_and_in_which_environment(scenario: str) -> None:
    subject = committed(scenario)
    assert subject.scenario == scenario
    assert subject.provenance["kind"] == "synthesized"
    assert subject.provenance["target"] == {"kind": "mock", "name": "the built-in mock"}
    assert requires(BY_ID[scenario]) <= {"state", "key", "scripted"} <= subject.traits
    assert subject.untestable is subject.slip is None


@pytest.mark.parametrize("scenario", IDS)
def test_times_are_a_rule(scenario: str) -> None:
    exchanges = committed(scenario).exchanges
    answers = [exchange.response for exchange in exchanges if exchange.response]
    assert len(answers) == len(exchanges)
    assert {chunk.ms for answer in answers for chunk in answer.chunks} | {answer.ended_ms for answer in answers} == {0}
    moments = sorted({exchange.began_ms for exchange in exchanges})
    assert moments == [number * reference.STEP_MS for number in range(len(moments))]
    at_once = sum("concurrent" in exchange.situation for exchange in exchanges)
    assert len(moments) == len(exchanges) - at_once // 2


def test_of_two_submissions_at_once_the_accepted_one_stands_first() -> None:
    first, second = (exchange for exchange in committed("concurrent").exchanges if exchange.situation)
    assert first.began_ms == second.began_ms
    assert first.response
    assert second.response
    assert (first.response.status, second.response.status) == (200, 400)


def test_only_what_nobody_may_touch_is_long() -> None:
    long = {path.stem for path in FOLDER.iterdir() if path.stat().st_size > 50_000}
    assert long == {"json-opaque-outputs", "stream-opaque-outputs"}


def test_an_event_of_a_stream_is_a_line_of_the_file() -> None:
    lines = map(json.loads, (FOLDER / "stream-one-call.jsonl").read_text(encoding="utf-8").splitlines())
    texts = [line["text"] for line in lines if line.get("text", "").startswith("event: ")]
    assert len(texts) > 20
    assert {text.count("event: ") for text in texts} == {1}


def test_the_sums_are_current() -> None:
    kept = (documented.CASSETTES / "SHA256SUMS").read_text(encoding="utf-8")
    assert kept == documented.sums(documented.CASSETTES)
    assert kept.count("  reference/") == len(IDS)
