"""A command meets a mock of its own: whatever it does, it ends in time, and what it sent is recorded."""

from __future__ import annotations

import json
import sys
import textwrap
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from conformance.contract.scenarios import BY_ID
from conformance.errors import UsageError
from conformance.model import Author, Ended, Operation, Outcome, Role, Status, Transcript
from conformance.targets import process
from conformance.targets.artifacts import Artifacts
from conformance.targets.assignment import Assignment
from conformance.targets.client import ClientTarget, Driven
from conformance.targets.drivers import Command
from conformance.tests.pace import limit, short
from conformance.verdict.judge import judge
from conformance.walk.client_end import FOR_EVER

#: Seconds that stand for the time limit, where a command does not keep to it.
SHORT = short()

#: Seconds that stand for it where the command first has to start and to say so.
STARTED = 3 * SHORT

#: A command that stays: whoever waits for its end waits until the limit of the test.
STAYS = "import time; time.sleep(10**6)"

SUBMITS = """
import json, os, http.client, urllib.parse
base = urllib.parse.urlsplit(os.environ["OPENAI_BASE_URL"])
path = base.path + "/threads/%(CONFORMANCE_THREAD_ID)s/runs/%(CONFORMANCE_RUN_ID)s/submit_tool_outputs" % os.environ
outputs = json.loads(os.environ["CONFORMANCE_TOOL_OUTPUTS"])
body = {"tool_outputs": [{"tool_call_id": id_, "output": output} for id_, output in outputs.items()]}
if os.environ["CONFORMANCE_STREAM"] == "true":
    body["stream"] = True
headers = {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "Content-Type": "application/json",
           "OpenAI-Beta": "assistants=v2"}
connection = http.client.HTTPConnection(base.hostname, base.port)
connection.request("POST", path, json.dumps(body), headers)
"""

READS = "answer = connection.getresponse(); body = answer.read(); assert answer.status == 200, body\n"


def command(program: str) -> list[str]:
    return [sys.executable, "-S", "-c", textwrap.dedent(program)]


def meet(program: str, scenario: str = "plain-one-call", **options: object) -> Transcript:
    artifacts = cast("Path | None", options.pop("artifacts", None))
    driver = Command(command(program), **options)  # type: ignore[arg-type]
    return ClientTarget(driver, artifacts=artifacts).exchange(BY_ID[scenario])


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (OSError, IndexError):
        return False


def test_what_a_command_sends_is_recorded_behind_the_run_that_waits() -> None:
    transcript = meet(SUBMITS + READS, "streamed-three-calls")
    *harness, submission = transcript.exchanges
    assert [e.operation for e in harness[:1]] == [Operation.CREATE_RUN]
    assert {e.request.author for e in harness} == {Author.HARNESS}
    assert b'"requires_action"' in harness[-1].response.chunks[0].data  # type: ignore[union-attr]
    assert (submission.operation, submission.request.author) == (Operation.SUBMIT, Author.IMPLEMENTATION)
    assert len(json.loads(submission.request.body)["tool_outputs"]) == 3
    assert submission.response is not None
    assert (submission.response.author, submission.response.status) == (Author.HARNESS, 200)
    assert submission.response.ended is Ended.COMPLETE
    assert submission.response.chunks[-1].data.endswith(b"event: done\ndata: [DONE]\n\n")
    assert transcript.outcome is not None
    assert (transcript.outcome.exit_code, transcript.outcome.document) == (0, None)
    assert transcript.untestable is None


def test_how_an_answer_ended_is_recorded_as_it_was_played() -> None:
    lost = meet(SUBMITS, "plain-answer-lost").exchanges[-1]
    assert (lost.response, lost.failure) == (None, "the connection ended before a status line was sent")
    reset = meet(SUBMITS + READS, "streamed-reset-within-event").exchanges[-1].response
    assert reset is not None and reset.ended is Ended.RESET
    left = meet(SUBMITS + "connection.getresponse().read(100)\n", "streamed-left-open").exchanges[-1].response
    assert left is not None and left.ended is Ended.ABORTED


def test_a_request_is_recorded_although_its_sender_does_not_wait_for_the_answer() -> None:
    transcript = meet(SUBMITS + "os._exit(0)\n")
    assert transcript.exchanges[-1].operation is Operation.SUBMIT


