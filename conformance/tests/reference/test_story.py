"""Stories are legal exchanges: held against sequences written out by hand, and against the schemas."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import pytest

from conformance.contract import schema
from conformance.contract.scenarios import SCRIPTS as NAMED
from conformance.reference import objects, story
from conformance.reference.events import DONE, Event, encode, stream
from conformance.reference.objects import Document
from conformance.reference.scripts import SCRIPTS, Call, RunsCode, Says, Script
from conformance.reference.story import Ids, Story

NOW = 1_700_000_000
CALLS = (Call("get_weather", ('{"loc', 'ation":', '"Köln"}')), Call("get_time", ("{}",)))
ASSISTANT = objects.assistant(
    "asst_1", NOW - 50, {"model": "gpt-4o", "tools": [{"type": "function", "function": {"name": "get_weather"}}]}
)

#: A message, and a built-in step, from their step's creation to its end.
MESSAGE = (
    "run.step.created run.step.in_progress message.created message.in_progress message.delta message.completed "
    "run.step.completed"
)
BROKEN = "run.step.created run.step.in_progress message.created message.in_progress message.delta"
BUILT_IN = "run.step.created run.step.in_progress run.step.delta run.step.completed"
ASKS = "run.step.created run.step.in_progress run.step.delta run.requires_action done"
GOES_ON = "run.step.completed run.queued run.in_progress"

#: What the stream of a submission holds, repeated events told once.
SUBMITTED = {
    "text": f"{GOES_ON} {MESSAGE} run.completed done",
    "round": f"{GOES_ON} {ASKS}",
    "two-messages": f"{GOES_ON} {MESSAGE} {BUILT_IN} {MESSAGE} run.completed done",
    "built-in": f"{GOES_ON} {BUILT_IN} {MESSAGE} run.completed done",
    "incomplete": f"{GOES_ON} {BROKEN} message.incomplete run.step.completed run.incomplete done",
    "failed": f"{GOES_ON} {BROKEN} message.incomplete run.step.failed run.failed done",
    "cancelled": f"{GOES_ON} {BROKEN} run.cancelling message.incomplete run.step.cancelled run.cancelled done",
    "expired": "run.step.expired run.expired done",
    "error": f"{GOES_ON} {BROKEN} error done",
    "late": f"{GOES_ON} {MESSAGE} run.completed done",
    "busy": f"{GOES_ON} {MESSAGE} run.completed done",
    "fault": f"{GOES_ON} {MESSAGE} run.completed done",
}


class Told:
    """A run brought to its first calls and, with `submit`, beyond them."""

    def __init__(self, script: Script, calls: Sequence[Call] = CALLS) -> None:
        self.script = script
        self.ids = Ids()
        self.created = objects.run("run_1", "thread_1", NOW, ASSISTANT, {})
        self.begun = story.begin(script, self.created, calls, new_id=self.ids, now=NOW)

    def submit(self, calls: Sequence[Call] = (), outputs: Mapping[str, str] | None = None) -> Story:
        waiting = last(self.begun, "thread.run.requires_action")
        step = story.waiting_step(last(self.begun, "thread.run.step.created"), waiting)
        given = outputs or {call: f"output of {call}" for call in call_ids(waiting)}
        nothing = objects.usage(0, 0)
        return story.go_on(self.script, waiting, step, given, calls, new_id=self.ids, now=NOW + 20, spent=nothing)


def call_ids(run: Document) -> list[str]:
    return [call["id"] for call in run["required_action"]["submit_tool_outputs"]["tool_calls"]]


def everything(told: Story) -> list[Event]:
    return [event for transition in told.transitions for event in transition]


def documents(told: Story, prefix: str = "thread.") -> list[Document]:
    return [event.data for event in everything(told) if event.name.startswith(prefix) and isinstance(event.data, dict)]


def last(told: Story, name: str) -> Document:
    return [event.data for event in everything(told) if event.name == name and isinstance(event.data, dict)][-1]


def names(events: Sequence[Event]) -> str:
    return " ".join(name.removeprefix("thread.") for name, _ in groupby(event.name for event in events))


def submitted(name: str) -> Story:
    return Told(SCRIPTS[name]).submit(CALLS if SCRIPTS[name].rounds > 1 else ())


def test_every_named_script_is_written() -> None:
    assert set(SCRIPTS) == set(NAMED) == set(SUBMITTED)


@pytest.mark.parametrize("name", SUBMITTED)
def test_the_stream_of_a_submission_has_the_order_of_the_contract(name: str) -> None:
    assert names(list(stream(submitted(name).transitions))) == SUBMITTED[name]


@pytest.mark.parametrize("name", SUBMITTED)
def test_every_document_fits_the_schema_of_its_event_and_lacks_nothing(name: str) -> None:
    for told in (Told(SCRIPTS[name]).begun, submitted(name)):
        for event in everything(told):
            wrapped = "ErrorResponse" if event.name == "error" else schema.SCHEMA_OF_EVENT[event.name]
            assert schema.explain(wrapped, event.data) == ()
            assert not schema.missing_fields(wrapped, event.data)


@pytest.mark.parametrize("name", SUBMITTED)
def test_the_status_of_every_document_is_the_word_of_its_event(name: str) -> None:
    for event in everything(submitted(name)):
        word = event.name.rpartition(".")[2]
        if word not in {"delta", "error"} and isinstance(event.data, dict):
            assert event.data["status"] == {"created": "in_progress"}.get(word, word)


def test_a_run_is_created_queued_and_stopped_at_its_calls() -> None:
    begun = Told(SCRIPTS["text"]).begun
    assert names(list(stream(begun.transitions))) == f"run.created run.queued run.in_progress {ASKS}"
    assert [[event.name for event in transition][-1] for transition in begun.transitions] == [
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.run.requires_action",
    ]


def test_a_thread_made_with_its_run_is_told_first() -> None:
    thread = objects.thread("thread_1", NOW, {})
    run = objects.run("run_1", "thread_1", NOW, ASSISTANT, {})
    told = story.begin(SCRIPTS["text"], run, CALLS, new_id=Ids(), now=NOW, thread=thread)
    assert everything(told)[0] == Event("thread.created", thread)
    assert schema.explain("ThreadObject", thread) == ()


def test_a_run_without_calls_answers_at_once() -> None:
    told = Told(SCRIPTS["text"], ()).begun
    assert (
        names(list(stream(told.transitions))) == f"run.created run.queued run.in_progress {MESSAGE} run.completed done"
    )


def test_a_run_that_loses_patience_expires_at_the_third_look_with_its_step() -> None:
    begun = Told(SCRIPTS["late"]).begun
    waiting = [
        index
        for index, transition in enumerate(begun.transitions)
        if transition and transition[-1].name.endswith("requires_action")
    ]
    after = begun.transitions[waiting[0] + 1 :]
    assert [names(transition) for transition in after] == ["", "", "run.step.expired run.expired"]
    assert names(list(stream(begun.transitions))).endswith("run.requires_action done")


def test_the_deltas_of_a_step_add_up_to_the_calls_of_the_run() -> None:
    begun = Told(SCRIPTS["text"]).begun
    found: list[dict[str, Any]] = []
    order: list[int] = []
    for delta in documents(begun, "thread.run.step.delta"):
        (call,) = delta["delta"]["step_details"]["tool_calls"]
        order.append(call["index"])
        if call["index"] == len(found):
            found.append({"id": call["id"], "type": call["type"], "function": {"name": call["function"]["name"]}})
        function = found[call["index"]]["function"]
        function["arguments"] = function.get("arguments", "") + call["function"]["arguments"]
    wanted = last(begun, "thread.run.requires_action")["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert found == wanted
    assert order == sorted(order)
    assert [json.loads(call["function"]["arguments"]) for call in wanted] == [{"location": "Köln"}, {}]


@pytest.mark.parametrize("name", SUBMITTED)
def test_the_pieces_of_a_message_add_up_to_its_text_and_its_first_brings_annotations(name: str) -> None:
    texts: dict[str, list[dict[str, Any]]] = {}
    told = submitted(name)
    for delta in documents(told, "thread.message.delta"):
        texts.setdefault(delta["id"], []).extend(part["text"] for part in delta["delta"]["content"])
    ended = [d for d in documents(told, "thread.message.") if d.get("status") in {"completed", "incomplete"}]
    assert {message["id"] for message in ended} == set(texts)
    for message in ended:
        pieces = texts[message["id"]]
        assert len(pieces) > 1
        assert ["annotations" in piece for piece in pieces] == [True] + [False] * (len(pieces) - 1)
        assert "".join(piece["value"] for piece in pieces) == message["content"][0]["text"]["value"]


def test_some_text_is_not_ascii() -> None:
    (message,) = documents(submitted("text"), "thread.message.completed")
    assert not message["content"][0]["text"]["value"].isascii()


def test_submitted_outputs_come_back_in_the_order_of_the_calls_whatever_order_they_came_in() -> None:
    told = Told(SCRIPTS["text"])
    ids = call_ids(last(told.begun, "thread.run.requires_action"))
    given = {ids[1]: "second\u2028\x00\r\n", ids[0]: ""}
    first = documents(told.submit(outputs=given))[0]
    calls = first["step_details"]["tool_calls"]
    assert [(call["id"], call["function"]["output"]) for call in calls] == [(ids[0], ""), (ids[1], given[ids[1]])]


@pytest.mark.parametrize("name", ["failed", "cancelled", "incomplete"])
def test_a_message_that_is_broken_off_says_why(name: str) -> None:
    reason = {"failed": "run_failed", "cancelled": "run_cancelled", "incomplete": "max_tokens"}[name]
    message = last(submitted(name), "thread.message.incomplete")
    assert message["incomplete_details"] == {"reason": reason}
    assert isinstance(message["incomplete_at"], int)


def test_a_failed_run_and_its_step_say_when_and_why() -> None:
    told = submitted("failed")
    for document in (last(told, "thread.run.failed"), last(told, "thread.run.step.failed")):
        assert document["failed_at"] == told.until
        assert document["last_error"]["code"] == "server_error"


def test_an_error_breaks_the_stream_and_the_run_fails_behind_it() -> None:
    told = submitted("error")
    assert names(everything(told)).endswith("error message.incomplete run.step.failed run.failed")
    assert set(last(told, "error")["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("name", SUBMITTED)
def test_usage_is_null_until_the_end_and_then_the_sum_of_the_steps(name: str) -> None:
    told = submitted(name)
    runs = [d for d in documents(told) if d["object"] == "thread.run"]
    steps = [d for d in documents(told) if d["object"] == "thread.run.step"]
    for run in runs[:-1]:
        assert run["usage"] is None
    if runs[-1]["status"] != "requires_action":
        spent = [step["usage"]["total_tokens"] for step in steps if step["usage"] is not None]
        assert runs[-1]["usage"]["total_tokens"] == sum(spent)
    for step in steps:
        assert (step["usage"] is None) == (step["status"] == "in_progress")


@pytest.mark.parametrize("name", [name for name in SUBMITTED if name != "expired"])
def test_times_go_forward(name: str) -> None:
    told = submitted(name)
    created = [d["created_at"] for d in documents(told) if "created_at" in d and d["object"] != "thread.run"]
    news = [
        d["created_at"]
        for e in everything(told)
        if e.name.endswith(".created")
        for d in [e.data]
        if isinstance(d, dict)
    ]
    runs = [d for d in documents(told) if d["object"] == "thread.run"]
    assert news == sorted(news)
    assert min(created) > runs[0]["created_at"]
    assert [run["expires_at"] for run in runs[:-1]] == [NOW + 600] * (len(runs) - 1)
    assert runs[0]["started_at"] < runs[1]["started_at"] == NOW + 21
    assert all(isinstance(run["started_at"], int) for run in runs)
    if runs[-1]["status"] == "completed":
        assert runs[-1]["expires_at"] is None
        assert runs[-1]["completed_at"] >= runs[-1]["started_at"]


@pytest.mark.parametrize("name", SUBMITTED)
def test_ids_are_new_and_stay_the_same(name: str) -> None:
    told = Told(SCRIPTS[name])
    before = {d["id"] for d in documents(told.begun)} | set(call_ids(last(told.begun, "thread.run.requires_action")))
    after = told.submit(CALLS if SCRIPTS[name].rounds > 1 else ())
    created = [e.data["id"] for e in everything(after) if e.name.endswith(".created") and isinstance(e.data, dict)]
    assert not before & set(created)
    assert len(created) == len(set(created))
    for run in (d for d in documents(after) if d["object"] == "thread.run"):
        assert (run["id"], run["thread_id"], run["created_at"]) == ("run_1", "thread_1", NOW)


def test_a_story_is_pure() -> None:
    def told() -> list[bytes]:
        return [encode(event) for event in stream(submitted("two-messages").transitions)]

    assert told() == told()


def test_a_cancelled_run_closes_the_step_that_waits() -> None:
    begun = Told(SCRIPTS["text"]).begun
    waiting = last(begun, "thread.run.requires_action")
    step = story.waiting_step(last(begun, "thread.run.step.created"), waiting)
    told = story.cancel(waiting, step, new_id=Ids(), now=NOW + 9, spent=objects.usage(0, 0))
    assert [names(transition) for transition in told.transitions] == [
        "run.cancelling",
        "run.step.cancelled run.cancelled",
    ]
    for event in everything(told):
        assert schema.explain(schema.SCHEMA_OF_EVENT[event.name], event.data) == ()
    assert last(told, "thread.run.cancelled")["cancelled_at"] == NOW + 9


@pytest.mark.parametrize("ending", ["completed", "incomplete", "failed", "cancelled", "expired", "error"])
@pytest.mark.parametrize("parts", [(), (RunsCode(("1",), "1"),), (Says(("a",)),), (Says(()),)], ids=repr)
def test_any_script_ends_as_it_says_whatever_its_parts(parts: tuple[Any, ...], ending: str) -> None:
    told = Told(Script(parts, ending=ending), ()).begun
    assert everything(told)[-1].name == f"thread.run.{'failed' if ending == 'error' else ending}"
    opened = {e.data["id"] for e in everything(told) if e.name.endswith(".created") and isinstance(e.data, dict)}
    still = {d["id"]: d["status"] for d in documents(told) if "status" in d}
    assert not [id_ for id_ in opened if still[id_] in {"in_progress", "queued"}]


def test_an_event_is_two_lines_and_a_blank_one() -> None:
    event = Event("thread.run.step.delta", {"value": "a\nb\r\u2028 é 🌤️ \x00"})
    written = encode(event)
    assert written.startswith(b"event: thread.run.step.delta\ndata: {")
    assert written.endswith(b"}\n\n")
    assert written.count(b"\n") == 3 and b"\r" not in written
    assert json.loads(written.split(b"data: ")[1]) == event.data
    assert encode(DONE) == b"event: done\ndata: [DONE]\n\n"


def test_a_lone_surrogate_is_written_as_the_escape_it_came_from() -> None:
    written = objects.to_json({"output": "a\ud83c b"})
    assert written == b'{"output":"a\\ud83c b"}'
    assert json.loads(written) == {"output": "a\ud83c b"}


@pytest.mark.parametrize("unwritable", [float("inf"), float("nan")])
def test_what_is_no_json_is_not_written(unwritable: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        objects.to_json({"number": unwritable})
