"""`conformance client` and `conformance mock --scenario` as people run them, and the fixture for tests of clients."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

from pytest import CaptureFixture, importorskip, mark

from conformance.cli import main
from conformance.tests.commands import CHECKOUT, PATIENCE, conformance, environment, pytest

CLIENT = (sys.executable, "-S", "-m", "conformance.mock.client")
SOME = ("--scenario", "plain-one-call", "--scenario", "streamed-three-calls")
#: One of each kind; the bundled client plays all of them in `mock/test_bundled_client.py`, without a process for each.
MORE = (
    *("--scenario", "plain-one-call", "--scenario", "plain-second-round", "--scenario", "plain-refused-calls"),
    *("--scenario", "streamed-three-calls", "--scenario", "streamed-second-round", "--scenario", "streamed-crlf"),
)


def test_a_right_client_passes(tmp_path: Path) -> None:
    done = conformance("client", *MORE, "--jobs", "8", "--format", "json", "--out", str(tmp_path), "--", *CLIENT)
    assert done.returncode == 0, done.stdout + done.stderr
    *subjects, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert (last["scenario"], last["summary"]["exit_code"]) == (None, 0)
    assert [subject["scenario"] for subject in subjects] == list(MORE[1::2])
    assert {subject["verdict"] for subject in subjects} == {"pass"}
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["target"] == {"kind": "client", "name": shlex.join(CLIENT)}
    assert len(list((tmp_path / "clients").iterdir())) == len(subjects) == 6
    assert "PASS" in (tmp_path / "report.txt").read_text("utf-8")


@mark.real
def test_the_program_of_the_documentation_conforms_where_its_package_does(tmp_path: Path) -> None:
    importorskip("openai", reason="the openai package is a development dependency")
    page = (CHECKOUT / "docs" / "clients.md").read_text("utf-8")
    (tmp_path / "my_program.py").write_text(page.split("```python\n")[1].split("```")[0], encoding="utf-8")
    rounds = ("--scenario", "plain-second-round", "--scenario", "streamed-second-round")
    done = conformance("client", *SOME, *rounds, "--", sys.executable, str(tmp_path / "my_program.py"))
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("PASS")


def test_a_failure_names_the_command_that_repeats_it() -> None:
    done = conformance("client", *SOME, "--timeout", "20", "--", *CLIENT, "--habit", "first-output-only")
    assert done.returncode == 1
    assert "FAIL  sending.every-call  MUST  streamed-three-calls" in done.stdout
    said = " ".join(done.stdout.split())
    _, _, rest = said.partition(" repeat ")
    again = rest.partition("first-output-only")[0] + "first-output-only"
    words = shlex.split(again)
    assert words[:4] == ["conformance", "client", "--timeout=20", "-k"]
    assert words[4:6] == ["streamed-three-calls:sending.every-call", "--"]
    repeated = conformance(*words[1:])
    assert repeated.returncode == 1
    assert "1 verdict: 1 failed, 0 passed" in repeated.stdout


def test_every_byte_can_be_seen_with_its_time() -> None:
    done = conformance("client", "--scenario", "streamed-crlf", "--trace", "--", *CLIENT)
    assert done.returncode == 0
    assert " ms > POST /v1/threads/thread_000000000000000000000001/runs/" in done.stderr
    assert " ms > OpenAI-Beta: assistants=v2" in done.stderr
    assert "ms < 'event: done\\r\\ndata: [DONE]\\r\\n\\r\\n'" in done.stderr
    assert " ms < complete" in done.stderr


def test_what_cannot_be_meant_is_told(capsys: CaptureFixture[str]) -> None:
    for words, said in (
        (("client",), "no command was given"),
        (("client", "--", "no-such-program"), "there is no command"),
        (("client", "--jobs", "0", "--", "true"), "--jobs 0"),
        (("client", "--timeout", "nan", "--", "true"), "--timeout nan"),
        (("client", "--scenario", "json-one-call", "--", "true"), "unknown client scenario"),
    ):
        assert main(words) == 4
        assert said in capsys.readouterr().err
    assert main(("client", "-k", "no-such-word", "--", "true")) == 5
    assert capsys.readouterr().out == ""


def test_a_command_that_fails_without_a_request_is_not_judged() -> None:
    done = conformance("client", *SOME, "--", "false")
    assert done.returncode == 5
    assert "the client sent no request: it exited with code 1" in " ".join(done.stdout.split())


@mark.parametrize(
    ("signum", "reason"),
    [(signal.SIGTERM, "interrupted by SIGTERM"), (signal.SIGQUIT, "interrupted by SIGQUIT")],
)
def test_an_interrupted_run_reports_what_there_is_and_leaves_nothing(
    tmp_path: Path, signum: signal.Signals, reason: str
) -> None:
    said_pid = tmp_path / "pid"
    program = (
        f"import os, pathlib, time; pathlib.Path({str(said_pid)!r}).write_text(str(os.getpid())); time.sleep(10**6)"
    )
    words = ("client", "--jobs", "1", "--", sys.executable, "-S", "-c", program)
    with subprocess.Popen(
        [sys.executable, "-m", "conformance", *words],
        cwd=CHECKOUT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None and process.stdout is not None
        assert "plan: 72 scenarios" in process.stderr.readline()
        while not (said_pid.exists() and said_pid.read_text()) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signum)
        process.send_signal(signum)
        said = process.stdout.read()
        assert process.wait(PATIENCE) == 5, "nothing was judged yet"
    assert reason in said
    assert not Path(f"/proc/{said_pid.read_text()}").exists()


def test_a_client_can_attach_and_is_judged_at_the_end() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "conformance", "mock", "--scenario", "streamed-second-round"],
        cwd=CHECKOUT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None and process.stdout is not None
        assert "export these" in process.stderr.readline()
        exported = {}
        while "CONFORMANCE_OUTCOME" not in exported:
            (assignment,) = shlex.split(process.stdout.readline().removeprefix("export "))
            name, _, value = assignment.partition("=")
            exported[name] = value
        done = subprocess.run(CLIENT, env={**environment(), **exported}, cwd=CHECKOUT, timeout=PATIENCE, check=False)
        assert done.returncode == 0
        process.send_signal(signal.SIGINT)
        said = process.stdout.read()
        assert process.wait(PATIENCE) == 0, said
    assert said.startswith("PASS  an attached client")
    assert "0 failed" in said


def test_both_sides_scenarios_are_listed() -> None:
    rows = conformance("list", "scenarios").stdout.splitlines()
    assert [row.split()[1] for row in rows if row.startswith("streamed-left-open ")] == ["client"]
    assert [row.split()[1] for row in rows if row.startswith("json-one-call ")] == ["server"]


TESTS = """
import json, urllib.request, pytest

