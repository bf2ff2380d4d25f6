"""Outlines: the same for the same behaviour whatever the ids, times and texts, another for another behaviour."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.files import cassettes_folder
from conformance.model import Author, Chunk, Ended, Exchange, Operation, Request, Transcript
from conformance.reference.events import Event, encode
from conformance.tests.report.reports import HOSTILE, finding
from conformance.tests.verdict.streams import HAPPY, OUTPUTS, WAITING, answer, looked, streamed, submission, transcript
from conformance.tests.work import steps
from conformance.verdict.fingerprints import fingerprint
from conformance.verdict.outline import MANY, outline, path_form
from conformance.wire import cassette
from conformance.wire.redact import redact

BODY = b"".join(map(encode, HAPPY))
REFERENCE = sorted((cassettes_folder() / "reference").glob("*.jsonl"))


def seen(body: bytes, ended: Ended = Ended.COMPLETE) -> Mapping[str, Any]:
    (only,) = outline(transcript(submission(streamed(body, ended))))
    return only


def read(path: Path) -> Transcript:
    return cassette.read(path.read_text("utf-8").splitlines(), path.name)


def test_a_stream_is_its_events_with_deltas_folded_and_its_fields_by_kind() -> None:
    told = seen(BODY)
    assert told["events"][-3:] == ["thread.run.step.completed", "thread.run.completed", "done"]
    assert told["events"].count(f"thread.message.delta{MANY}") == 1
    assert "required_action" in told["fields"]["thread.run"].split()
    assert (told["operation"], told["method"], told["status"], told["ended"]) == ("submit", "POST", 200, "complete")
    assert told["path"] == "/v1/threads/{thread_id}/runs/{run_id}/submit_tool_outputs"
    assert "sent" not in told  # the harness wrote it


def test_how_many_deltas_there_are_and_how_they_arrive_does_not_matter() -> None:
    deltas = [event for event in HAPPY if event.name == "thread.message.delta"]
    at = HAPPY.index(deltas[0])
    longer = [*HAPPY[:at], *deltas * 40, *HAPPY[at:]]
    assert seen(b"".join(map(encode, longer))) == seen(BODY)
    one = streamed(BODY)
    cut = replace(one, chunks=tuple(Chunk(n, BODY[n : n + 7]) for n in range(0, len(BODY), 7)), ended_ms=99)
    assert outline(transcript(submission(cut))) == outline(transcript(submission(one)))


@pytest.mark.parametrize(
    "events",
    [
        HAPPY[:-1],
        HAPPY[1:],
        [*HAPPY, HAPPY[-1]],
        [event for event in HAPPY if event.name != "thread.message.completed"],
        [Event(event.name, {"object": "x"}) for event in HAPPY],
    ],
    ids=["no done", "a step less", "done twice", "no end of the message", "other fields"],
)
def test_another_behaviour_looks_otherwise(events: list[Event]) -> None:
    assert seen(b"".join(map(encode, events))) != seen(BODY)


def test_an_unknown_event_is_named_wherever_and_however_often_it_comes() -> None:
    ping = Event("ping", {"n": 1})
    mixed = [event for one in HAPPY for event in (ping, one)]
    told = seen(b"".join(map(encode, mixed)))
    assert told == {**seen(BODY), "other_events": "ping"}


def test_looks_in_a_row_that_look_the_same_are_one() -> None:
    asked = submission(answer(WAITING))
    once = outline(transcript(looked(WAITING), asked, looked(WAITING)))
    often = outline(transcript(looked(WAITING), looked(WAITING), asked, *[looked(WAITING)] * 9))
    assert [part["operation"] for part in once] == ["get-run", "submit", "get-run"]
    assert once == often
    assert len(outline(transcript(asked, asked))) == 2, "a second submission is another behaviour"


def test_of_a_client_only_what_it_sent_is_told() -> None:
    path = "/v1/threads/thread_1/runs/run_1/submit_tool_outputs?api-version=2024&b"
    body = json.dumps({**OUTPUTS, "stream": True}).encode()
    request = Request(Author.IMPLEMENTATION, "POST", path, (), body)
    played = replace(streamed(BODY), author=Author.HARNESS)
    heard = Exchange(Operation.SUBMIT, 0, request, played)
    ours = looked(WAITING)
    ours = replace(ours, response=replace(ours.response, author=Author.HARNESS))  # type: ignore[type-var]
    (told,) = outline(transcript(ours, heard))
    assert told == {
        "operation": "submit", "method": "POST", "status": 200, "query": "api-version b", "sent": "stream tool_outputs",
        "path": "/v1/threads/{thread_id}/runs/{run_id}/submit_tool_outputs",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("target", "form"),
    [
        ("/v1/threads/runs", "/v1/threads/runs"),
        ("/v1/threads/T-é/runs/42/steps/s?after=x", "/v1/threads/{thread_id}/runs/{run_id}/steps/{step_id}"),
        ("/threads/t/messages", "/threads/{thread_id}/messages"),
        ("", ""),
        ("//[", "//…"),
    ],
)
def test_a_path_is_told_without_ids(target: str, form: str) -> None:
    assert path_form(target) == form


@pytest.mark.parametrize("path", REFERENCE, ids=[path.stem for path in REFERENCE])
def test_no_outline_holds_an_id_and_renaming_all_changes_none(path: Path) -> None:
    met = read(path)
    told = outline(met)
    assert told
    assert not re.search(r"(thread|run|step|msg|asst|call)_[a-z]*\d", json.dumps(told))
    assert outline(redact(met)) == told


def test_a_hostile_answer_is_bounded_and_harmless() -> None:
    names = [f"thread.{'x' * n}" for n in range(1, 3000, 7)]
    events = [Event(name, {"object": name, HOSTILE: 1, **{str(n): n for n in range(500)}}) for name in names]
    alternating = [Event(name, {}) for name in ("thread.run.queued", "thread.run.in_progress") * 5000]
    told = json.dumps(seen(b"".join(encode(event) for event in (*events, *alternating))), ensure_ascii=False)
    assert len(told) < 3_000_000
    assert not set(HOSTILE) & set(told) - set("[]0;pwned2evilJ")
    assert outline(transcript(submission(None)))[0]["ended"] == "no answer"


def test_outlines_take_linear_work() -> None:
    delta = next(event for event in HAPPY if event.name == "thread.message.delta")
    small, large = (b"".join(map(encode, [delta] * times)) for times in (250, 1000))
    seen(small)
    assert steps(lambda: seen(large)) <= 4.5 * steps(lambda: seen(small)), "linear is 4, quadratic 16"


def test_a_fingerprint_is_of_the_cause_and_of_nothing_else() -> None:
    one = finding(details=("3 parts",), pointer="/data/3/id")
    same = finding(message="worded anew", details=("14 parts",), pointer="/data/12/id", got="x", event=2, exchange=4)
    assert fingerprint("done.last", one) == fingerprint("done.last", same)
    assert len(fingerprint("done.last", one)) == 12
    for other in (replace(one, details=("no parts",)), replace(one, kind="lost"), replace(one, pointer="/data/id")):
        assert fingerprint("done.last", other) != fingerprint("done.last", one)
    assert fingerprint("done.once", one) != fingerprint("done.last", one)