def test_a_command_that_exits_at_once_cannot_be_judged_where_it_failed() -> None:
    failed = meet("import sys; print('no such module'); sys.exit(3)")
    assert failed.untestable == "the client sent no request: it exited with code 3, saying: no such module"
    verdicts = judge(failed, role=Role.CLIENT).verdicts
    assert {verdict.status for verdict in verdicts} == {Status.UNTESTABLE}
    content = meet("")
    assert content.untestable is None
    found = {v.requirement for v in judge(content, role=Role.CLIENT).verdicts if v.status is Status.FAIL}
    assert found == {"sending.submitted"}


def test_a_command_that_never_answers_is_ended() -> None:
    transcript = meet(STAYS, timeout=SHORT)
    assert transcript.outcome is not None
    assert transcript.outcome.exit_code is None
    assert transcript.untestable == f"the client sent no request: it did not end within {SHORT:g} s"


def test_a_command_that_ignores_sigterm_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(process, "GRACE", 0.2)
    program = f"""
        import os, pathlib, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pathlib.Path({str(tmp_path / "pid")!r}).write_text(str(os.getpid()))
        while True: time.sleep(1)
    """
    assert meet(program, timeout=STARTED).outcome.exit_code is None  # type: ignore[union-attr]
    assert not alive(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("parent", ["", "time.sleep(10**6)"], ids=["parent-ends", "parent-stays"])
def test_the_children_of_a_command_end_with_it(parent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE", 0.2)
    program = f"""
        import os, pathlib, signal, time
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            pathlib.Path({str(tmp_path / "pid")!r}).write_text(str(os.getpid()))
            time.sleep(10**6)
        while not pathlib.Path({str(tmp_path / "pid")!r}).exists(): time.sleep(0.01)
        {parent}
    """
    transcript = meet(program, timeout=STARTED if parent else limit())
    assert transcript.outcome is not None
    assert transcript.outcome.exit_code == (None if parent else 0)
    assert not alive(int((tmp_path / "pid").read_text() or "0"))


def test_a_megabyte_of_output_is_kept_at_both_ends(tmp_path: Path) -> None:
    program = "import sys; sys.stdout.write('first\\n' + 'x' * 1_000_000 + '\\nlast'); sys.exit(1)"
    transcript = meet(program, artifacts=tmp_path)
    kept = (tmp_path / "plain-one-call.txt").read_text()
    assert kept.startswith("first") and kept.endswith("last")
    assert f"{1_000_011 - 2 * process.KEPT} bytes of output are not kept" in kept
    assert len(kept) < 2 * process.KEPT + 100
    assert transcript.untestable is not None and transcript.untestable.endswith("saying: last")


def test_secrets_in_the_output_are_masked(tmp_path: Path) -> None:
    meet("print('sk-' + 'a1B2' * 8)", artifacts=tmp_path)
    assert (tmp_path / "plain-one-call.txt").read_text() == "…\n"


def test_a_key_that_is_told_in_one_scenario_is_masked_in_what_was_printed_in_all(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    for scenario, secrets in {"before": (), "telling": ("Own7kEy0f4711",), "behind": ()}.items():
        artifacts.beside(Outcome(1), scenario, f"{scenario} with Own7kEy0f4711\n", secrets)
    printed = {path.stem: path.read_text() for path in tmp_path.iterdir()}
    assert printed == {scenario: f"{scenario} with …\n" for scenario in ("before", "telling", "behind")}


def test_a_command_may_need_long_to_start() -> None:
    transcript = meet("import time; time.sleep(0.5)\n" + SUBMITS + READS, timeout=limit())
    assert transcript.outcome is not None and transcript.outcome.exit_code == 0


def test_an_interrupted_run_ends_what_is_under_way() -> None:
    target = ClientTarget(Command(command(STAYS)))
    threading.Timer(0.2, target.interrupt).start()
    target.exchange(BY_ID["plain-one-call"])


def test_a_command_is_told_everything() -> None:
    program = "import os, json; open(os.environ['CONFORMANCE_OUTCOME'], 'w').write(json.dumps({'text': json.dumps("
    program += (
        "{k: v for k, v in os.environ.items() if k.startswith(('OPENAI', 'AZURE', 'CONFORMANCE', 'NO_PROXY'))})}))"
    )
    target = ClientTarget(Command(command(program)), azure=True)
    outcome = target.exchange(BY_ID["streamed-second-round"]).outcome
    assert outcome is not None and outcome.document is not None
    told = json.loads(str(outcome.document["text"]))
    assert told["OPENAI_BASE_URL"].endswith("/v1")
    assert told["AZURE_OPENAI_ENDPOINT"] == told["OPENAI_BASE_URL"].removesuffix("/v1")
    assert told["OPENAI_API_KEY"] == told["AZURE_OPENAI_API_KEY"]
    assert told["CONFORMANCE_SCENARIO"] == "streamed-second-round"
    assert told["CONFORMANCE_STREAM"] == "true"
    assert told["CONFORMANCE_ASSISTANT_ID"].startswith("asst_")
    assert told["CONFORMANCE_THREAD_ID"].startswith("thread_")
    assert told["CONFORMANCE_RUN_ID"].startswith("run_")
    assert len(json.loads(told["CONFORMANCE_TOOL_OUTPUTS"])) == 2
    assert "127.0.0.1" in told["NO_PROXY"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "it is not JSON"),
        ("[]", "is not of type"),
        ('{"status": 7}', "at /status"),
        ('{"stats": "completed"}', "stats"),
        (" " * 1_100_000, "longer than"),
    ],
)
def test_an_outcome_that_cannot_be_read_is_nobodys_failure(content: str, reason: str) -> None:
    program = (
        f"import os; open(os.environ['CONFORMANCE_OUTCOME'], 'w').write({content[:50]!r} * {len(content) // 50 or 1})"
    )
    untestable = meet(SUBMITS + READS + program).untestable
    assert untestable is not None and untestable.startswith("CONFORMANCE_OUTCOME: ") and reason in untestable


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ("os.mkfifo(path)", "it is not a regular file"),
        ("os.symlink('/dev/zero', path)", "it is not a regular file"),
        ("os.symlink('/dev/tty', path)", "it "),
        ("os.mkdir(path)", "it cannot be read"),
        ("os.truncate(os.open(path, os.O_CREAT | os.O_WRONLY), 2**30)", "longer than"),
    ],
    ids=["pipe", "device", "terminal", "folder", "gigabyte"],
)
def test_an_outcome_that_is_no_file_of_a_few_words_keeps_nobody(made: str, reason: str) -> None:
    program = f"import os; path = os.environ['CONFORMANCE_OUTCOME']; {made}"
    untestable = meet(SUBMITS + READS + program).untestable
    assert untestable is not None and untestable.startswith("CONFORMANCE_OUTCOME: ") and reason in untestable


