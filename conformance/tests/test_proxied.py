"""What passes between a client and a server is judged on both sides, and nobody is accused who did nothing wrong."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conformance.contract.client_scenarios import CLIENT_SCENARIOS
from conformance.errors import UsageError
from conformance.mock.client.habits import HABITS
from conformance.mock.client.submitter import act
from conformance.mock.replies import for_client
from conformance.mock.server import Mock
from conformance.model import Report, Role, Status
from conformance.reference.waiting_run import WaitingRun, waiting_run
from conformance.report import folder
from conformance.run import proxied, recordings
from conformance.run.proxying import Done, Session
from conformance.run.recordings import Question
from conformance.run.verdict_options import profile
from conformance.targets.assignment import API_KEY, Assignment
from conformance.tests.canary import KEY, traces

BY_ID = {scenario.id: scenario for scenario in CLIENT_SCENARIOS}

#: Statuses that say something against somebody.
AGAINST = (Status.FAIL, Status.WARN, Status.ERROR)


class Judged:
    """A session that has come to its end, and what was reported meanwhile."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []
        self.failed: list[object] = []
        self.base_url = ""
        self.done: Done

    def report(self, role: Role) -> Report:
        return next(kept.report for kept in self.done.kept if kept.report.profile.role is role)

    def against(self, role: Role) -> set[str]:
        verdicts = (verdict for subject in self.report(role).subjects for verdict in subject.verdicts)
        return {verdict.requirement for verdict in verdicts if verdict.status in AGAINST}


@contextmanager
def judged(upstream: str, **said: object) -> Iterator[Judged]:
    """Whatever passes meanwhile is judged in the end."""
    heard = Judged()
    session = Session(
        said,
        upstream=upstream,
        port=0,
        command=(),
        seconds=None,
        wanted=None,
        selection=None,
        shows="out" in said,
        told=lambda name, role, verdict, _: heard.told.append((name, role.value, verdict.requirement)),
        failed=heard.failed.append,
    )
    with session:
        heard.base_url = session.base_url
        yield heard
    heard.done = session.finished()


#: What a tool returns for any call of any run: the ids of the mock come from counters.
OUTPUTS = json.dumps({f"call_{number:024}": "21 °C" for number in range(1, 60)})


def acts(judged: Judged, waiting: WaitingRun, scenario: str, habit: str = "none") -> None:
    """The bundled client, on a run that waits behind the proxy."""
    given = Assignment.of(BY_ID[scenario], judged.base_url.removesuffix("/v1"), waiting).variables()
    act({**given, "OPENAI_API_KEY": KEY, "CONFORMANCE_TOOL_OUTPUTS": OUTPUTS}, HABITS[habit], lambda: True)


def passed(scenario: str, habit: str = "none", fault: str | None = None, **said: object) -> Judged:
    """The bundled client with a habit, and the mock with a fault, with the proxy between them."""
    behaviour = for_client(BY_ID[scenario].answer) if fault is None else None
    with Mock(scenario=scenario, behaviour=behaviour, fault=fault) as mock:
        waiting = waiting_run(mock.ask, BY_ID[scenario], API_KEY)
        with judged(mock.base_url, **said) as heard:
            acts(heard, waiting, scenario, habit)
    return heard


@pytest.mark.parametrize("scenario", ["plain-three-calls", "streamed-second-round", "streamed-rate-limited"])
def test_both_sides_of_right_traffic_pass(scenario: str) -> None:
    heard = passed(scenario)
    assert (heard.against(Role.SERVER), heard.against(Role.CLIENT)) == (set(), set())
    assert (heard.done.exit_code, heard.told, heard.failed) == (0, [], [])
    assert all(report.subjects for report in (heard.report(Role.SERVER), heard.report(Role.CLIENT)))


def test_two_faults_of_a_server_are_found_and_nothing_of_its_client() -> None:
    heard = passed("streamed-one-call", fault="delta-lost,outputs-trimmed")
    assert heard.against(Role.SERVER) == {"content.message-text", "content.submitted-outputs"}
    assert heard.against(Role.CLIENT) == set()
    assert set(heard.told) == {("run-0001", "server", name) for name in heard.against(Role.SERVER)}
    assert heard.done.exit_code == 1


