"""What passes becomes one transcript for each run, whoever asked for what; what nobody can order is left out."""

from __future__ import annotations

import gzip
import json

from conformance.model import Ended, Operation
from conformance.reference.events import Event, encode
from conformance.relay import runs as module
from conformance.relay.passed import Passed, Room
from conformance.relay.runs import ABANDONED, QUIET, Run, Runs

KEY = (("Authorization", "Bearer secret-of-a-client"),)
STREAM = (("Content-Type", "text/event-stream"),)
JSON = (("Content-Type", "application/json"),)


def run_document(run: str = "run_1", thread: str = "thread_1", status: str = "requires_action") -> dict[str, object]:
    return {"id": run, "object": "thread.run", "thread_id": thread, "status": status}


class Traffic:
    """Exchanges that pass, each a second long unless it is said, one after the other."""

    def __init__(self, limit: int = 10**6) -> None:
        self.room = Room(limit)
        self.runs = Runs(self.room)
        self.now = 0.0

    def passes(self, method: str, target: str, answer: object, status: int = 200, **facts) -> tuple[Run, ...]:
        began, took = facts.pop("began", self.now), facts.pop("took", 1.0)
        self.now = max(self.now, began + took)
        headers = facts.pop("headers", STREAM if isinstance(answer, bytes) else JSON)
        passed = Passed(began * 1000, method, f"/v1{target}", facts.pop("sent", KEY), self.room)
        passed.asked(b"{}")
        passed.head(status, headers, facts.pop("answered", took) * 1000)
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        passed.answered(body, took * 1000, took * 1000)
        passed.end(facts.pop("ended", Ended.COMPLETE), took * 1000)
        assert not facts
        return self.runs.add(passed, self.now)

    def submits(self, run: str = "run_1", thread: str = "thread_1", status: int = 200, **facts) -> tuple[Run, ...]:
        answer = run_document(run, thread, "queued") if status == 200 else {"error": {"message": "no"}}
        return self.passes("POST", f"/threads/{thread}/runs/{run}/submit_tool_outputs", answer, status, **facts)

    def looks(self, run: str = "run_1", thread: str = "thread_1", state: str = "requires_action", **facts):
        return self.passes("GET", f"/threads/{thread}/runs/{run}", run_document(run, thread, state), **facts)

    def operations(self) -> dict[str, list[str]]:
        return {
            run.id: [exchange.operation.value for exchange in run.transcript().exchanges] for run in self.runs.rest()
        }


def test_each_run_has_its_own_transcript() -> None:
    traffic = Traffic()
    created = encode(Event("thread.created", {"id": "thread_9", "object": "thread"}))
    created += encode(Event("thread.run.created", run_document("run_9", "thread_9")))
    traffic.passes("POST", "/threads/runs", created)
    traffic.passes("POST", "/threads/thread_1/runs", run_document())
    traffic.submits("run_9", "thread_9")
    traffic.looks()
    traffic.passes("GET", "/threads/thread_1/messages?limit=1", {"data": []})
    traffic.submits()
    assert traffic.operations() == {
        "run_9": ["create-run", "submit"],
        "run_1": ["create-run", "get-run", "list-messages", "submit"],
    }


def test_what_belongs_to_no_run_is_let_go() -> None:
    traffic = Traffic()
    traffic.passes("POST", "/threads/thread_1/messages", {"id": "msg_1"})
    traffic.passes("POST", "/threads/thread_1/runs", {"error": {}}, status=400)
    assert (traffic.operations(), traffic.runs.stray, traffic.room.taken) == ({}, 2, 0)


def test_an_exchange_that_is_over_later_stands_where_it_began() -> None:
    traffic = Traffic()
    traffic.submits(began=5.0, took=0.5)
    traffic.passes("POST", "/threads/thread_1/runs", run_document(), began=1.0, took=6.0)
    assert traffic.operations() == {"run_1": ["create-run", "submit"]}


def test_a_look_that_crossed_something_is_left_out() -> None:
    traffic = Traffic()
    traffic.looks(began=0.0)
    traffic.looks(began=0.5)
    traffic.submits(began=2.0, took=5.0)
    traffic.looks(began=6.9, state="in_progress")
    traffic.looks(began=8.0, state="completed")
    assert traffic.operations() == {"run_1": ["get-run", "submit", "get-run"]}


