"""Commands that a report prints are one line each, and mean the same."""

from __future__ import annotations

import shlex
import shutil
import subprocess

import pytest

from conformance.run.command_line import on_one_line

WORDS = [
    "conformance",
    "client",
    "--",
    "bash",
    "-c",
    'echo "it\'s"\n::error::x\n\x1b[2J\u202e\\n\t$HOME',
    "ü",
    "a\udcffb",
]


def test_what_is_one_line_stays_as_it_is() -> None:
    for command in ("conformance server --base-url=http://h/v1", shlex.join(["a b", "it's", "ü", "$(x)"])):
        assert on_one_line(command) == command


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_what_breaks_or_steers_a_line_is_spelled_out_and_means_the_same() -> None:
    line = on_one_line(shlex.join(WORDS))
    assert line.isprintable()
    script = f"printf '%s\\0' {line}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    assert done.stdout == b"".join(word.encode("utf-8", "surrogateescape") + b"\0" for word in WORDS)


def test_a_quotation_that_was_cut_is_one_line_too() -> None:
    assert on_one_line("conformance client -- 'cut\n") == r"conformance client -- 'cut\x0a"