@pytest.mark.parametrize(
    ("scenario", "habit", "broken"),
    [
        ("streamed-three-calls", "first-output-only", "sending.every-call"),
        ("plain-one-call", "foreign-call-id", "sending.every-call"),
        ("plain-one-call", "no-beta", "sending.beta"),
        ("plain-one-call", "submits-twice", "sending.one-request"),
    ],
)
def test_a_fault_of_a_client_is_found_and_nothing_of_its_server(scenario: str, habit: str, broken: str) -> None:
    heard = passed(scenario, habit)
    assert heard.against(Role.CLIENT) == {broken}
    assert heard.against(Role.SERVER) == set()
    assert heard.done.exit_code == 1


def test_several_clients_and_threads_are_told_apart(tmp_path: Path) -> None:
    scenario = "streamed-second-round"
    with Mock() as mock:
        runs = [waiting_run(mock.ask, BY_ID[scenario], API_KEY) for _ in range(6)]
        habits = ["none", "none", "none", "extra-key", "none", "none"]
        with judged(mock.base_url, out=str(tmp_path)) as heard, ThreadPoolExecutor(6) as pool:
            for each in [pool.submit(acts, heard, *pair) for pair in zip(runs, [scenario] * 6, habits, strict=True)]:
                each.result()
    assert heard.against(Role.SERVER) == set()
    broken = [
        subject.name
        for subject in heard.report(Role.CLIENT).subjects
        if any(verdict.status in AGAINST for verdict in subject.verdicts)
    ]
    assert len(broken) == 1
    assert len(list((tmp_path / "cassettes").glob("*.jsonl"))) == 6


@pytest.mark.parametrize("fault", [None, "delta-lost,outputs-trimmed"])
def test_a_cassette_is_judged_as_the_traffic_was(tmp_path: Path, fault: str | None) -> None:
    heard = passed("streamed-three-calls", "no-content-type" if fault is None else "none", fault, out=str(tmp_path))
    for role in (Role.SERVER, Role.CLIENT):
        report = heard.report(role)
        again = recordings.judged(
            [str(tmp_path / "cassettes")],
            Question(role),
            profile=profile({}, role, None),
            on_subject=lambda _: None,
            failed=heard.failed.append,
            passed_over=lambda path, why: None,
        )
        assert not heard.failed
        assert [subject.verdicts for subject in again.subjects] == [subject.verdicts for subject in report.subjects]
        assert [subject.name for subject in again.subjects] == [subject.name for subject in report.subjects]


def test_a_folder_shows_one_session_and_never_the_one_before(tmp_path: Path) -> None:
    scenario = "plain-one-call"
    for count in (2, 1):
        with Mock() as mock:
            runs = [waiting_run(mock.ask, BY_ID[scenario], API_KEY) for _ in range(count)]
            with judged(mock.base_url, out=str(tmp_path)) as heard:
                for waiting in runs:
                    acts(heard, waiting, scenario)
        assert heard.done.exit_code == 0
    assert [path.name for path in (tmp_path / "cassettes").glob("run*")] == ["run-0001.jsonl"]
    manifests = [json.loads(path.read_text()) for path in tmp_path.rglob(folder.MANIFEST)]
    assert [each["complete"] for each in manifests] == [True] * 3


def test_a_folder_with_cassettes_of_others_is_left_as_it_is(tmp_path: Path) -> None:
    passed("plain-one-call", out=str(tmp_path))
    (tmp_path / "cassettes" / "mine.jsonl").write_text("mine")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match="contains other cassettes"):
        passed("plain-one-call", out=str(tmp_path))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_keys_pass_through_and_are_never_kept(tmp_path: Path) -> None:
    heard = passed("streamed-one-call", fault="delta-lost", out=str(tmp_path))
    assert heard.done.exit_code == 1
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} >= {"cassettes", "server", "client", "repro"}
    assert not [path for path in files if traces(path.read_text("utf-8"))]


