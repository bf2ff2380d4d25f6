"""Baselines: kept as snapshots, compared with what comes now, never written where that would hide something."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance import __version__
from conformance.cli import main
from conformance.errors import UnreadableInput, UsageError
from conformance.mock.server import Mock
from conformance.model import Profile, Report, Role, Status, Subject
from conformance.plugin import pytest_session
from conformance.reference.events import encode
from conformance.report.json_writer import render
from conformance.run import baseline, extras, verdict_options
from conformance.run.loop import Run
from conformance.run.plan import plan
from conformance.run.snapshots import Place, VerdictSnapshot
from conformance.targets.builtin_mock import BuiltIn
from conformance.tests.commands import ALONE, CHECKOUT, conformance
from conformance.tests.report.reports import failing, finding, passing, verdict
from conformance.tests.verdict.streams import HAPPY
from conformance.verdict.compare import Kind, compare, edition

BASELINES = CHECKOUT / "reports" / "baseline"


def two() -> Report:
    whole = replace(failing(), interrupted=None)
    return replace(whole, subjects=tuple(replace(s, shape=({"operation": "submit"},)) for s in whole.subjects))


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted(folder.rglob("*.json"))}


def test_what_is_written_reads_back_as_what_it_was(tmp_path: Path) -> None:
    assert "wrote 2 to" in baseline.updated(two(), str(tmp_path))
    folder = baseline.folder_of(str(tmp_path), two().target)
    assert folder.name == "127-0-0-1-1-v1"
    found = compare(baseline.load(folder), edition(two(), "now", __version__))
    assert (found.changes, found.reshaped, found.differences, found.compared) == ((), {}, (), 8)


def test_a_baseline_holds_no_ids_times_or_texts(tmp_path: Path) -> None:
    baseline.updated(two(), str(tmp_path))
    written = "".join(files(tmp_path).values())
    assert "thread.message.delta" not in written, "the text of a finding"
    assert "412" not in written, "its time"
    assert '"done.last": "fail ' in written


def test_without_syrupy_a_baseline_is_compared_with_and_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    baseline.updated(two(), str(tmp_path))
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    assert not baseline.compared(two(), str(tmp_path)).changes
    with pytest.raises(UsageError, match=r"syrupy, which is not installed"):
        baseline.updated(two(), str(tmp_path))


def test_the_snapshots_are_syrupys_own(tmp_path: Path) -> None:
    baseline.updated(two(), str(tmp_path))
    place = Place(baseline.folder_of(str(tmp_path), two().target), "stream-one-call")
    extension = VerdictSnapshot()
    read = extension.read_snapshot(test_location=place, index=0, session_id="")  # type: ignore[arg-type]
    assert extension.matches(serialized_data=extension.serialize(json.loads(str(read))), snapshot_data=read)


def test_a_session_of_pytest_takes_the_same_way(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    suite = (*ALONE, "--pyargs", "conformance.suite", "-k", "json-one-call")
    done = pytester.runpytest_inprocess(*suite, "--conformance-update-baseline")
    assert done.ret == 0, done.stdout.str()
    assert "baseline: wrote 1 to reports/baseline/mock/" in done.stdout.str()
    done = pytester.runpytest_inprocess(*suite, "--conformance-baseline")
    assert done.ret == 0, done.stdout.str()
    assert "NO CHANGE  since reports/baseline/mock" in done.stdout.str()
    kept = pytester.path / "reports/baseline/mock/json-one-call.json"
    kept.write_text(kept.read_text().replace('"response.status-200": "pass"', '"response.status-200": "untestable"'))
    extra = kept.read_text().replace('"verdicts": {', '"verdicts": {"done.last": "pass",')
    kept.write_text(extra)
    done = pytester.runpytest_inprocess(*suite[:-2], "--conformance-baseline")
    assert "NO LONGER JUDGED  done.last" in done.stdout.str()
    assert done.ret == 1, done.stdout.str()


def test_what_the_next_run_does_otherwise_is_told(tmp_path: Path) -> None:
    baseline.updated(two(), str(tmp_path))
    subjects = (replace(two().subjects[0], verdicts=two().subjects[0].verdicts[1:]), two().subjects[1])
    found = baseline.compared(replace(two(), subjects=subjects), str(tmp_path))
    assert [(change.kind, change.requirement, change.regression) for change in found.changes] == [
        (Kind.VANISHED, "done.last", True)
    ]


def test_what_is_gone_is_removed_after_a_whole_run_only(tmp_path: Path) -> None:
    baseline.updated(two(), str(tmp_path))
    one = replace(two(), subjects=two().subjects[:1])
    for part in (Profile(selection="stream-one-call"), Profile(shard="1/2")):
        baseline.updated(replace(one, profile=part), str(tmp_path))
        assert len(files(tmp_path)) == 3
    assert "removed 1" in baseline.updated(one, str(tmp_path))
    assert [*files(tmp_path)] == ["_terms.json", "stream-one-call.json"]


def test_a_file_that_is_no_snapshot_is_not_removed(tmp_path: Path) -> None:
    folder = baseline.folder_of(str(tmp_path), two().target)
    folder.mkdir()
    (folder / "mine.json").write_text('{"mine": true}')
    baseline.updated(two(), str(tmp_path))
    with pytest.raises(UnreadableInput, match=r"mine\.json"):
        baseline.updated(two(), str(tmp_path))
    assert (folder / "mine.json").read_text() == '{"mine": true}'


def test_a_baseline_without_its_terms_is_refused(tmp_path: Path) -> None:
    baseline.updated(two(), str(tmp_path))
    folder = baseline.folder_of(str(tmp_path), two().target)
    for text in ('{"terms": {}}', (folder / "stream-one-call.json").read_text()):
        (folder / "_terms.json").write_text(text)
        with pytest.raises(UnreadableInput, match=r"_terms\.json"):
            baseline.load(folder)


def test_a_run_of_some_cells_keeps_what_was_known_of_the_others(tmp_path: Path) -> None:
    baseline.updated(two(), str(tmp_path))
    before = files(tmp_path)
    cells = tuple(replace(subject, verdicts=subject.verdicts[:1]) for subject in two().subjects)
    baseline.updated(replace(two(), subjects=cells, profile=Profile(selection="done.last")), str(tmp_path))
    assert files(tmp_path) == before


def test_what_a_slip_of_ours_spoilt_stays_as_it_was(tmp_path: Path) -> None:
    baseline.updated(two(), str(tmp_path))
    before = files(tmp_path)
    spoilt = Subject("stream-one-call", (verdict("done.last", "stream-one-call", Status.ERROR, reason="KeyError"),))
    baseline.updated(replace(two(), subjects=(spoilt, two().subjects[1])), str(tmp_path))
    assert files(tmp_path) == before
    with pytest.raises(UsageError, match="nothing was judged"):
        baseline.updated(replace(two(), subjects=()), str(tmp_path))


def test_no_baseline_is_not_a_green_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no baseline of this target"):
        baseline.compared(two(), str(tmp_path))


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"subject": "s"}', '{"subject": "s", "verdicts": {"done.last": "good"}, "shape": []}']
)
def test_a_damaged_baseline_names_its_file(content: str, tmp_path: Path) -> None:
    baseline.updated(two(), str(tmp_path))
    path = baseline.folder_of(str(tmp_path), two().target) / "stream-one-call.json"
    path.write_text(content)
    with pytest.raises(UnreadableInput, match=r"stream-one-call\.json"):
        baseline.compared(two(), str(tmp_path))


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b.sse", "a%2Fb.sse", "é\x1b\n", "x" * 999, ".."])
def test_no_name_leads_out_of_the_folder_and_no_two_meet(name: str, tmp_path: Path) -> None:
    baseline.updated(replace(two(), subjects=(replace(two().subjects[0], name=name), two().subjects[1])), str(tmp_path))
    folder = baseline.folder_of(str(tmp_path), two().target)
    assert len(files(tmp_path)) == len([*folder.glob("*.json")]) == 3
    assert name in baseline.load(folder).snapshots
    assert Place(folder, "a/b").basename != Place(folder, "a%2Fb").basename


def test_a_target_has_a_folder_of_its_own() -> None:
    names = [
        baseline.folder_of("d", target).as_posix()
        for target in (
            {"kind": "mock", "name": "the built-in mock"},
            {"kind": "http", "base_url": "https://h.example:8443/openai/v1?x=1"},
            {"kind": "client", "name": "python ../../my client.py"},
            {"kind": "recordings", "name": "3 recordings"},
            {"kind": "client", "name": "…"},
        )
    ]
    expected = ["mock", "h-example-8443-openai-v1-x-1", "python-my-client-py", "recordings", "target"]
    assert names == [f"d/{name}" for name in expected]


@pytest.mark.parametrize(("ci", "refused"), [("true", True), ("1", True), ("", False), ("false", False), (None, False)])
def test_a_baseline_is_not_written_in_ci(ci: str | None, refused: bool) -> None:
    environment = {} if ci is None else {"CI": ci}
    if not refused:
        return baseline.refuse_update(environment)
    with pytest.raises(UsageError, match="refused in CI"):
        baseline.refuse_update(environment)
    return None


@pytest.mark.parametrize("words", [["server"], ["judge", "x.sse"], ["client", "--", "true"]])
def test_every_command_refuses_it_before_anything_is_asked(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", "true")
    assert main([words[0], "--update-baseline", *words[1:]]) == 4
    assert "is refused in CI" in capsys.readouterr().err


@pytest.mark.parametrize("spread", [{"dist": "load"}, {"dist": "no", "worker": True}])
def test_workers_of_xdist_write_neither_a_baseline_nor_snapshots(
    spread: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    worker: dict[str, object] = {"workerinput": {}} if spread.get("worker") else {}
    config = SimpleNamespace(option=SimpleNamespace(dist=spread["dist"], update_snapshots=True), **worker)
    with pytest.raises(pytest.UsageError, match="overwrite each other"):
        pytest_session.join(config, {"update_baseline": True})  # type: ignore[arg-type]
    with pytest.raises(pytest.UsageError, match="snapshots would be lost"):
        pytest_session.join(config, {})  # type: ignore[arg-type]


def test_judging_recordings_takes_the_same_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.chdir(tmp_path)
    recording, whole = Path("r.sse"), b"".join(map(encode, HAPPY))
    recording.write_bytes(whole)
    assert main(["judge", "r.sse", "--baseline"]) == 4
    assert main(["judge", "r.sse", "--update-baseline"]) == 0
    assert Path("reports/baseline/recordings/r.sse.json").is_file()
    capsys.readouterr()
    assert main(["judge", "r.sse", "--baseline"]) == 0
    assert "NO CHANGE  since" in capsys.readouterr().out
    recording.write_bytes(whole.replace(b"event: done\ndata: [DONE]\n\n", b""))
    assert main(["judge", "r.sse", "--baseline", "--format", "json"]) == 1
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 2, "standard output holds the verdicts, their summary and nothing else"
    assert "NEW FAILURE  done.present" in told.err


def test_compare_reads_reports_their_folders_and_baselines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/report.json").write_text(render(two()))
    good = replace(passing(), subjects=two().subjects[1:])
    (tmp_path / "good.json").write_text(render(good))
    baseline.updated(two(), str(tmp_path / "base"))
    kept = str(baseline.folder_of(str(tmp_path / "base"), two().target))
    out, old = str(tmp_path / "out"), str(tmp_path / "good.json")
    assert main(["compare", out, kept]) == 0
    assert capsys.readouterr().out.startswith("NO CHANGE  since")
    assert main(["compare", old, out]) == 1
    assert "NEW FAILURE  done.last  MUST" in capsys.readouterr().out
    assert main(["compare", kept, f"{out}/report.json", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "NO CHANGE"
    for nothing in (str(tmp_path), str(tmp_path / "no"), str(Path(kept) / "_terms.json")):
        assert main(["compare", nothing, out]) == 4
        assert capsys.readouterr().err.startswith("conformance: ")


@pytest.mark.parametrize("strict", [False, True])
def test_another_shape_fails_the_strict_only(strict: bool, tmp_path: Path) -> None:
    before = tmp_path / "a.json"
    before.write_text(render(two()))
    other = replace(two(), subjects=tuple(replace(s, shape=({"operation": "other"},)) for s in two().subjects))
    (tmp_path / "b.json").write_text(render(other))
    assert main(["compare", str(before), str(tmp_path / "b.json"), *(["--strict"] if strict else [])]) == int(strict)


def test_the_mock_does_what_it_did() -> None:
    target = BuiltIn()
    run = Run(target, plan(target), profile=verdict_options.profile({}, Role.SERVER, None), shapes=True)
    for scenario in run.plan.scenarios:
        run.subject(scenario.id)
    found = baseline.compared(run.report(), str(BASELINES))
    assert (found.changes, found.reshaped, found.differences) == ((), {}, ())
    assert found.compared > 1500


def test_every_committed_baseline_can_be_read_and_belongs_to_its_folder() -> None:
    folders = [folder for folder in BASELINES.iterdir() if folder.is_dir()]
    assert {folder.name for folder in folders} >= {"mock", "python-docs-drivers-openai-python-py-plain-stream"}
    for folder in folders:
        kept = baseline.load(folder)
        assert kept.snapshots
        assert kept.terms["selection"] == "all"
        kind = "client" if kept.terms["role"] == Role.CLIENT else "mock"
        assert baseline.folder_of(str(BASELINES), {"kind": kind, "name": kept.terms["target"]}) == folder


def test_a_finding_is_kept_by_its_fingerprint(tmp_path: Path) -> None:
    baseline.updated(two(), str(tmp_path))
    other = verdict("done.last", "stream-one-call", Status.FAIL, finding(kind="repeated", message="another cause"))
    subject = replace(two().subjects[0], verdicts=(other, *two().subjects[0].verdicts[1:]))
    found = baseline.compared(replace(two(), subjects=(subject, two().subjects[1])), str(tmp_path))
    assert [change.kind for change in found.changes] == [Kind.CHANGED]


@pytest.mark.parametrize(
    "words", [("--baseline=none",), ("--baseline=damaged",), ("--update-baseline", "--baseline=file")]
)
def test_a_baseline_that_cannot_be_used_ends_a_run_before_its_first_request(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / "file").write_text("not a folder")
    with Mock() as server:
        damaged = baseline.folder_of(str(tmp_path / "damaged"), {"base_url": server.base_url})
        damaged.mkdir(parents=True)
        (damaged / "_terms.json").write_text("{")
        done = conformance("server", "--base-url", server.base_url, *words, cwd=tmp_path)
        assert (done.returncode, done.stdout, server.requests) == (4, "", ()), done.stderr
    used = f"import pathlib; pathlib.Path({str(tmp_path / 'used')!r}).touch()"
    told = [word.replace("damaged", "none") for word in words]
    done = conformance("client", *told, "--", sys.executable, "-c", used, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    assert not (tmp_path / "used").exists()


def test_without_syrupy_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with Mock() as server:
        done = conformance("server", "--base-url", server.base_url, "--update-baseline", cwd=tmp_path)
        assert (done.returncode, server.requests) == (4, ())
    assert "--update-baseline needs syrupy" in done.stderr
    assert "pip install" in done.stderr


def test_a_folder_that_cannot_be_written_ends_a_run_of_any_door_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with Mock() as server:
        done = conformance("server", "--base-url", server.base_url, "--out=file/x", cwd=tmp_path)
        assert (done.returncode, server.requests) == (4, ())
    used = f"import pathlib; pathlib.Path({str(tmp_path / 'used')!r}).touch()"
    for words in (("--out=file/x",), ("--known-failures=file/list.toml", "--update-known-failures")):
        done = conformance("client", *words, "--", sys.executable, "-c", used, cwd=tmp_path, CI="")
        assert (done.returncode, done.stdout) == (4, ""), done.stderr
        assert not (tmp_path / "used").exists()
