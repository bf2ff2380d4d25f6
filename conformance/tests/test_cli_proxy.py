"""`conformance proxy` as people run it: an application's own tests become a conformance run."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from pytest import fixture, importorskip, mark

from conformance.mock.server import Mock
from conformance.tests.commands import CHECKOUT, PATIENCE, conformance, environment

#: An application of the official package; `--faulty` adds a key that the API does not know.
APPLICATION = """
import sys
from openai import OpenAI

client = OpenAI(api_key="key-of-an-application", max_retries=0)
tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
assistant = client.beta.assistants.create(model="gpt-4o", tools=[tool])
thread = client.beta.threads.create(messages=[{"role": "user", "content": "What is the weather?"}])
runs = client.beta.threads.runs
with runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
    stream.until_done()
    run = stream.current_run
outputs = [
    {"tool_call_id": call.id, "output": "sunny"} for call in run.required_action.submit_tool_outputs.tool_calls
]
faulty = {"extra_body": {"thread": thread.id}} if "--faulty" in sys.argv else {}
answer = runs.submit_tool_outputs_stream(run_id=run.id, thread_id=thread.id, tool_outputs=outputs, **faulty)
with answer as stream:
    stream.until_done()
print(runs.retrieve(run.id, thread_id=thread.id).status, len(client.beta.threads.messages.list(thread.id).data))
"""

#: A small client of its own, which answers the first of several calls alone.
FAULTY = """
import json, os, urllib.request

base = os.environ["OPENAI_BASE_URL"]

def ask(path, document):
    headers = {"OpenAI-Beta": "assistants=v2", "Content-Type": "application/json"}
    request = urllib.request.Request(base + path, json.dumps(document).encode() if document else None, headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)

tools = [{"type": "function", "function": {"name": name}} for name in ("a", "b")]
assistant = ask("/assistants", {"model": "gpt-4o", "tools": tools})["id"]
run = ask("/threads/runs", {"assistant_id": assistant})
path = f"/threads/{run['thread_id']}/runs/{run['id']}"
while run["status"] != "requires_action":
    run = ask(path, None)
