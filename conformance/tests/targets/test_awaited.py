"""A server that is waited for, or started: asked only once it answers, and ended with all that it started."""

from __future__ import annotations

import os
import shlex
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.errors import UnreachableTarget, UsageError
from conformance.model import Author, Ended, Exchange, Operation, Request, Response
from conformance.targets.awaited import Awaited
from conformance.targets.pace import LogicalTime
from conformance.targets.served import ServedProgram
from conformance.targets.session import Ask, NoConnection, Sent
from conformance.targets.settings import Settings
from conformance.tests.commands import PATIENCE, conformance

SETTINGS = Settings("http://127.0.0.1:9/v1")
SUBMIT = Ask(Operation.SUBMIT, "POST", "/x", b"{}")

#: Starts a child, and serves the mock at the port of its argument; both write their ids into a file.
SERVER = """
import os, subprocess, sys
from pathlib import Path
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
Path("ids").write_text(f"{os.getpid()} {child.pid}")
from conformance.mock.server import serve
serve(print, port=int(sys.argv[1]))
"""


class Starting:
    """A transport to a server that refuses a few connections, answers 503 a few times, and then is there."""

    def __init__(self, refused: int, unready: int = 0) -> None:
        self.refused, self.unready = refused, unready
        self.asked: list[str] = []
        self.closed = False

    def send(self, ask: Ask) -> Sent:
        self.asked.append(ask.method)
        if len(self.asked) <= self.refused:
            raise NoConnection("connection refused")
        status = 503 if len(self.asked) <= self.refused + self.unready else 404
        request = Request(Author.HARNESS, ask.method, ask.path, (), b"")
        response = Response(Author.IMPLEMENTATION, status, (), (), Ended.COMPLETE, 1)
        return Sent(Exchange(ask.operation, 0, request, response), False)

    def close(self) -> None:
        self.closed = True


def served(command: Sequence[str]) -> ServedProgram:
    return ServedProgram("the command of --serve", command, os.environ, hint="")


def test_nothing_is_sent_before_the_server_answers() -> None:
    starting = Starting(refused=3, unready=2)
    awaited = Awaited(starting, SETTINGS, 10, pace=LogicalTime())
    awaited.send(SUBMIT)
    assert starting.asked == ["GET"] * 6 + ["POST"]
    awaited.send(SUBMIT)
    assert starting.asked[-2:] == ["POST", "POST"]
    awaited.close()
    assert starting.closed


@pytest.mark.parametrize(
    ("starting", "why"), [(Starting(10**6), "connection refused"), (Starting(0, 10**6), "it answers 503")]
)
def test_a_server_that_never_answers_is_given_up_after_the_seconds_that_were_said(starting: Starting, why: str) -> None:
    pace = LogicalTime()
    with pytest.raises(UnreachableTarget, match=f"after 10 s: {why}"):
        Awaited(starting, SETTINGS, 10, pace=pace).send(SUBMIT)
    assert pace.now() == pytest.approx(10, abs=0.5)
    assert "POST" not in starting.asked


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("/nowhere/at-all",), "cannot be started: /nowhere/at-all: No such file or directory"),
        (
            (sys.executable, "-c", "import sys; print('one'); sys.exit('the port is taken')"),
            "exit code 1 .*: the port is",
        ),
        ((sys.executable, "-c", ""), "exit code 0 .* printed nothing"),
    ],
)
def test_a_command_that_ends_is_reported_with_what_it_said(command: tuple[str, ...], message: str) -> None:
    awaited = Awaited(Starting(10**6), SETTINGS, PATIENCE, served(command))
    with pytest.raises(UnreachableTarget, match=message):
        awaited.send(SUBMIT)
    awaited.close()


def test_nothing_is_started_where_a_server_answers_already(tmp_path: Path) -> None:
    command = (sys.executable, "-c", f"open({str(tmp_path / 'x')!r}, 'w')")
    awaited = Awaited(Starting(0), SETTINGS, 10, served(command))
    with pytest.raises(UsageError, match="already, before the command of --serve was started"):
        awaited.send(SUBMIT)
    awaited.close()
    assert not list(tmp_path.iterdir())


def test_a_server_is_started_judged_and_ended_with_its_children(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "serve.py").write_text(SERVER)
    served = shlex.join((sys.executable, "serve.py", str(port)))
    judged = conformance(
        "server", f"--base-url=http://127.0.0.1:{port}/v1", f"--serve={served}", "-k", "json-one-call", cwd=tmp_path
    )
    assert judged.returncode == 0, judged.stderr
    assert judged.stdout.startswith("PASS")
    ids = (tmp_path / "ids").read_text().split()
    assert len(ids) == 2
    assert not [each for each in ids if _runs(each)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--serve", "x"), "--serve needs a server of yours"),
        (("--base-url", "http://h/v1", "--serve", ""), "--serve '': no command"),
        (("--base-url", "http://h/v1", "--serve", "'"), "No closing quotation"),
        (("--base-url", "http://h/v1", "--wait", "-1"), "--wait -1: invalid number of seconds"),
        (("--base-url", "http://h/v1", "--wait", "inf"), "--wait inf: invalid number of seconds"),
    ],
)
def test_what_cannot_be_meant_is_refused(words: tuple[str, ...], message: str) -> None:
    refused = conformance("server", *words)
    assert (refused.returncode, message in refused.stderr) == (4, True), refused.stderr


def _runs(process: str) -> bool:
    """Whether a process runs; a zombie that nobody has collected does not."""
    try:
        return Path("/proc", process, "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
