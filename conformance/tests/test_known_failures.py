"""Known failures and requirement sets at every door: the command, pytest, the fixture for tests of clients."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.files import cassettes_folder
from conformance.mock.server import Mock
from conformance.model import Level, Status
from conformance.report.reader import read
from conformance.tests.commands import ALONE, Command, in_this_process

#: One scenario, in which the fault `done-unnamed` breaks one requirement for itself.
ONE = ("-k", "stream-one-call:done")

#: Its fingerprint is one that versions before kinds wrote, of the message.
ROW = """
[[failure]]
requirement = "done.name"
scenario = "stream-one-call"
reason = "the gateway drops event names, see GW-12"
link = "https://example.org/GW-12"
expires = 2126-12-31
fingerprints = ["ce29b109cdef"]
"""


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command in this process: code, standard output, standard error."""
    monkeypatch.delenv("CI", raising=False)
    return in_this_process(capfd)


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "known-failures.toml"
    path.write_text(ROW, "utf-8")
    return path


def mock(fault: str | None) -> Mock:
    return Mock(fault=fault)


@pytest.fixture
def unnamed() -> Iterator[str]:
    with mock("done-unnamed") as server:
        yield server.base_url


@pytest.fixture
def right() -> Iterator[str]:
    with mock(None) as server:
        yield server.base_url


def test_a_listed_failure_is_told_and_does_not_fail_the_run(
    command: Command, unnamed: str, listed: Path, tmp_path: Path
) -> None:
    assert command("server", *ONE, "--base-url", unnamed).returncode == 1
    out = tmp_path / "out"
    done = command("server", *ONE, "--base-url", unnamed, "--known-failures", str(listed), "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "KNOWN  done.name  MUST\n  reason    the gateway drops event names, see GW-12\n" in done.stdout
    assert "1 known to fail" in done.stdout
    assert "the next to expire is done.name, after 2126-12-31" in done.stdout
    assert "FAIL" not in done.stdout
    report = read((out / "report.json").read_bytes(), "report.json")
    (verdict,) = [v for subject in report.subjects for v in subject.verdicts if v.requirement == "done.name"]
    assert (verdict.status, verdict.known) == (Status.FAIL, "the gateway drops event names, see GW-12")
    assert [row.link for row in report.known_failures] == ["https://example.org/GW-12"]


def test_a_listed_failure_that_passes_is_told_and_ends_with_6(command: Command, right: str, listed: Path) -> None:
    done = command("server", *ONE, "--base-url", right, "--known-failures", str(listed))
    assert done.returncode == 6
    assert "OUTDATED LIST" in done.stdout
    assert "stale     stream-one-call:done.name" in done.stdout
    elsewhere = command(
        "server", "-k", "stream-one-call:done.last", "--base-url", right, "--known-failures", str(listed)
    )
    assert elsewhere.returncode == 0, "what was not reached is not stale"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("2126-12-31", "2026-01-31"), "expired   stream-one-call:done.name"),
        (("ce29b109cdef", "0123456789ab"), "changed   stream-one-call:done.name"),
        (('"done.name"', '"done.nme"'), "unmatched stream-one-call:done.nme"),
    ],
)
def test_what_does_not_excuse_any_more_counts_again(
    command: Command, unnamed: str, listed: Path, change: tuple[str, str], said: str
) -> None:
    listed.write_text(ROW.replace(*change), "utf-8")
    done = command("server", *ONE, "--base-url", unnamed, "--known-failures", str(listed))
    assert done.returncode == 1
    assert "FAIL  done.name" in done.stdout
    assert said in done.stdout


def test_a_row_for_another_target_says_nothing_of_this_one(
    command: Command, unnamed: str, right: str, listed: Path
) -> None:
    listed.write_text(f'{ROW}target = {{ base_url = "{unnamed}" }}\n', "utf-8")
    assert command("server", *ONE, "--base-url", unnamed, "--known-failures", str(listed)).returncode == 0
    assert command("server", *ONE, "--base-url", right, "--known-failures", str(listed)).returncode == 0