call = run["required_action"]["submit_tool_outputs"]["tool_calls"][0]
ask(f"{path}/submit_tool_outputs", {"tool_outputs": [{"tool_call_id": call["id"], "output": "x"}]})
"""


@fixture
def faulty(tmp_path: Path) -> str:
    (tmp_path / "faulty.py").write_text(FAULTY, "utf-8")
    return str(tmp_path / "faulty.py")


def repeated(said: str) -> list[str]:
    """The words of the first command that repeats a finding, wherever its line is broken."""
    return shlex.split(re.findall(r"repeat (conformance judge .+?) or ", " ".join(said.split()))[0])


@mark.real
def test_an_application_of_the_official_package_passes_and_its_server_is_caught(tmp_path: Path) -> None:
    importorskip("openai", reason="the openai package is a development dependency")
    (tmp_path / "application.py").write_text(APPLICATION, "utf-8")
    command = ("--", sys.executable, "-W", "ignore", str(tmp_path / "application.py"))
    out = tmp_path / "report"
    with Mock(fault="delta-lost,outputs-trimmed") as mock:
        done = conformance("proxy", "--upstream", mock.base_url, "--out", str(out), *command)
    assert done.returncode == 1, done.stderr
    server, client = (json.loads((out / role / "report.json").read_text("utf-8")) for role in ("server", "client"))
    failed = {v["requirement"] for s in server["subjects"] for v in s["verdicts"] if v["status"] == "fail"}
    assert failed == {"content.message-text", "content.submitted-outputs"}
    assert (client["verdict"], client["judged"] > 10) == ("PASS", True)
    assert "completed 2" in done.stderr  # what the application prints
    assert done.stderr.count("FAIL  server  run-0001  content.") == 2
    assert "the command exited with 0" in done.stderr
    assert conformance(*repeated(done.stdout)[1:]).returncode == 1


@mark.real
def test_an_application_that_is_wrong_is_caught_and_nothing_of_its_server(tmp_path: Path) -> None:
    importorskip("openai", reason="the openai package is a development dependency")
    (tmp_path / "application.py").write_text(APPLICATION, "utf-8")
    command = ("--", sys.executable, "-W", "ignore", str(tmp_path / "application.py"), "--faulty")
    with Mock() as mock:
        done = conformance("proxy", "--upstream", mock.base_url, *command)
    assert done.returncode == 1
    assert re.findall(r"(?m)^FAIL  (\w+  run-0001  \S+)", done.stderr) == ["client  run-0001  sending.no-extra-keys"]


def test_a_wrong_client_is_caught_and_the_command_that_repeats_it_works(tmp_path: Path, faulty: str) -> None:
    out = tmp_path / "it's"
    with Mock() as mock:
        done = conformance("proxy", "--upstream", mock.base_url, "--out", str(out), "--", sys.executable, faulty)
    assert done.returncode == 1
    assert "FAIL  client  run-0001  sending.every-call" in done.stderr
    assert "FAIL  server" not in done.stderr
    assert "the command exited with 1" in done.stderr  # its submission was refused
    assert repeated(done.stdout)[:3] == ["conformance", "judge", "--role=client"]
    assert conformance(*repeated(done.stdout)[1:]).returncode == 1


def test_a_command_that_fails_where_nothing_is_violated_leaves_the_run_incomplete(faulty: str) -> None:
    with Mock() as mock:
        excused = ("-k", "not sending.every-call and not sending.one-request")
        done = conformance("proxy", "--upstream", mock.base_url, *excused, "--", sys.executable, faulty)
    assert done.returncode == 2, done.stdout


def test_an_api_that_is_never_touched_is_nothing_judged() -> None:
    with Mock() as mock:
        for code in (0, 3):
            command = (sys.executable, "-S", "-c", f"raise SystemExit({code})")
            done = conformance("proxy", "--upstream", mock.base_url, "--", *command)
            assert done.returncode == 5
            assert f"the command exited with {code}" in done.stderr


def test_json_on_standard_output_is_pure(faulty: str) -> None:
    with Mock() as mock:
        done = conformance("proxy", "--upstream", mock.base_url, "--format", "json", "--", sys.executable, faulty)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    verdicts = [verdict for line in lines for verdict in line["verdicts"]]
    assert {verdict["role"] for verdict in verdicts} == {"server", "client"}
    assert {line["file"] for line in lines} <= {"run-0001", None}


def test_a_command_that_goes_on_is_ended_and_the_run_incomplete() -> None:
    with Mock() as mock:
        command = (sys.executable, "-S", "-c", "import time; time.sleep(600)")
        done = conformance("proxy", "--upstream", mock.base_url, "--for", "0.3", "--", *command)
    assert done.returncode == 5
    assert "the command was ended" in done.stderr


def test_what_cannot_be_meant_is_said_before_anything_listens(tmp_path: Path) -> None:
    upstream = ("--upstream", "http://127.0.0.1:1/v1")
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes" / "run-0001.jsonl").touch()
    for words, said in (
        (("--upstream", "nowhere"), "--upstream 'nowhere': not an http"),
        ((*upstream, "--port", "99999"), "--port 99999"),
        ((*upstream, "--for", "0"), "--for 0"),
        ((*upstream, "--format", "html"), "--out DIR"),
        ((*upstream, "--out", str(tmp_path)), "already contains other cassettes"),
        ((*upstream, "--", "no-such-command"), "no-such-command"),
        ((*upstream, "--ca-file", str(tmp_path / "none.pem")), "none.pem"),
        ((), "--upstream"),
    ):
        done = conformance("proxy", *words)
        assert (done.returncode, said in done.stderr) == (4, True), done.stderr


def test_an_interrupt_ends_it_and_judges_what_passed(faulty: str) -> None:
    with Mock() as mock:
        words = [sys.executable, "-m", "conformance", "proxy", "--upstream", mock.base_url]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment(), cwd=CHECKOUT)
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        subprocess.run(
            [sys.executable, faulty], env=environment(OPENAI_BASE_URL=base_url), check=False, stderr=subprocess.DEVNULL
        )
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "sending.every-call" in said
