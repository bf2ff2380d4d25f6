"""A command ends with everything it started, wherever that went."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from conformance.targets import descendants, process
from conformance.targets.interruption import interrupting
from conformance.tests.pace import limit

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a command is its process group")

#: A program that detaches a child in a session of its own, which has no parent any more and says who it is.
DETACHES = """
import os, pathlib, sys, time
path, environment, then = sys.argv[1], sys.argv[2], sys.argv[3]
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        stays = "import os,pathlib,signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        stays += f"pathlib.Path({path!r}).write_text(str(os.getpid())); time.sleep(10**6)"
        os.execve(sys.executable, ["python", "-S", "-c", stays], {} if environment == "none" else os.environ)
    os._exit(0)
while not pathlib.Path(path).exists() or not pathlib.Path(path).read_text(): time.sleep(0.01)
if then == "stays": time.sleep(10**6)
"""


def detaches(path: Path, environment: str, then: str) -> list[str]:
    return [sys.executable, "-S", "-c", DETACHES, str(path), environment, then]


def written(path: Path) -> bool:
    return path.exists() and bool(path.read_text())


def gone(path: Path) -> bool:
    """Whether the process has ended whose id a file holds, and has been asked how."""
    return not Path("/proc", path.read_text()).exists()


@pytest.mark.parametrize("environment", ["kept", "none"])
@pytest.mark.parametrize("then", ["ends", "stays"])
def test_a_detached_grandchild_ends_with_the_command(tmp_path: Path, environment: str, then: str) -> None:
    pid = tmp_path / "pid"
    ended = process.run(detaches(pid, environment, then), os.environ, limit(), lambda: then == "stays" and written(pid))
    assert ended.exit_code == (0 if then == "ends" else None)
    assert gone(pid)


def test_another_command_keeps_what_it_detached(tmp_path: Path) -> None:
    mine, others = tmp_path / "mine", tmp_path / "others"
    with process.ProcessTree(detaches(others, "kept", "stays"), os.environ) as tree:
        assert not tree.wait(limit(), lambda: written(others))
        process.run(detaches(mine, "kept", "ends"), os.environ, limit(), bool)
        assert gone(mine) and not gone(others)
    assert gone(others)


def test_a_server_is_waited_for_and_read_meanwhile() -> None:
    program = "import sys, time; sys.stdout.write('x' * 1_000_000 + 'ready'); sys.stdout.flush(); time.sleep(10**6)"
    with process.ProcessTree([sys.executable, "-S", "-c", program], os.environ) as tree:
        assert not tree.wait(limit(), lambda: tree.output.endswith(b"ready"))
        assert tree.exit_code is None
    assert tree.exit_code == -signal.SIGTERM
    assert {thread.name for thread in threading.enumerate()} & {"conformance-output"} == set()


def test_an_interruption_while_a_command_is_ended_waits_for_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid, killed = tmp_path / "pid", []
    kill = descendants.signal_group

    def interrupted(group: int, number: int) -> bool:
        os.kill(os.getpid(), signal.SIGTERM)
        killed.append(number)
        return kill(group, number)

    monkeypatch.setattr(process, "signal_group", interrupted)
    with interrupting(), pytest.raises(KeyboardInterrupt):
        process.run(detaches(pid, "kept", "stays"), os.environ, limit(), lambda: written(pid))
    assert signal.SIGKILL in killed
    assert gone(pid)


def test_processes_of_others_are_left_alone() -> None:
    sleeps = [sys.executable, "-S", "-c", "import time; time.sleep(10**6)"]
    with subprocess.Popen(sleeps) as child, subprocess.Popen(sleeps, start_new_session=True) as server:
        process.run([sys.executable, "-S", "-c", ""], os.environ, limit(), bool)
        assert (child.poll(), server.poll()) == (None, None)
        child.kill()
        server.kill()
