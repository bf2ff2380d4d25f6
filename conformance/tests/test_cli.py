"""Whatever is typed: one clear message, the exit code that was promised, never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import cli
from conformance.cli import main
from conformance.commands.parser import COMMANDS
from conformance.tests.commands import CHECKOUT, PATIENCE, conformance, environment

CASSETTE = str(CHECKOUT / "cassettes/reference/json-one-call.jsonl")

USAGE = {
    "nothing": [],
    "an unknown command": ["bogus"],
    "an unknown option": ["server", "--bogus"],
    "a command of later": ["compare"],
    "half an option": ["server", "--prov", "static"],
    "half an option of a command in a command": ["schemas", "drift", "--sp", "x.json"],
    "a format of nobody": ["server", "--format", "prose"],
    "a number that is none": ["server", "--timeout", "soon"],
    **{
        f"{option} {number} {'of a server' if server else 'alone'}": ["server", *server, option, number]
        for option in ("--timeout", "--max-requests")
        for number in ("0", "-1")
        for server in ([], ["--base-url", "http://h/v1"])
    },
    "a time that is no number": ["server", "--timeout", "nan"],
    "a URL that is none": ["server", "--base-url", "localhost:8000"],
    "an option without its server": ["server", "--model", "m"],
    "a kind that is none": ["server", "--base-url", "http://h/v1", "--provision", "magic"],
    "a run without its kind": ["server", "--base-url", "http://h/v1", "--run", "thread_1:run_1"],
    "a run that is none": ["server", "--base-url", "http://h/v1", "--provision", "run", "--run", "thread_1"],
    "a variable that is not set": ["server", "--base-url", "http://h/v1", "--api-key-env", "NOT_SET_ANYWHERE"],
    "a header that is none": ["server", "--base-url", "http://h/v1", "--header", "no colon"],
    "a parameter that is none": ["server", "--base-url", "http://h/v1", "--param", "lonely"],
    "a CA file that is not there": ["server", "--base-url", "https://h/v1", "--ca-file", "/nowhere.pem"],
    "an expression that is none": ["server", "-k", "done and ("],
    "an expression of judge that is none": ["judge", "-k", "done and (", "x.sse"],
    "no recording": ["judge"],
    "an unknown id": ["explain", "done.lost"],
    "an unknown table": ["list", "wishes"],
    "an unknown scenario": ["mock", "--scenario", "bogus"],
    "an absurd port": ["mock", "--port", "70000"],
    "a port that is none": ["mock", "--port", "8765x"],
    "a key of the mock that is not set": ["mock", "--api-key-env", "NOT_SET_ANYWHERE"],
    "no folder to record into": ["record"],
    "half a command": ["schemas"],
    "a document that is not there": ["schemas", "drift", "--spec", "/nowhere.json"],
    "a role that is none": ["judge", "--role", "referee", "x.sse"],
    "an operation that is none": ["judge", "--operation", "delete", "x.sse"],
}


@pytest.mark.parametrize("words", USAGE.values(), ids=USAGE)
def test_bad_words_are_one_message_and_exit_code_4(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 4
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("conformance: ")
    assert "Traceback" not in said.err
    assert len(said.err.splitlines()) <= 3


def test_list_alone_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 4
    assert "requirements|scenarios|faults" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], *[[name] for name in COMMANDS]], ids=["conformance", *COMMANDS])
def test_every_command_explains_itself(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    assert "usage: conformance" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("conformance ")


def test_a_slip_of_ours_is_told_as_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cli, "_run", lambda words: 1 // 0)
    assert main([]) == 3
    said = capsys.readouterr().err
    assert said.startswith("conformance: internal error (please report it): ZeroDivisionError")
    assert "Traceback" not in said
    monkeypatch.setenv("CONFORMANCE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main([])


@pytest.mark.parametrize(
    "words",
    [["judge", CASSETTE, "--out"], ["judge", CASSETTE, "--baseline"], ["verify"], ["export"]],
    ids=lambda words: words[0],
)
def test_a_name_that_no_file_can_have_is_an_error_of_the_command_line(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "a" * 300]) == 4
    assert "File name too long" in capsys.readouterr().err


def test_an_interruption_is_exit_code_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_run", interrupted)
    assert main([]) == 2
    assert capsys.readouterr().err == "conformance: interrupted from the keyboard\n"


def test_a_reader_that_has_read_enough_is_no_error() -> None:
    piped = f"{sys.executable} -m conformance list requirements | head -n 1"
    done = subprocess.run(
        piped, shell=True, cwd=CHECKOUT, env=environment(), capture_output=True, text=True, check=True
    )
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


@pytest.mark.parametrize("what", ["requirements", "scenarios"])
def test_lists_are_printed(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", what]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) > 40
    assert any(row.startswith(("done.last ", "stream-one-call ")) for row in rows)


@pytest.mark.parametrize("id_", ["done.last", "ORD-DONE-LAST"])
def test_a_requirement_is_explained_by_either_id(id_: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", id_]) == 0
    told = capsys.readouterr().out
    assert "done.last" in told
    assert "conforming:" in told
    assert "violating:" in told


def test_the_schemas_of_the_checkout_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schemas", "drift", "--spec", str(CHECKOUT / "schemas/openapi.json")]) == 0
    assert capsys.readouterr().out == "no difference\n"


def test_the_mock_serves_alone_until_it_is_interrupted(capfd: pytest.CaptureFixture[str]) -> None:
    words = [sys.executable, "-m", "conformance", "mock"]
    with subprocess.Popen(
        words, cwd=CHECKOUT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as served:
        assert served.stdout is not None
        url = served.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith("/v1")
        assert main(["server", "--base-url", url, "-k", "stream-one-call:done", "--format", "json"]) == 0
        served.send_signal(signal.SIGINT)
        assert served.wait(PATIENCE) == 0
        assert "Traceback" not in served.communicate()[1]
    assert capfd.readouterr().err.count("plan:") == 1


def test_recorded_cassettes_are_judged_like_the_server_they_come_from(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "kept"
    assert main(["record", "--out", str(folder), "-k", "json-one-call or stream-one-call"]) == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["json-one-call.jsonl", "stream-one-call.jsonl"]
    assert main(["judge", str(folder)]) == 0
    assert main(["record", "--out", str(folder), "-k", "json-one-call"]) == 4
    assert "already holds" in capfd.readouterr().err
    assert "key-of-the-built-in-mock" not in "".join(path.read_text() for path in folder.iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    done = conformance("record", "--out", str(tmp_path / "x"), "-k", "json-one-call")
    assert (done.returncode, "Traceback" in done.stderr) == (4, False)
