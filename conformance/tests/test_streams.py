"""Standard output and standard error that are full, closed or no longer read, and an interrupt at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from conformance import cli
from conformance.cli import main
from conformance.commands import verdicts
from conformance.targets import interruption
from conformance.tests.commands import CHECKOUT, PATIENCE, environment

FULL = Path("/dev/full")


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line in which `conformance` is ours."""
    words = f'conformance() {{ "{sys.executable}" -m conformance "$@"; }}; {line}'
    return subprocess.run(
        ["sh", "-c", words],
        cwd=CHECKOUT,
        env=environment(),
        text=True,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", ["list requirements", "--version"])
def test_a_full_disk_is_reported_as_one(words: str) -> None:
    done = shell(f"conformance {words} > /dev/full")
    assert done.returncode == 4
    assert done.stderr.splitlines()[-2:] == [
        "conformance: cannot write the output: No space left on device",
        "  Is the disk full? Redirect it elsewhere.",
    ]
    assert "internal" not in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("conformance --version 2> /dev/full", 0),
        ("conformance list nothing 2> /dev/full", 4),
        ("conformance --version >&-", 0),
        ("conformance list nothing 2>&-", 4),
        ("conformance list nothing >&- 2>&-", 4),
    ],
)
@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_the_exit_code_holds_where_nobody_can_be_told(line: str, code: int) -> None:
    done = shell(line)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "conformance:" not in done.stdout


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "place",
    [
        "conformance.commands.parser.parsed",
        "conformance.run.option_conflicts.check",
        "conformance.run.saving.prepare",
        "conformance.run.target_options.target",
        "conformance.commands.progress.Progress.planned",
        "conformance.run.loop.Run.finished",
        "conformance.commands.verdicts.kept",
        "conformance.commands.verdicts.show",
    ],
)
def test_an_interrupt_is_one_line_whenever_it_comes(
    place: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(place, interrupt)
    assert main(["server", "-k", "json-one-call"]) == 2
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert "interrupted" in said.out + said.err


def test_an_interrupt_while_an_error_is_reported_is_one_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_report", interrupt)
    assert main(["server", "--bogus"]) == 2
    assert capsys.readouterr().err == "conformance: interrupted from the keyboard\n"


@pytest.mark.parametrize(
    ("words", "steps"),
    [(["server", "--plan"], ["ends", "raises", "runs", "ends"]), (["list", "faults"], ["ends", "runs", "ends"])],
)
def test_an_interrupt_ends_the_program_in_silence_until_it_has_something_to_report_and_after(
    words: list[str], steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []

    def noted(step: str) -> int:
        taken.append(step)
        return 0

    monkeypatch.setattr(sys, "argv", ["conformance", *words])
    monkeypatch.setattr(cli, "_end_when_interrupted", lambda: taken.append("ends"))
    monkeypatch.setattr(interruption, "interrupting", lambda: nullcontext(noted("raises")))
    monkeypatch.setattr(f"conformance.commands.{words[0]}.run", lambda _: noted("runs"))
    assert main() == 0
    assert taken == steps


def test_what_an_interrupt_does_is_changed_only_where_nobody_else_has_changed_it() -> None:
    before = signal.getsignal(signal.SIGINT)
    try:
        for theirs in (signal.SIG_IGN, interrupt):
            signal.signal(signal.SIGINT, theirs)
            cli._end_when_interrupted()
            assert signal.getsignal(signal.SIGINT) is theirs
        signal.signal(signal.SIGINT, signal.default_int_handler)
        cli._end_when_interrupted()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    ("variables", "terminal", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_colour_is_where_it_is_wanted(variables: dict[str, str], terminal: bool, coloured: bool) -> None:
    assert verdicts.coloured(variables, terminal=terminal) is coloured


def test_a_server_that_only_the_environment_names_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert main(["server", "-k", "json-one-call"]) == 0
    said = capsys.readouterr().err
    assert 'To judge that server: conformance server --base-url "$OPENAI_BASE_URL"' in said
    assert main(["server", "--base-url", os.environ["OPENAI_BASE_URL"], "-k", "json-one-call"]) == 5
    assert "$OPENAI_BASE_URL" not in capsys.readouterr().err