def test_the_list_is_brought_up_to_date_and_what_it_says_then_holds(
    command: Command, unnamed: str, right: str, tmp_path: Path
) -> None:
    path = tmp_path / "known-failures.toml"
    words = ("--known-failures", str(path), "--update-known-failures")
    added = command("server", *ONE, "--base-url", unnamed, *words)
    assert added.returncode == 0, added.stdout + added.stderr
    assert "known failures: added stream-one-call:done.name: [DONE] came under another name" in added.stderr
    assert 'fingerprints = ["b9dae9945ff8"]' in path.read_text("utf-8")
    assert command("server", *ONE, "--base-url", unnamed, *words[:2]).returncode == 0
    removed = command("server", *ONE, "--base-url", right, *words)
    assert removed.returncode == 0
    assert "known failures: removed stream-one-call:done.name" in removed.stderr
    assert "done.name" not in path.read_text("utf-8")


def test_an_update_is_refused_in_ci_and_without_a_file(
    command: Command, monkeypatch: pytest.MonkeyPatch, listed: Path
) -> None:
    assert command("server", "--update-known-failures").returncode == 4
    monkeypatch.setenv("CI", "true")
    words = ("--known-failures", str(listed), "--update-known-failures")
    for door in (("server",), ("judge", str(cassettes_folder())), ("client", "--", sys.executable)):
        done = command(*door[:1], *words, *door[1:])
        assert done.returncode == 4, door
        assert "is refused in CI" in done.stderr
    assert listed.read_text("utf-8") == ROW


def test_a_list_that_is_off_is_told_before_anything_is_sent(command: Command, listed: Path) -> None:
    listed.write_text(ROW + "[[failure]]\n", "utf-8")
    with mock(None) as server:
        done = command("server", "--base-url", server.base_url, "--known-failures", str(listed))
        assert server.requests == ()
    assert done.returncode == 4
    assert done.stderr.startswith(f"conformance: {listed}: row 2: ")


def test_recordings_have_known_failures_too(command: Command, tmp_path: Path) -> None:
    recording = str(cassettes_folder() / "documented" / "stream-as-printed.jsonl")
    path = tmp_path / "known-failures.toml"
    words = ("--known-failures", str(path))
    assert command("judge", recording).returncode == 1
    added = command("judge", recording, *words, "--update-known-failures")
    assert added.returncode in (0, 2), added.stdout
    known = command("judge", recording, *words)
    assert known.returncode == added.returncode
    assert "KNOWN  events.json" in known.stdout
    assert "FAIL" not in known.stdout
    mended = command("judge", recording.replace("as-printed", "repaired"), *words)
    assert mended.returncode in (0, 2), "the list names another recording"


def test_a_client_has_known_failures_too(command: Command, tmp_path: Path) -> None:
    client = ("--scenario", "plain-one-call", "--", sys.executable, "-S", "-m", "conformance.mock.client")
    habit = ("--habit", "no-beta")
    path = tmp_path / "known-failures.toml"
    words = ("client", "--known-failures", str(path))
    added = command(*words, "--update-known-failures", *client, *habit)
    assert "added plain-one-call:sending.beta" in added.stderr
    assert command(*words, *client, *habit).returncode == added.returncode
    stale = command(*words, *client)
    assert stale.returncode == 6, stale.stdout
    assert "stale     plain-one-call:sending.beta" in stale.stdout


def test_an_unknown_requirement_set_is_told_with_those_there_are(command: Command) -> None:
    done = command("server", "--requirements", "2020.01")
    assert done.returncode == 4
    assert "no requirement set '2020.01'" in done.stderr
    assert "2026.11" in done.stderr


def test_the_set_that_was_scored_stands_in_the_report(command: Command, right: str, tmp_path: Path) -> None:
    for number, words in enumerate(((), ("--requirements", "2026.11"))):
        out = tmp_path / str(number)
        assert command("server", *ONE, "--base-url", right, "--out", str(out), *words).returncode == 0
        assert json.loads((out / "report.json").read_text("utf-8"))["profile"]["requirements"] == "2026.11"