def test_of_looks_that_repeat_each_other_the_first_and_the_last_are_kept() -> None:
    traffic = Traffic()
    for _ in range(50):
        (run,) = traffic.looks(state="in_progress")
    taken = traffic.room.taken
    traffic.looks(state="completed")
    began = [exchange.began_ms for exchange in run.transcript().exchanges]
    assert began == [0, 49_000, 50_000]
    assert 0 < taken < 6000


def test_submissions_at_once_are_marked() -> None:
    traffic = Traffic()
    (run,) = traffic.submits(began=0.0)
    traffic.submits(began=0.5, status=400)
    traffic.submits(began=3.0, status=400)
    assert [set(each.situation) for each in run.transcript().exchanges] == [{"concurrent"}, {"concurrent"}, set()]


def test_a_stream_that_goes_on_has_answered() -> None:
    traffic = Traffic()
    (run,) = traffic.submits(began=0.0, answered=0.1, took=4.0)
    traffic.submits(began=2.0, status=400)
    assert not any(each.situation for each in run.transcript().exchanges)


def test_a_thread_that_is_not_the_runs_is_marked() -> None:
    traffic = Traffic()
    traffic.looks()
    (run,) = traffic.submits(thread="thread_2", status=404)
    assert run.transcript().exchanges[1].situation == {"other-thread"}


def test_a_key_that_opened_nothing_may_be_wrong() -> None:
    traffic = Traffic()
    traffic.looks()
    (run,) = traffic.submits(status=401, sent=(("api-key", "another"),))
    transcript = run.transcript()
    assert transcript.exchanges[1].situation == {"wrong-key"}
    assert "key" not in transcript.traits
    traffic = Traffic()
    traffic.looks()
    (run,) = traffic.submits(status=401)
    transcript = run.transcript()
    assert not transcript.exchanges[1].situation
    assert "key" in transcript.traits


def test_a_run_is_over_once_its_end_was_told_and_it_was_quiet() -> None:
    traffic = Traffic()
    traffic.looks("run_1", state="requires_action")
    traffic.looks("run_2", "thread_2", state="completed")
    now = traffic.now + QUIET
    assert not list(traffic.runs.finished(now, frozenset({"thread_2"})))
    assert [run.id for run in traffic.runs.finished(now)] == ["run_2"]
    assert [run.id for run in traffic.runs.finished(now + ABANDONED)] == ["run_1"]
    assert traffic.room.taken == 0


def test_a_stream_tells_the_end_of_its_run() -> None:
    traffic = Traffic()
    target = "/threads/thread_1/runs/run_1/submit_tool_outputs"
    (run,) = traffic.passes("POST", target, encode(Event("thread.run.queued", {})))
    assert not run.over
    traffic.passes("POST", target, encode(Event("thread.run.completed", {})))
    assert run.over


def test_runs_make_room_for_others(monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    traffic = Traffic()
    for number in range(4):
        traffic.looks(f"run_{number}", f"thread_{number}")
    assert [run.id for run in traffic.runs.finished(traffic.now)] == ["run_0", "run_1"]
    traffic = Traffic(limit=6000)
    traffic.looks(began=0.0)
    traffic.passes("GET", "/threads/thread_2/runs/run_2/steps", {"data": ["x" * 500]})
    assert [run.id for run in traffic.runs.finished(traffic.now)] == ["run_1"]


def test_what_could_not_be_kept_is_not_judged() -> None:
    traffic = Traffic(limit=4000)
    traffic.looks(took=0.5)
    (run,) = traffic.passes("GET", "/threads/thread_1/runs/run_1/steps", {"data": ["x" * 1000]})
    assert run.transcript().untestable is not None


def test_codings_are_undone_and_others_not_judged() -> None:
    traffic = Traffic()
    document = gzip.compress(json.dumps(run_document()).encode())
    target = "/threads/thread_1/runs/run_1"
    (run,) = traffic.passes("GET", target, document, headers=(*JSON, ("Content-Encoding", "gzip")))
    response = run.transcript().exchanges[0].response
    assert response is not None and json.loads(b"".join(chunk.data for chunk in response.chunks)) == run_document()
    traffic.passes("GET", target, document, headers=(*JSON, ("Content-Encoding", "br")))
    assert "'br'" in str(run.transcript().untestable)


def test_half_a_document_that_a_client_left_says_nothing() -> None:
    traffic = Traffic()
    (run,) = traffic.submits(ended=Ended.ABORTED)
    (exchange,) = run.transcript().exchanges
    assert (exchange.operation, exchange.response) == (Operation.SUBMIT, None)
    assert exchange.failure
