"""How far a run is: told where somebody watches, and nowhere else."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from threading import Event

import pytest

from conformance.commands.progress import Progress
from conformance.contract.scenarios import BY_ID
from conformance.model import Author, Chunk, Ended, Exchange, Operation, Request, Response
from conformance.run.plan import Plan
from conformance.targets.session import Ask
from conformance.tests.commands import PATIENCE, conformance, environment


def test_on_a_terminal_one_line_says_counts_seconds_and_what_is_waited_for() -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "conformance", "server", "-k", "stream-one-call or json-one-call"]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        seen += piece
    os.close(ours)
    assert process.wait() == 0
    lines = seen.decode().split("\r\x1b[K")[1:]
    assert re.fullmatch(r"0/2 scenarios · 0 judged · 0 failed · \d+\.\d s · json-one-call", lines[0])
    assert any(line.startswith("1/2 scenarios") for line in lines)
    assert lines[-1] == "", "the line is gone before the report comes"


def test_in_a_pipe_nothing_is_told_but_the_plan_and_with_v_every_exchange() -> None:
    quiet = conformance("server", "-k", "json-one-call")
    assert [line for line in quiet.stderr.splitlines() if not line.startswith("conformance: ")] == []
    loud = conformance("server", "-k", "json-one-call", "-v").stderr.splitlines()
    assert "1/1  pass   json-one-call" in loud
    submitted = [line for line in loud if "submit_tool_outputs" in line]
    pattern = r"    POST /v1/threads/\{thread_id\}/runs/\{run_id\}/\w+  200, \d+ bytes, complete after \d+ ms"
    assert submitted and all(re.fullmatch(pattern, line) for line in submitted)


def test_in_a_log_a_line_every_half_minute_says_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    begun, asked, ended = Event(), [], Event()

    def half_minutes(over: Event, seconds: float) -> bool:
        """Two half minutes pass while a scenario is played, and then the run is over."""
        asked.append(seconds)
        begun.wait(PATIENCE)
        if len(asked) > 2:
            ended.set()
        return len(asked) > 2

    scenario = BY_ID["stream-one-call"]
    chosen = Plan((scenario,), {scenario.id: frozenset({"done.last"})})
    with Progress(verbose=False, quiet=False, mocked=False, wait=half_minutes) as progress:
        progress.planned(chosen)
        progress.begun(scenario)
        begun.set()
        assert ended.wait(PATIENCE)
    said = capsys.readouterr().err.splitlines()
    assert said[1:] == ["conformance: 0/1 scenarios · 0 judged · 0 failed · stream-one-call"] * 2
    assert asked == [30.0] * 3


@pytest.mark.parametrize(("verbose", "quiet"), [(True, False), (False, True)])
def test_no_such_line_is_written_beside_every_scenario_or_where_nothing_is_played(verbose: bool, quiet: bool) -> None:
    def never(over: Event, seconds: float) -> bool:
        raise AssertionError("nobody waits")

    with Progress(verbose=verbose, quiet=quiet, mocked=False, wait=never) as progress:
        progress.planned(Plan((), {}))


def test_an_exchange_is_told_without_its_query_and_without_tricks(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(verbose=True, quiet=True, mocked=False)
    request = Request(Author.HARNESS, "GET", "/v1/threads/thread_1?key=sk-secret", (), b"")
    response = Response(Author.IMPLEMENTATION, 200, (), (Chunk(0, b"abc"),), Ended.RESET, 7)
    ask = Ask(Operation.OTHER, "GET", "/threads/thread_1?key=sk-secret")
    progress.watch(ask, None)
    progress.watch(ask, Exchange(Operation.OTHER, 0, request, response))
    progress.watch(ask, Exchange(Operation.OTHER, 0, request, None, "no \x1b[2J answer"))
    assert capsys.readouterr().err.splitlines() == [
        "    GET /v1/threads/{thread_id}  200, 3 bytes, reset after 7 ms",
        "    GET /v1/threads/{thread_id}  no \\x1b[2J answer",
    ]
