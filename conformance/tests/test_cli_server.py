"""`conformance server`: what is said where, and the exit code, for servers of every kind."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.contract.scenarios import BY_ID, SCENARIOS
from conformance.errors import UsageError
from conformance.mock.server import Mock
from conformance.report import folder
from conformance.tests.commands import CHECKOUT, PATIENCE, Command, environment, in_a_process, in_this_process
from conformance.tests.targets.servers import RawServer, SmallApi, answer, static
from conformance.wire.json_schema import own_validator

#: Cells of two scenarios: enough to see a run, quick enough to see many.
FEW = "stream-one-call or json-one-call"
KEY = "canary-9f8e7d6c5b4a"


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str]) -> Command:
    """The command in this process: code, standard output, standard error."""
    return in_this_process(capfd)


def objects(out: str) -> list[dict[str, object]]:
    """What is said of each scenario or file; the last line, which sums up, is checked and left out."""
    *told, last = [json.loads(line) for line in out.splitlines()]
    own_validator("report", "line").validate(last)
    assert "summary" in last and not [each for each in told if "summary" in each]
    return told


def test_without_a_url_the_mock_is_judged_and_that_is_said_loudly(command: Command) -> None:
    done = command("server", "-k", FEW)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "BUILT-IN MOCK" in done.stderr
    assert done.stdout.startswith("this judges the BUILT-IN MOCK")
    assert "PASS  the built-in mock" in done.stdout
    assert "conformance: plan: 2 scenarios" in done.stderr


def test_json_is_one_object_a_scenario_and_nothing_else(command: Command) -> None:
    done = command("server", "--format", "json", "-k", FEW)
    subjects = objects(done.stdout)
    assert [subject["scenario"] for subject in subjects] == ["json-one-call", "stream-one-call"]
    assert {subject["verdict"] for subject in subjects} == {"pass"}
    assert all(subject["planned"] == subject["judged"] for subject in subjects)


def test_the_plan_alone_sends_nothing(command: Command) -> None:
    with Mock() as mock:
        done = command("server", "--plan", "--base-url", mock.base_url)
        lines = command("server", "--plan", "--base-url", mock.base_url, "--format", "json", "-k", FEW)
        assert mock.requests == ()
    assert (done.returncode, done.stderr) == (0, "")
    totals, *rows = done.stdout.splitlines()
    planned, cells = re.findall(r"plan: (\d+) scenarios · \d+ runs · at most \d+ requests · (\d+) verdicts", totals)[0]
    assert len(rows) == int(planned)
    assert sum(int(row.split()[1]) for row in rows) == int(cells)
    assert [row.strip().endswith(BY_ID[row.split()[0]].title) for row in rows] == [True] * len(rows)
    assert [json.loads(row)["scenario"] for row in lines.stdout.splitlines()] == ["json-one-call", "stream-one-call"]


@pytest.mark.parametrize("terminal", [False, True])
def test_that_the_mock_is_judged_is_told_once_on_a_terminal(
    terminal: bool, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    done = command("server", "-k", "json-one-call")
    assert (done.stdout + done.stderr).count("BUILT-IN MOCK") == (1 if terminal else 2)
    assert "BUILT-IN MOCK" in command("server", "--plan").stderr


def test_a_model_that_never_calls_is_told_how_to_be_persuaded(command: Command) -> None:
    api = SmallApi()
    api.changes["GET", r"/threads/[^/]+/runs/[^/]+"] = lambda path, body: answer(
        200, {"id": path.rsplit("/", 1)[1], "status": "completed"}
    )
    with RawServer(api) as server:
        done = command("server", "--base-url", server.base_url, "-k", "json-one-call")
    assert done.returncode == 5
    assert "NOTHING JUDGED" in done.stdout
    assert "--instructions TEXT" in done.stdout
    assert "--model M" in done.stdout


def test_a_mock_without_state_is_judged_by_what_needs_none(command: Command) -> None:
    with RawServer(static) as server:
        words = ("server", "--base-url", server.base_url, "--provision", "static")
        planned = command(*words, "--plan")
        assert (planned.returncode, server.connections) == (0, 0), planned.stderr
        done = command(*words, "--format", "json")
    assert done.returncode == 1, done.stderr
    told = {(v["requirement"], v["status"]) for s in objects(done.stdout) for v in s["verdicts"]}  # type: ignore[attr-defined]
    assert ("response.status-200", "pass") in told
    assert not [pair for pair in told if pair[0].startswith("surface.") or pair[1] == "error"]


def test_a_slip_before_anything_is_asked_is_told_as_one(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.commands.server.selected", lambda *_: 1 // 0)
    done = command("server", "-k", FEW)
    assert done.returncode == 3
    assert "conformance: internal error (please report it): ZeroDivisionError" in done.stderr
    assert "CONFORMANCE_DEBUG=1" in done.stderr


def test_a_report_is_written_where_it_is_wanted(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = command("server", "-k", FEW, "--out", "kept")
    assert done.returncode == 0
    document = json.loads((tmp_path / "kept/report.json").read_text())
    assert document["target"]["kind"] == "mock"
    assert document["planned"] == document["judged"] == document["plan"]["cells"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept"]


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_sent(tmp_path: Path, command: Command) -> None:
    (tmp_path / "file").write_text("mine")
    with Mock() as mock:
        for name in ("server", "record"):
            done = command(name, "--base-url", mock.base_url, "--out", str(tmp_path / "file" / "below"))
            assert (done.returncode, done.stdout) == (4, "")
            assert "cannot write" in done.stderr
        assert mock.requests == ()
    assert command("judge", str(tmp_path), "--out", str(tmp_path / "file")).returncode == 4


def test_a_report_that_cannot_be_written_is_shown_all_the_same(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise UsageError("cannot write report.json: No space left on device")

    monkeypatch.setattr(folder, "write", fails)
    done = command("server", "-k", "json-one-call", "--out", str(tmp_path))
    assert done.returncode == 4
    assert "PASS  the built-in mock" in done.stdout
    assert done.stderr.splitlines()[-1] == "conformance: cannot write report.json: No space left on device"
    assert "wrote" not in done.stderr


def test_a_key_reaches_the_server_and_nothing_else(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", KEY)
    words = ("--api-key-env", "CANARY", "--header", "X-Team: $CANARY", "--param", f"code={KEY}")
    with Mock(KEY) as mock:
        few = ("-k", "json-one-call or wrong-key", "-v", "--out", str(tmp_path))
        done = command("server", "--base-url", mock.base_url, *words, *few)
        assert any(KEY in str(recorded.request.headers) for recorded in mock.requests)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout + done.stderr + "".join(path.read_text() for path in tmp_path.iterdir())
    assert KEY not in said


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (answer(200, "<html>hello</html>", content_type="text/html"), "/v1"),
        (answer(404, {"detail": "Not Found"}), "404"),
        (answer(302, "", "Location: http://127.0.0.1:9/elsewhere"), "302"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "HTTP"),
    ],
    ids=["HTML", "404", "a redirect to another host", "no HTTP at all"],
)
def test_a_server_that_offers_none_of_this_is_told_once(
    reply: bytes, word: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", KEY)
    with RawServer(lambda connection, _: connection.sendall(reply)) as server:
        done = command("server", "--base-url", server.base_url, "--timeout", "5", "--api-key-env", "CANARY")
        asked = server.connections
    assert done.returncode == 5, done.stderr
    assert done.stdout == ""
    assert word in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("conformance: ")]) == 2
    assert "Traceback" not in done.stderr
    assert KEY not in done.stderr
    assert asked <= 10


def test_nothing_that_answers_is_exit_code_5(command: Command) -> None:
    done = command("server", "--base-url", "http://127.0.0.1:9/v1", "--format", "json")
    assert done.returncode == 5
    assert objects(done.stdout) == []
    last = json.loads(done.stdout)
    assert (last["verdict"], last["summary"]["exit_code"]) == ("error", 5)
    assert "nothing answers at http://127.0.0.1:9" in last["reason"]
    assert "nothing answers at http://127.0.0.1:9" in done.stderr


def test_a_selection_of_nothing_is_exit_code_5(command: Command) -> None:
    done = command("server", "-k", "nothing-like-it")
    assert (done.returncode, done.stdout) == (5, "")
    assert "nothing selected: -k 'nothing-like-it'" in done.stderr
    done = command("server", "-k", "nothing-like-it", "--format", "json")
    assert (done.returncode, objects(done.stdout)) == (5, [])


def test_a_budget_ends_a_run_as_incomplete_and_keeps_what_there_is(command: Command) -> None:
    done = command("server", "--max-requests", "25", "--format", "json")
    subjects = objects(done.stdout)
    assert done.returncode == 2, done.stderr
    assert [s["scenario"] for s in subjects] == [scenario.id for scenario in SCENARIOS]
    assert subjects[0]["verdict"] == "pass"
    assert subjects[-1]["verdict"] == "error"
    assert "25" in str(subjects[-1]["reason"])


@pytest.mark.parametrize(
    ("number", "reason"),
    [(signal.SIGINT, "interrupted from the keyboard"), (signal.SIGHUP, "interrupted by SIGHUP")],
    ids=["Ctrl-C", "SIGHUP"],
)
def test_an_interruption_keeps_what_there_is_and_removes_what_was_created(number: signal.Signals, reason: str) -> None:
    with Mock() as mock:
        words = [sys.executable, "-m", "conformance", "server", "-v", "--base-url", mock.base_url, "--format", "json"]
        with subprocess.Popen(
            words, cwd=CHECKOUT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as run:
            assert run.stderr is not None
            for line in run.stderr:
                if line.startswith("3/"):
                    break
            run.send_signal(number)
            out, err = run.communicate(timeout=PATIENCE)
        created = sum(r.request.method == "POST" and r.request.target.endswith("/threads") for r in mock.requests)
        removed = sum(r.request.method == "DELETE" and r.request.target.count("/") == 3 for r in mock.requests)
    assert run.returncode == 2, err
    assert "Traceback" not in err
    assert objects(out)[0]["verdict"] == "pass"
    assert objects(out)[-1]["reason"] == reason
    assert 0 < created <= removed


def test_nobodys_settings_reach_the_run(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('not mine')\n")
    done = in_a_process(
        "server", "-k", "stream-one-call", cwd=tmp_path, PYTEST_ADDOPTS="--bogus", PYTEST_PLUGINS="nowhere"
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conftest.py", "pytest.ini"]


def test_the_whole_mock_conforms(command: Command) -> None:
    done = command("server", "--format", "json")
    told = [v for s in objects(done.stdout) for v in s["verdicts"] if v["status"] in ("fail", "warn", "error")]  # type: ignore[attr-defined]
    assert told == []
    assert len(objects(done.stdout)) == len(SCENARIOS)