def test_a_command_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no command"):
        Command(["no-such-program-anywhere"])
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF nonsense")
    broken.chmod(0o755)
    untestable = ClientTarget(Command([str(broken)])).exchange(BY_ID["plain-one-call"]).untestable
    assert untestable is not None and "cannot be run" in untestable


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are counted where Linux lists them")
def test_nothing_is_left_behind() -> None:
    def open_now() -> tuple[set[str], int]:
        return {thread.name for thread in threading.enumerate()}, len(list(Path("/proc/self/fd").iterdir()))

    before = open_now()
    meet(SUBMITS + READS)
    assert open_now() == before


PATH = """
base = os.environ["OPENAI_BASE_URL"]
path = urllib.parse.urlsplit(base).path + "/threads/%(CONFORMANCE_THREAD_ID)s/runs/%(CONFORMANCE_RUN_ID)s" % os.environ
def look():
    connection.request("GET", path, headers=headers)
    return json.loads(connection.getresponse().read())["status"]
"""

HANGS = "import time\nif os.environ['CONFORMANCE_SCENARIO'] != 'plain-one-call': time.sleep(10**6)\n"


def departures(transcript: Transcript) -> dict[str, Status]:
    judged = judge(transcript, role=Role.CLIENT).verdicts
    return {v.requirement: v.status for v in judged if any(finding.primary for finding in v.findings)}


def test_a_client_that_polls_a_run_for_ever_is_ended_once_that_is_certain() -> None:
    transcript = meet(SUBMITS + READS + PATH + "while True: look()", "plain-expired", timeout=limit())
    assert transcript.outcome is not None and transcript.outcome.exit_code is None
    assert transcript.outcome.doubt is None
    assert [e.operation for e in transcript.exchanges].count(Operation.GET_RUN) >= FOR_EVER
    assert departures(transcript) == {"outcome.poll-stops": Status.FAIL}


