"""`conformance record` over real sockets: the key is nowhere, nothing is replaced, what was judged is judged again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from conformance.cli import main
from conformance.contract.scenarios import SCENARIOS
from conformance.mock import server
from conformance.mock.server import Mock
from conformance.model import Chunk, Exchange, Request, Response, Scenario, Transcript
from conformance.reference.api import Api
from conformance.targets.recording import RecordingTarget
from conformance.targets.session import Ask, Session
from conformance.tests.canary import KEY, spellings, traces
from conformance.tests.commands import CHECKOUT, PATIENCE, environment
from conformance.tests.targets.servers import RawServer, answer
from conformance.verdict.judge import judge
from conformance.wire.recordings import read

#: Enough to see a stream, plain answers, refusals, a wrong key, errors, two at once.
FEW = "stream-one-call or json-one-call or unknown-id or wrong-key or no-key or malformed or stream-error or concurrent"


class Echoing(Api):
    """The reference server behind a prefix; it says the key that it was asked with wherever it can say something."""

    def __init__(self, api_key: str | None, scenario: str | None, behaviour: Any) -> None:
        super().__init__(api_key, scenario, behaviour)
        self.prefix = f"/{quote(KEY, safe='')}"

    def answer(self, request: Request) -> Response:
        target = request.target
        assert target.startswith(self.prefix), "the prefix of the base URL is kept"
        assert f"token={quote(KEY, safe='')}" in target, "the parameter is sent with everything"
        response = super().answer(replace(request, target=target.removeprefix(self.prefix)))
        said = [*spellings(KEY), target, *(value for _, value in request.headers)]
        headers = *response.headers, *((f"x-echo-{number}", text) for number, text in enumerate(said))
        headers += (("cache-control", f"private, key={KEY}"), ("set-cookie", f"session={KEY}"), ("x-api-key", KEY))
        content_type = dict(response.headers).get("Content-Type", "")
        if content_type.startswith("text/event-stream"):
            return replace(response, headers=headers, chunks=(*told_in_stream(said), *response.chunks))
        document = told_in_document(json.loads(b"".join(chunk.data for chunk in response.chunks)), said)
        body = json.dumps(document).encode()
        length = tuple((name, str(len(body)) if name == "Content-Length" else value) for name, value in headers)
        return replace(response, headers=length, chunks=(Chunk(0, body),))


def told_in_stream(said: list[str]) -> Iterator[Chunk]:
    """A comment, an event nobody knows, and the key in two pieces that arrive one after the other."""
    yield Chunk(0, f": {KEY}\n".encode())
    yield Chunk(0, f"event: thread.echo\ndata: {json.dumps(said)}\n\n".encode())
    yield Chunk(0, b'event: thread.echo\ndata: "' + quote(KEY, safe="")[:20].encode())
    yield Chunk(3, quote(KEY, safe="")[20:].encode() + b'"\n\n')


def told_in_document(document: Any, said: list[str]) -> Any:
    if "error" in document:
        return {**document, "error": {**document["error"], "message": f"Incorrect API key: {' '.join(said)}"}}
    return {**document, "echo": said, "echoes": {text: text for text in said}}


@pytest.fixture
def echoing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mock]:
    monkeypatch.setattr(server, "Api", Echoing)
    monkeypatch.setenv("CANARY", KEY)
    with Mock(KEY) as mock:
        yield mock


@pytest.fixture
def mock() -> Iterator[Mock]:
    with Mock() as mock:
        yield mock


def planted(base_url: str, out: Path) -> list[str]:
    """The words of the command with the key in every place that takes one."""
    origin = base_url.removesuffix("/v1")
    return [
        "record", "--base-url", f"{origin}/{quote(KEY, safe='')}/v1", "--api-key-env", "CANARY",
        "--header", "api-key: $CANARY", "--header", "X-Team: $CANARY", "--param", f"token={KEY}", "--out", str(out),
    ]  # fmt: skip


def judged(subject: Transcript) -> list[tuple[str, str, int]]:
    return [(one.requirement, one.status.value, len(one.findings)) for one in judge(subject).verdicts]


def objects(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()[:-1]]


def kept(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_traces_of_a_key_are_found_however_it_is_spelled() -> None:
    for spelling in spellings(KEY):
        assert traces(f"and then {spelling} came"), spelling
        assert traces(json.dumps({"a": [spelling]})), spelling
    assert traces(f"x{KEY[3:13]}x")
    assert not traces(f"{KEY[:9]} {'*' * len(KEY)}")


def test_the_key_is_nowhere_and_no_verdict_changes(
    echoing: Mock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    live: list[Transcript] = []
    exchange = RecordingTarget.exchange

    def heard(self: RecordingTarget, scenario: Scenario) -> Transcript:
        live.append(exchange(self, scenario))
        return live[-1]

    monkeypatch.setattr(RecordingTarget, "exchange", heard)
    assert main([*planted(echoing.base_url, tmp_path), "-k", FEW]) == 0
    said = capfd.readouterr()
    assert traces(said.out + said.err) == []
    assert len(live) > 8
    assert sorted(kept(tmp_path)) == sorted(f"{subject.scenario}.jsonl" for subject in live)
    for subject in live:
        sent = repr(subject)
        assert len(traces(sent)) == len(KEY) - 9, "it was really there"
        name = f"{subject.scenario}.jsonl"
        content = (tmp_path / name).read_bytes()
        (kept_as,) = read(name, content, None)
        assert traces(content.decode()) == []
        for part in kept_as.exchanges:
            assert traces(part.request.body.decode(errors="replace")) == []
            assert part.response
            assert traces(b"".join(chunk.data for chunk in part.response.chunks).decode()) == []
        assert judged(kept_as) == judged(subject) != []
    assert main(["judge", str(tmp_path), "--format", "json"]) == 0
    told = {Path(one["file"]).stem: one for one in objects(capfd.readouterr().out)}
    for subject in live:
        again = told[subject.scenario]["verdicts"]
        assert [(one["requirement"], one["status"], len(one["findings"])) for one in again] == judged(subject)


@pytest.mark.parametrize("status", [200, 302, 401, 404, 500])
def test_a_server_that_refuses_with_the_key_gets_it_on_nobodys_screen(
    status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CANARY", KEY)
    for spelling in spellings(KEY):
        reply = answer(status, {"error": {"message": f"no {spelling}"}}, f"Location: http://other/{spelling}")
        with RawServer(lambda connection, request, reply=reply: connection.sendall(reply)) as hostile:  # type: ignore[misc]
            code = main([*planted(hostile.base_url, tmp_path / "out"), "-k", "json-one-call"])
        said = capfd.readouterr()
        assert code in (2, 5), spelling
        assert said.err.startswith("conformance: ")
        assert traces(said.out + said.err) == [], spelling
        assert kept(tmp_path / "out") == {}


def test_a_key_for_an_id_is_not_told_when_it_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CANARY", KEY)

    def reply(connection: Any, request: bytes) -> None:
        gone = request.startswith(b"DELETE")
        connection.sendall(answer(500 if gone else 200, {"id": f"thread_{KEY}", "status": KEY, "object": "thread.run"}))

    with RawServer(reply) as hostile:
        assert main([*planted(hostile.base_url, tmp_path), "-k", "json-one-call"]) == 2
    said = capfd.readouterr()
    assert "not deleted: DELETE" in said.err
    assert traces(said.out + said.err) == []


def test_what_is_there_is_not_replaced_unless_told(
    mock: Mock, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["record", "--base-url", mock.base_url, "--out", str(tmp_path), "-k"]
    assert main([*words, "json-one-call or stream-one-call"]) == 0
    before, asked = kept(tmp_path), len(mock.requests)
    capfd.readouterr()
    assert main([*words, "json-one-call"]) == 4
    said = capfd.readouterr()
    assert "already holds cassettes: json-one-call" in said.err
    assert "--overwrite" in said.err
    assert said.out == ""
    assert kept(tmp_path) == before
    assert len(mock.requests) == asked
    assert main([*words, "empty-list"]) == 0, "what is not there may join"
    assert kept(tmp_path).keys() - before.keys() == {"empty-list.jsonl"}
    (tmp_path / "json-one-call.jsonl").write_text("mine")
    assert main([*words, "json-one-call", "--overwrite"]) == 0
    assert kept(tmp_path)["json-one-call.jsonl"].startswith(b'{"cassette":1,')


@pytest.mark.parametrize("selection", ["nothing-of-this-name", "json-one-call and"])
def test_a_selection_of_nothing_is_told(
    selection: str, mock: Mock, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = main(["record", "--base-url", mock.base_url, "--out", str(tmp_path), "-k", selection])
    assert code == (4 if selection.endswith("and") else 5)
    assert "-k" in capfd.readouterr().err
    assert mock.requests == ()


def test_a_folder_that_is_none_is_told_before_anything_is_sent(
    mock: Mock, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    assert main(["record", "--base-url", mock.base_url, "--out", str(tmp_path / "file")]) == 4
    assert "is not a folder" in capfd.readouterr().err
    assert mock.requests == ()
    assert (tmp_path / "file").read_text() == "mine"


def test_a_budget_ends_it_with_whole_files(mock: Mock, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["record", "--base-url", mock.base_url, "--out", str(tmp_path), "--max-requests", "40"]
    assert main(words) == 2
    assert "limit of 40 requests" in capfd.readouterr().err
    assert 0 < len(kept(tmp_path)) < 10
    assert main(["judge", str(tmp_path)]) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interrupt_leaves_whole_files_and_nothing_behind(
    number: signal.Signals, mock: Mock, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["record", "--base-url", mock.base_url, "--out", str(tmp_path)]
    recording = subprocess.Popen(
        [sys.executable, "-m", "conformance", *words],
        cwd=CHECKOUT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert recording.stdout
    assert recording.stdout.readline() == f"{tmp_path / SCENARIOS[0].id}.jsonl\n"
    recording.send_signal(number)
    out, err = recording.communicate(timeout=PATIENCE)
    assert recording.returncode == 2
    *_, said = err.splitlines()
    unknown = [line for line in err.splitlines() if "interrupted before it was known" in line]
    assert said == f"conformance: interrupted {'from the keyboard' if number == signal.SIGINT else 'by SIGTERM'}"
    assert "Traceback" not in err
    assert 0 < len(kept(tmp_path)) < len(SCENARIOS)
    assert sorted(kept(tmp_path)) == sorted(Path(line).name for line in [f"{SCENARIOS[0].id}.jsonl", *out.split()])
    assert main(["judge", str(tmp_path)]) == 0
    created = [one.request for one in mock.requests if one.request.target in ("/v1/threads", "/v1/assistants")]
    removed = [one.request for one in mock.requests if one.request.method == "DELETE"]
    assert 0 <= len(created) - len(removed) <= len(unknown) <= 1


@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_an_interrupt_leaves_unknown_is_told(
    number: int, mock: Mock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    ask, asked = Session.ask, []

    def interrupted(self: Session, request: Ask) -> Exchange:
        exchange = ask(self, request)
        if request.path in ("/threads", "/assistants"):
            asked.append(request.path)
            if len(asked) == number:
                raise KeyboardInterrupt
        return exchange

    monkeypatch.setattr(Session, "ask", interrupted)
    assert main(["record", "--base-url", mock.base_url, "--out", str(tmp_path), "-k", "json-one-call"]) == 2
    said = capfd.readouterr().err
    assert f"not deleted: POST {asked[-1]}: interrupted" in said
    assert sum(one.request.method == "DELETE" for one in mock.requests) == number - 1
    assert kept(tmp_path) == {}
