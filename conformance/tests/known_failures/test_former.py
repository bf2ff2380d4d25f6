"""A list and a baseline of the last version that made fingerprints of messages, kept in `former/` as it wrote them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import __version__
from conformance.mock.server import Mock
from conformance.model import Report, Verdict
from conformance.report.json_writer import render
from conformance.report.reader import read
from conformance.run import baseline
from conformance.run.known_failures.reader import read as read_list
from conformance.tests.commands import in_this_process
from conformance.verdict.compare import Kind, compare, edition
from conformance.verdict.known import held

#: What may have become of a report.
Change = Callable[[Report], Report]

FORMER = Path(__file__).with_name("former")
LIST = FORMER / "known-failures.toml"

#: What the mock did when they were written, and the scenarios it was asked in.
FAULTS = (
    "done-unnamed,queued-says-in-progress,step-id-reused,answer-still-waits,message-of-another-run,"
    "run-assistant-changes,delta-after-end,call-arguments-changed,messages-not-listed,run-model-number,outputs-trimmed"
)
SCENARIOS = "stream-one-call or json-one-call or stream-next-round"


#: What messages say today -> what that version said: before kinds, they told findings apart.
REWORDED = {
    r"^(message \S+) read later differs from the stream$": r"\1 reads otherwise than the stream told it",
    r"^(step \S+) read later differs from the stream$": r"\1 reads otherwise than the stream left it",
    r"^the run read later differs from the end of its stream$": "the run reads otherwise than its stream ended",
}


def of_before_kinds(report: Report) -> Report:
    """The report as a version before kinds wrote it down, read back."""
    document = json.loads(render(report))
    for subject in document["subjects"]:
        for verdict in subject["verdicts"]:
            for finding in verdict["findings"]:
                del finding["kind"]
                for now, then in REWORDED.items():
                    finding["message"] = re.sub(now, then, finding["message"])
                finding.pop("details", None)
    return read(json.dumps(document).encode(), "report.json")


def reworded(report: Report) -> Report:
    """The report of a version that words every message anew."""

    def anew(verdict: Verdict) -> Verdict:
        return replace(verdict, findings=tuple(replace(each, message="worded anew") for each in verdict.findings))

    return replace(
        report,
        subjects=tuple(replace(each, verdicts=tuple(map(anew, each.verdicts))) for each in report.subjects),
    )


def excuses(report: Report) -> list[str | None]:
    """Why each verdict on what the list names is excused."""
    named = {row.requirement for row in read_list(LIST)}
    verdicts = (verdict for subject in report.subjects for verdict in subject.verdicts)
    return [verdict.known for verdict in verdicts if verdict.requirement in named]


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the list, the baseline and what comes of the same run today: `list.toml`, `baselines`, `out`."""
    folder = tmp_path_factory.mktemp("again")
    shutil.copy(LIST, folder / "list.toml")
    return folder


@pytest.fixture
def report(again: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Report:
    """What comes of the same run today, with both at hand and the list brought up to date; run once."""
    out = again / "out" / "report.json"
    if not out.exists():
        monkeypatch.delenv("CI", raising=False)
        with Mock(fault=FAULTS) as server:
            folder = baseline.folder_of(str(again / "baselines"), {"base_url": server.base_url})
            shutil.copytree(FORMER / "baseline", folder)
            done = in_this_process(capfd)(
                *("server", "--base-url", server.base_url, "-k", SCENARIOS, "--out", str(again / "out")),
                *("--known-failures", str(again / "list.toml"), "--update-known-failures"),
                *("--baseline", str(again / "baselines")),
            )
        assert done.returncode == 0, done.stdout + done.stderr
    return read(out.read_bytes(), "report.json")


def test_everything_that_was_excused_is_and_nothing_is_wrong_with_the_list(again: Path, report: Report) -> None:
    rows = read_list(LIST)
    assert report.known_failures[: len(rows)] == tuple(rows)
    assert {excuse for excuse in excuses(report) if excuse} == {row.reason for row in rows}
    assert report.complaints == ()
    # What those versions took for an effect of a listed breach counts for itself now: such rows come behind.
    assert (again / "list.toml").read_bytes().startswith(LIST.read_bytes()), "fingerprints that match are left"


@pytest.mark.parametrize("other", [reworded, of_before_kinds])
def test_so_it_is_when_messages_are_worded_anew_and_in_reports_written_before(report: Report, other: Change) -> None:
    changed = held(other(report), read_list(LIST))
    assert excuses(changed) == excuses(report)
    assert changed.complaints == ()


def test_another_kind_of_departure_is_not_excused_by_them(report: Report) -> None:
    def otherwise(verdict: Verdict) -> Verdict:
        return replace(verdict, findings=tuple(replace(f, kind="new", message="new") for f in verdict.findings))

    subjects = (replace(each, verdicts=tuple(map(otherwise, each.verdicts))) for each in report.subjects)
    changed = held(replace(report, subjects=tuple(subjects)), report.known_failures)
    assert {complaint.kind for complaint in changed.complaints} == {"changed"}


@pytest.mark.parametrize("other", [reworded, of_before_kinds])
def test_a_comparison_shows_no_difference(again: Path, report: Report, other: Change) -> None:
    (folder,) = (again / "baselines").iterdir()
    was, now, then = (
        baseline.load(folder), edition(report, "now", __version__), edition(other(report), "then", __version__)
    )  # fmt: skip
    for old, new in ((was, now), (was, then), (now, then), (then, now)):
        found = compare(old, new)
        # Rules that joined since are judged now and were not.
        assert [change for change in found.changes if change.kind is not Kind.APPEARED] == []
        assert found.reshaped == {}
        assert found.compared > 150