def test_a_submission_is_remembered_however_many_requests_follow() -> None:
    polls = "for _ in range(1_200): connection.request('GET', path + '/steps', headers=headers); "
    transcript = meet(SUBMITS + READS + PATH + polls + "connection.getresponse().read()", timeout=limit())
    assert [e.operation for e in transcript.exchanges].count(Operation.LIST_STEPS) == 1_200
    assert departures(transcript) == {}
    assert "sending.submitted" in {v.requirement for v in judge(transcript).verdicts if v.status is Status.PASS}


def test_a_client_that_hangs_fails_where_it_ended_at_once_in_the_plainest_scenario() -> None:
    class Quick(Command):
        """As if the plainest scenario took no time: here, a start may."""

        def __call__(self, given: Assignment, enough: Callable[[], bool]) -> Driven:
            driven = super().__call__(given, enough)
            return replace(driven, seconds=0.0) if given.scenario == "plain-one-call" else driven

    target = ClientTarget(Quick(command(SUBMITS + READS + HANGS), timeout=STARTED))
    transcript = target.exchange(BY_ID["plain-incomplete"])
    assert transcript.outcome is not None and transcript.outcome.doubt is None
    assert departures(transcript) == {"outcome.ends": Status.FAIL}


def test_a_client_that_hangs_is_not_judged_by_its_end_where_it_is_slow_everywhere() -> None:
    transcript = meet(SUBMITS + READS + "import time; time.sleep(10**6)", "plain-incomplete", timeout=STARTED)
    assert transcript.outcome is not None and transcript.outcome.doubt is not None
    assert "in plain-one-call it did not end either" in transcript.outcome.doubt
    assert f"--timeout {STARTED * 10:g}" in transcript.outcome.doubt
    verdicts = {v.requirement: v for v in judge(transcript, role=Role.CLIENT).verdicts}
    assert verdicts["sending.every-call"].status is Status.PASS
    assert verdicts["outcome.ends"].status is Status.UNTESTABLE
    assert verdicts["outcome.ends"].reason == transcript.outcome.doubt


MAKES = """
import json, os, sys, urllib.request
def ask(path, body=None):
    headers = {"Content-Type": "application/json", "OpenAI-Beta": "assistants=v2"}
    sent = None if body is None else json.dumps(body).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return json.load(opener.open(urllib.request.Request(os.environ["OPENAI_BASE_URL"] + path, sent, headers)))
"""


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (
            """
            thread, assistant = ask("/threads", {})["id"], ask("/assistants", {"model": "m"})["id"]
            run = ask(f"/threads/{thread}/runs", {"assistant_id": assistant})
            while run["status"] != "completed": run = ask(f"/threads/{thread}/runs/{run['id']}")
            print("over")
            """,
            "its run has no functions to call, so that nothing is to be submitted; it exited with code 0, saying: over",
        ),
        (
            "ask('/assistants', {'model': 7})",
            "POST '/v1/assistants' was answered 400: Invalid type for 'model': expected a string, but got a number "
            "instead.; it exited with code 1, saying: urllib.error.HTTPError: HTTP Error 400: Bad Request",
        ),
        ("ask('/assistants')", "no run that it looked at waited for any; it exited with code 0"),
    ],
    ids=["no functions", "broke during set-up", "something else"],
)
def test_a_client_that_was_never_asked_cannot_be_judged(program: str, reason: str) -> None:
    untestable = meet(MAKES + textwrap.dedent(program)).untestable
    assert untestable == f"the client was never asked for tool outputs: {reason}"


def test_a_client_that_was_asked_and_broke_then_has_not_submitted() -> None:
    program = MAKES + 'ask("/threads/%(CONFORMANCE_THREAD_ID)s/runs/%(CONFORMANCE_RUN_ID)s" % os.environ); sys.exit(1)'
    assert departures(meet(program)) == {"sending.submitted": Status.FAIL}


def test_a_client_that_loses_the_base_before_it_is_asked_is_told_that() -> None:
    program = MAKES + 'os.environ["OPENAI_BASE_URL"] += "/v1"; ask("/assistants")'
    assert departures(meet(program)) == {"sending.path": Status.FAIL}
