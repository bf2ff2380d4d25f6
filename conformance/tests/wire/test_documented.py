"""The documented cassettes are what OpenAI's document gives today, and every repair is needed and listed."""

from __future__ import annotations

import json

import pytest

from conformance.tests.wire import documented
from conformance.tests.wire.transcripts import answer
from conformance.wire import cassette
from conformance.wire.sse import Decoder, Event

TRANSCRIPTS = documented.transcripts()
AS_PRINTED, REPAIRED = TRANSCRIPTS["stream-as-printed.jsonl"], TRANSCRIPTS["stream-repaired.jsonl"]


def events(body: bytes) -> list[Event]:
    decoder = Decoder()
    found = decoder.feed(body)
    decoder.close()
    assert decoder.defects == []
    return found


def is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def test_the_committed_files_are_a_fresh_build() -> None:
    folder = documented.CASSETTES / "documented"
    committed = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert committed == documented.files()


def test_the_sums_are_current() -> None:
    committed = (documented.CASSETTES / "SHA256SUMS").read_text(encoding="utf-8")
    assert committed == documented.sums(documented.CASSETTES)


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_they_read_as_what_they_are_and_never_as_recordings(name: str) -> None:
    text = (documented.CASSETTES / "documented" / name).read_text(encoding="utf-8")
    subject = cassette.read(text.splitlines(), name)
    assert subject.exchanges == TRANSCRIPTS[name].exchanges
    assert subject.provenance["kind"] == "documented"
    assert subject.provenance["recorded"] == ""
    (exchange,) = subject.exchanges
    assert (exchange.operation, exchange.request.author) == ("submit", "harness")
    assert exchange.request.target == "/v1/threads/thread_123/runs/run_123/submit_tool_outputs"
    assert [field for field, _ in exchange.request.headers] == ["Authorization", "Content-Type", "OpenAI-Beta"]
    submitted = json.loads(exchange.request.body)
    assert submitted["tool_outputs"] == [{"tool_call_id": "call_001", "output": "70 degrees and sunny."}]
    assert submitted.get("stream", False) is (name != "plain.jsonl")


def test_the_plain_example_is_a_run() -> None:
    run = json.loads(answer(TRANSCRIPTS["plain.jsonl"]))
    assert (run["id"], run["object"], run["status"]) == ("run_123", "thread.run", "queued")
    assert "repairs" not in TRANSCRIPTS["plain.jsonl"].provenance


def test_as_printed_has_exactly_its_known_defects() -> None:
    printed = events(answer(AS_PRINTED))
    assert "repairs" not in AS_PRINTED.provenance
    assert [event.name for event in printed if not is_json(event.data) and event.data != b"[DONE]"] == [
        "thread.run.queued", "thread.run.in_progress", "thread.run.completed",
    ]  # fmt: skip
    assert b"\n...\n\n" in answer(AS_PRINTED)
    assert b"call_iWr0" in answer(AS_PRINTED)


def test_repaired_follows_the_whole_happy_path() -> None:
    mended = events(answer(REPAIRED))
    names = [event.name for event in mended]
    deltas = names.count("thread.message.delta")
    assert names == [
        "thread.run.step.completed", "thread.run.queued", "thread.run.in_progress", "thread.run.step.created",
        "thread.run.step.in_progress", "thread.message.created", "thread.message.in_progress",
        *["thread.message.delta"] * deltas,
        "thread.message.completed", "thread.run.step.completed", "thread.run.completed", "done",
    ]  # fmt: skip
    documents = [json.loads(event.data) for event in mended[:-1]]
    (call,) = documents[0]["step_details"]["tool_calls"]
    assert (call["id"], call["function"]["output"]) == ("call_001", "70 degrees and sunny.")
    pieces = [document["delta"]["content"][0]["text"]["value"] for document in documents[7 : 7 + deltas]]
    assert "".join(pieces) == documents[7 + deltas]["content"][0]["text"]["value"]
    assert mended[-1].data == b"[DONE]"


def test_every_repair_is_listed_and_nothing_else_was_changed() -> None:
    assert [repair["contract"] for repair in REPAIRED.provenance["repairs"]] == [  # type: ignore[attr-defined]
        "DIS-BRACE", "DIS-CALLID", "DIS-ELLIPSIS",
    ]  # fmt: skip
    before, after = events(answer(AS_PRINTED)), events(answer(REPAIRED))
    broken = {event.data for event in before} - {event.data for event in after}
    assert len(broken) == 4
    assert len(after) - len(before) == 11


@pytest.mark.parametrize("repair", documented.REPAIRS, ids=lambda repair: repair.contract)
def test_no_repair_is_needless(repair: documented.Repair) -> None:
    for old, new in repair.replacements:
        assert old.encode() in answer(AS_PRINTED)
        assert new.encode() in answer(REPAIRED)