def submit(given, **more):
    outputs = [{"tool_call_id": id_, "output": text} for id_, text in given.tool_outputs.items()]
    request = urllib.request.Request(
        f"{given.base_url}/threads/{given.thread_id}/runs/{given.run_id}/submit_tool_outputs",
        json.dumps({"tool_outputs": outputs, **({"stream": True} if given.stream else {}), **more}).encode(),
        {"Content-Type": "application/json", "OpenAI-Beta": "assistants=v2",
         "Authorization": f"Bearer {given.api_key}"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        answer.read()

def test_right(conformance_client):
    subject = conformance_client("streamed-three-calls", submit)
    assert "sending.every-call" in {verdict.requirement for verdict in subject.verdicts}

def test_wrong(conformance_client):
    conformance_client("plain-one-call", lambda given: submit(given, event_handler=None))

def test_silent(conformance_client):
    conformance_client("streamed-truncated-at-once", submit)

def test_absent(conformance_client):
    conformance_client("plain-one-call", lambda given: 1 / 0)
"""


def test_the_fixture_judges_a_client_within_its_own_tests(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(TESTS, encoding="utf-8")
    done = pytest("-rs", "test_mine.py", cwd=tmp_path)
    assert "2 failed, 1 passed, 1 skipped" in done.stdout, done.stdout + done.stderr
    assert "FAIL  sending.no-extra-keys" in done.stdout
    assert "FAIL  outcome.truncated" in done.stdout
    assert "ZeroDivisionError" in done.stdout
    assert "conformance: " not in done.stdout, "a session that is not ours stays as it is"
    assert not (tmp_path / "reports").exists()