def test_a_rule_that_joined_later_is_judged_and_told_and_does_not_count(
    command: Command, unnamed: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    early = {"done.last": Level.MUST, "done.present": Level.MUST}
    monkeypatch.setattr("conformance.verdict.terms.levels", lambda name: early)
    done = command("server", *ONE, "--base-url", unnamed, "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert "NOT SCORED  done.name  MUST" in done.stdout
    assert "1 not scored" in done.stdout
    verdicts = json.loads((tmp_path / "report.json").read_text("utf-8"))["subjects"][0]["verdicts"]
    assert {row["requirement"] for row in verdicts if row.get("scored", True)} == early.keys()


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    """A pytest session on the installed suite, in an empty folder."""
    monkeypatch.delenv("CI", raising=False)
    return lambda *words: pytester.runpytest_inprocess(*ALONE, "--pyargs", "conformance.suite", *words)


def test_under_pytest_a_known_failure_is_an_expected_one(
    suite: Callable[..., pytest.RunResult], unnamed: str, right: str, listed: Path
) -> None:
    words = (*ONE, f"--conformance-known-failures={listed}", "-rx")
    done = suite(*words, f"--conformance-base-url={unnamed}")
    assert done.ret == 0, done.stdout.str()
    assert "1 xfailed" in done.stdout.str()
    assert "known failure: the gateway drops event names" in done.stdout.str()
    assert "KNOWN  done.name  MUST" in done.stdout.str()
    stale = suite(*words, f"--conformance-base-url={right}")
    assert stale.ret == 6
    assert "stale     stream-one-call:done.name" in stale.stdout.str()


def test_under_pytest_the_list_is_updated_at_the_end_and_not_by_workers(
    suite: Callable[..., pytest.RunResult], unnamed: str, listed: Path
) -> None:
    listed.write_text("", "utf-8")
    words = (*ONE, f"--conformance-known-failures={listed}", "--conformance-update-known-failures")
    done = suite(*words, f"--conformance-base-url={unnamed}")
    assert "known failures: added stream-one-call:done.name" in done.stdout.str()
    assert "done.name" in listed.read_text("utf-8")
    pytest.importorskip("xdist")
    refused = suite("-p", "xdist.plugin", "-n", "2", *words)
    assert refused.ret == 4
    assert "not updated under pytest-xdist" in refused.stderr.str() + refused.stdout.str()


TESTS = """
import json, urllib.request, pytest

def submit(given):
    outputs = [{"tool_call_id": id_, "output": text} for id_, text in given.tool_outputs.items()]
    request = urllib.request.Request(
        f"{given.base_url}/threads/{given.thread_id}/runs/{given.run_id}/submit_tool_outputs",
        json.dumps({"tool_outputs": outputs, "event_handler": None}).encode(),
        {"Content-Type": "application/json", "OpenAI-Beta": "assistants=v2",
         "Authorization": f"Bearer {given.api_key}"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        answer.read()

def test_plain(conformance_client):
    conformance_client("plain-one-call", submit)
"""


def test_in_the_tests_of_a_client_a_known_failure_is_an_expected_one(pytester: pytest.Pytester, listed: Path) -> None:
    pytester.makepyfile(test_mine=TESTS)
    row = '[[failure]]\nrequirement = "{}"\nscenario = "plain-one-call"\nreason = "a helper sends it along"\n'
    option = f"--conformance-known-failures={listed}"
    listed.write_text(row.format("sending.no-extra-keys"), "utf-8")
    known = pytester.runpytest_inprocess(*ALONE, "-rx", option, "test_mine.py")
    assert "1 xfailed" in known.stdout.str(), known.stdout.str()
    assert "known failure: a helper sends it along" in known.stdout.str()
    assert "conformance: " not in known.stdout.str(), "a session that is not ours stays as it is"
    listed.write_text(row.format("sending.no-extra-keys") + row.format("sending.beta"), "utf-8")
    stale = pytester.runpytest_inprocess(*ALONE, option, "test_mine.py")
    assert "1 failed" in stale.stdout.str(), stale.stdout.str()
    assert "stale     plain-one-call:sending.beta" in stale.stdout.str()