def test_a_key_of_the_proxy_is_sent_for_clients_that_have_none(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UPSTREAM_KEY", "key-of-the-upstream-0123456789")
    with Mock("key-of-the-upstream-0123456789") as mock:
        said = {"api_key_env": "UPSTREAM_KEY", "header": ["X-Mine: 1"], "out": str(tmp_path)}
        with judged(mock.base_url, **said) as heard:
            status = asks(heard.base_url, "POST", "/assistants", {"model": "gpt-4o"})[0]
    assert status == 200


def asks(base_url: str, method: str, path: str, document: object = None) -> tuple[int, bytes]:
    """One request over a connection of its own."""
    parts = urlsplit(base_url)
    connection = http.client.HTTPConnection(parts.netloc)
    headers = {"OpenAI-Beta": "assistants=v2", "Content-Type": "application/json"}
    connection.request(method, parts.path + path, json.dumps(document) if document is not None else None, headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def on_a_waiting_run(does: Callable[[str, WaitingRun, dict[str, object]], None]) -> Judged:
    """What a client of these tests does to a run that waits; it looks at it first."""
    scenario = BY_ID["streamed-one-call"]
    with Mock() as mock:
        waiting = waiting_run(mock.ask, scenario, API_KEY)
        outputs = [{"tool_call_id": call, "output": text} for call, text in waiting.outputs.items()]
        with judged(mock.base_url) as heard:
            path = f"/threads/{waiting.thread_id}/runs/{waiting.run_id}"
            assert asks(heard.base_url, "GET", path)[0] == 200
            does(heard.base_url, waiting, {"tool_outputs": outputs})
    return heard


def test_a_server_is_not_accused_for_a_client_in_the_wrong_thread() -> None:
    def does(base_url: str, waiting: WaitingRun, body: dict[str, object]) -> None:
        wrong = f"/threads/thread_unknown/runs/{waiting.run_id}/submit_tool_outputs"
        assert asks(base_url, "POST", wrong, body)[0] == 404
        assert asks(base_url, "POST", wrong.replace("thread_unknown", waiting.thread_id), body)[0] == 200

    assert on_a_waiting_run(does).against(Role.SERVER) == set()


@pytest.mark.parametrize(
    ("right", "wrong"), [("", "/v1"), ("", "/"), ("/submit_tool_outputs", "/submit_tool_outputs/")]
)
def test_a_server_is_not_accused_for_a_path_at_which_nobody_offers_anything(right: str, wrong: str) -> None:
    def does(base_url: str, waiting: WaitingRun, body: dict[str, object]) -> None:
        path = f"/threads/{waiting.thread_id}/runs/{waiting.run_id}/submit_tool_outputs"
        assert asks(base_url, "POST", path.replace(right, wrong, 1), body)[0] == 404

    assert on_a_waiting_run(does).against(Role.SERVER) == set()


def test_a_server_is_accused_that_does_not_offer_the_operation_where_it_serves_the_rest() -> None:
    assert "request.path" in passed("plain-one-call", fault="serves-nowhere").against(Role.SERVER)


def test_a_server_is_not_accused_for_a_client_that_reads_no_further() -> None:
    def does(base_url: str, waiting: WaitingRun, body: dict[str, object]) -> None:
        parts = urlsplit(base_url)
        connection = http.client.HTTPConnection(parts.netloc)
        path = f"{parts.path}/threads/{waiting.thread_id}/runs/{waiting.run_id}/submit_tool_outputs"
        headers = {"OpenAI-Beta": "assistants=v2", "Content-Type": "application/json"}
        connection.request("POST", path, json.dumps({**body, "stream": True}), headers)
        answer = connection.getresponse()
        assert answer.read(20)
        connection.close()
        answer.close()

    heard = on_a_waiting_run(does)
    assert (heard.against(Role.SERVER), heard.against(Role.CLIENT)) == (set(), set())


def test_two_who_submit_at_once_are_not_the_servers_fault() -> None:
    def does(base_url: str, waiting: WaitingRun, body: dict[str, object]) -> None:
        path = f"/threads/{waiting.thread_id}/runs/{waiting.run_id}/submit_tool_outputs"
        with ThreadPoolExecutor(2) as pool:
            answers = [pool.submit(asks, base_url, "POST", path, body) for _ in range(2)]
        assert sorted(answer.result()[0] for answer in answers) == [200, 400]

    assert on_a_waiting_run(does).against(Role.SERVER) == set()


def test_runs_of_one_thread_after_each_other_are_told_apart() -> None:
    with Mock() as mock, judged(mock.base_url) as heard:
        tools = [{"type": "function", "function": {"name": "weather"}}]
        assistant = json.loads(asks(heard.base_url, "POST", "/assistants", {"model": "m", "tools": tools})[1])["id"]
        thread = json.loads(asks(heard.base_url, "POST", "/threads", {})[1])["id"]
        for stream in (True, False, True):
            asks(heard.base_url, "POST", f"/threads/{thread}/messages", {"role": "user", "content": "And now?"})
            run = json.loads(asks(heard.base_url, "POST", f"/threads/{thread}/runs", {"assistant_id": assistant})[1])
            path = f"/threads/{thread}/runs/{run['id']}"
            while run["status"] != "requires_action":
                run = json.loads(asks(heard.base_url, "GET", path)[1])
            calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
            body = {"tool_outputs": [{"tool_call_id": calls[0]["id"], "output": "21"}], "stream": stream}
            assert asks(heard.base_url, "POST", f"{path}/submit_tool_outputs", body)[0] == 200
            while run["status"] != "completed":
                run = json.loads(asks(heard.base_url, "GET", path)[1])
            asks(heard.base_url, "GET", f"{path}/steps")
            asks(heard.base_url, "GET", f"/threads/{thread}/messages")
            asks(heard.base_url, "GET", f"/threads/{thread}/runs")
    assert (heard.against(Role.SERVER), heard.against(Role.CLIENT)) == (set(), set())
    assert [len(heard.report(role).subjects) for role in (Role.SERVER, Role.CLIENT)] == [3, 3]


def test_a_request_that_the_proxy_answers_itself_is_counted() -> None:
    def does(base_url: str, waiting: WaitingRun, body: dict[str, object]) -> None:
        parts = urlsplit(base_url)
        with socket.create_connection((parts.hostname, parts.port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert client.recv(12) == b"HTTP/1.1 400"

    assert any(note.startswith("1 request refused by the proxy") for note in on_a_waiting_run(does).done.notes)


def test_a_submission_that_is_not_answered_is_counted() -> None:
    heard = passed("plain-answer-lost")
    assert any(note.startswith("1 submission without an answer") for note in heard.done.notes)


def test_nothing_that_is_judged_is_nothing_judged() -> None:
    with Mock() as mock, judged(mock.base_url) as heard:
        asks(heard.base_url, "GET", "/models")
    assert heard.done.exit_code == 5
    assert "1 exchange passed on" in heard.done.notes[0]
    assert not any("no request came" in note for note in heard.done.notes)


def test_a_proxy_that_nobody_uses_says_so() -> None:
    with Mock() as mock, judged(mock.base_url) as heard:
        pass
    assert heard.done.exit_code == 5
    assert "no request came to the proxy: does the client read OPENAI_BASE_URL?" in heard.done.notes


def test_what_is_kept_is_bounded_and_counted(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(proxied, "MOST_SUBJECTS", 2)
    monkeypatch.setattr(proxied, "MOST_CASSETTES", 1)
    scenario = "plain-one-call"
    with Mock() as mock:
        runs = [waiting_run(mock.ask, BY_ID[scenario], API_KEY) for _ in range(4)]
        with judged(mock.base_url, out=str(tmp_path)) as heard:
            for waiting, habit in zip(runs, ["none", "none", "none", "extra-key"], strict=True):
                acts(heard, waiting, scenario, habit)
    client = heard.report(Role.CLIENT)
    assert (len(client.subjects), client.target["runs"], client.target["not_kept"]) == (2, 4, 2)
    assert heard.against(Role.CLIENT) == {"sending.no-extra-keys"}
    assert any("3 runs without a cassette" in note for note in heard.done.notes)
