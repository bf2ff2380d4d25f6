"""What is large on purpose, judged by the command as people run it, stays small in memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance.tests.commands import CHECKOUT, PATIENCE, environment
from conformance.tests.hostile.damages import begun, bomb, for_ever, raw
from conformance.tests.hostile.server import KEY, Damage, HostileServer, head_of

#: Bytes that a judgement may hold at its peak, the interpreter and all libraries among them.
MEMORY = 200 * 2**20

#: The command, and on the last line of standard error the peak of this very process: that of a child would begin with
#: the memory of the tests it was started from.
_MEASURED = """
import sys
from conformance.cli import main

code = main(sys.argv[1:])
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) * 1024, file=sys.stderr)
sys.exit(code)
"""

_GIB = f"Content-Length: {2**30}"
_GZIP = "Content-Encoding: gzip"
_PIECES = b": " + b"x" * 65_000 + b"\n\n"

LARGE: dict[str, tuple[str, Damage, str]] = {
    "1 GiB of comments": ("stream-one-call", for_ever(begun(_GIB), _PIECES), "order.terminal-present"),
    "1 GiB of JSON": (
        "json-one-call",
        for_ever(lambda answer: head_of(answer, _GIB) + b'{"a":"', b"x" * 65_000),
        "response.run-object",
    ),
    "128 MiB in 128 KiB": (
        "json-one-call",
        raw(lambda answer: head_of(answer, _GZIP) + bomb(2**27)),
        "response.run-object",
    ),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell the peak of a process")
@pytest.mark.parametrize("large", LARGE)
def test_a_judgement_stays_small(large: str, tmp_path: Path) -> None:
    scenario, damage, told = LARGE[large]
    with HostileServer("POST .*/submit_tool_outputs", damage) as server:
        options = ("--base-url", server.base_url, "--api-key-env", "CANARY", "--timeout", "5", "--out", "out")
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, "server", *options, "-k", scenario],
            cwd=tmp_path, env=environment(CANARY=KEY, PYTHONPATH=str(CHECKOUT)), capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert told in done.stdout
    assert int(done.stderr.splitlines()[-1]) < MEMORY
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert KEY not in done.stdout + done.stderr
