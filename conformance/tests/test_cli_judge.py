"""`conformance judge`: files, folders and standard input, without a network and without pytest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import files
from conformance.cli import main
from conformance.contract.scenarios import BY_ID
from conformance.mock.server import Mock
from conformance.model import Transcript
from conformance.run import inputs
from conformance.targets.http import HttpTarget
from conformance.targets.settings import Settings
from conformance.tests.commands import CHECKOUT, conformance, environment
from conformance.wire.json_schema import own_validator

WIRE = CHECKOUT.parent / "shared" / "wire"


@pytest.fixture(scope="module")
def stream() -> bytes:
    """What the reference server streams after one submission."""
    with Mock() as mock:
        target = HttpTarget(Settings(mock.base_url), traits=frozenset({"scripted"}))
        transcript = target.exchange(BY_ID["stream-one-call"])
        target.close()
    streamed = next(e.response for e in transcript.exchanges if e.operation == "submit" and e.response)
    return b"".join(chunk.data for chunk in streamed.chunks)


def objects(out: str) -> list[dict[str, object]]:
    """What is said of each scenario or file; the last line, which sums up, is checked and left out."""
    *told, last = [json.loads(line) for line in out.splitlines()]
    own_validator("report", "line").validate(last)
    assert "summary" in last and not [each for each in told if "summary" in each]
    return told


def test_a_clean_stream_passes_and_a_spoilt_one_is_told(
    tmp_path: Path, stream: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    clean, spoilt = tmp_path / "clean.sse", tmp_path / "spoilt.sse"
    clean.write_bytes(stream)
    spoilt.write_bytes(stream.replace(b"event: done\ndata: [DONE]\n\n", b""))
    assert main(["judge", str(clean), "--format", "json"]) in (0, 2)
    (passed,) = objects(capsys.readouterr().out)
    assert passed["verdict"] == "pass"
    assert passed["judged"]
    assert main(["judge", str(tmp_path), "--format", "json"]) == 1
    good, bad = objects(capsys.readouterr().out)
    assert [good["file"], bad["file"]] == [str(clean), str(spoilt)]
    failed = [v["requirement"] for v in bad["verdicts"] if v["status"] == "fail"]  # type: ignore[attr-defined]
    assert "done.present" in failed


def test_standard_input_is_a_recording_too(stream: bytes) -> None:
    done = conformance("judge", "-", "--format", "json", stdin=stream)
    (subject,) = objects(done.stdout)
    assert (subject["file"], subject["verdict"]) == ("-", "pass")


def test_the_formats_that_are_known_are_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text("hello")
    assert main(["judge", str(tmp_path)]) == 4
    said = capsys.readouterr().err
    assert said.count("not a recording of a known format") == 3
    assert said.count("Known are: ") == 1
    assert main(["record", f"--out={tmp_path / 'out'}", "--from", str(tmp_path)]) == 4
    assert capsys.readouterr().err.count("Known are: ") == 1


@pytest.mark.parametrize("content", [b"", b"<html>busy</html>", b"\x00\xff" * 100])
def test_a_raw_stream_is_judged_whatever_is_in_it(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.sse").write_bytes(content)
    assert main(["judge", str(tmp_path / "x.sse"), "--format", "json"]) == 1
    (subject,) = objects(capsys.readouterr().out)
    assert subject["verdict"] == "fail"


def test_what_lies_beside_recordings_is_passed_over(
    tmp_path: Path, stream: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "x.sse").write_bytes(stream)
    for name in ("deep/x.request.json", "README.md", "SHA256SUMS", "manifest.json", ".hidden"):
        (tmp_path / name).write_text('{"tool_outputs": []}')
    main(["judge", str(tmp_path), "--format", "json"])
    assert [subject["file"] for subject in objects(capsys.readouterr().out)] == [str(tmp_path / "deep" / "x.sse")]


def test_a_request_that_lies_beside_a_stream_makes_it_a_submission(
    tmp_path: Path, stream: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.sse").write_bytes(stream)
    main(["judge", str(tmp_path / "x.sse"), "--format", "json"])
    (alone,) = objects(capsys.readouterr().out)
    (tmp_path / "x.request.json").write_text(
        '{"tool_outputs": [{"tool_call_id": "call_9", "output": "x"}], "stream": true}'
    )
    main(["judge", str(tmp_path / "x.sse"), "--format", "json"])
    (known,) = objects(capsys.readouterr().out)
    assert known["planned"] > alone["planned"]  # type: ignore[operator]


def test_the_operation_can_be_said(tmp_path: Path, stream: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.sse").write_bytes(stream)
    judged = {}
    for operation in ("auto", "submit", "create-run"):
        main(["judge", str(tmp_path / "x.sse"), "--format", "json", "--operation", operation])
        (subject,) = objects(capsys.readouterr().out)
        judged[operation] = {verdict["requirement"] for verdict in subject["verdicts"]}  # type: ignore[attr-defined]
    assert judged["auto"] == judged["submit"] != judged["create-run"]
    assert "events.create-only" in judged["submit"] - judged["create-run"]


UNREADABLE = {
    "missing.sse": None,
    "picture.json": b"\x89PNG\r\n\x1a\n",
    "cut.jsonl": b'{"cassette":1,"scen',
    "words.txt": b"once upon a time",
    "half a host.json": b'{"Entries":[{"RequestUri":"http://[bad","RequestMethod":"POST","StatusCode":200}]}',
    "n" * 240 + ".sse": None,
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_told_and_the_rest_is_judged(
    tmp_path: Path, stream: bytes, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    content = UNREADABLE[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    (tmp_path / "good.sse").write_bytes(stream)
    words = ["judge", str(tmp_path / name), str(tmp_path / "good.sse")]
    assert main([*words, "--format", "json"]) == 4
    said = capsys.readouterr()
    bad, good = objects(said.out)
    assert (bad["verdict"], bad["planned"], good["verdict"]) == ("error", 0, "pass")
    assert bad["reason"]
    assert said.err.startswith("conformance: ")
    assert "Traceback" not in said.err
    assert main(words) == 4
    assert name in capsys.readouterr().out


def test_what_could_not_be_judged_is_in_the_headline_and_in_the_exit_code(
    tmp_path: Path, stream: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    for name in ("a.sse", "b.sse"):
        (folder / name).write_bytes(stream)
    code = main(["judge", str(folder)])
    word = capsys.readouterr().out.split()[0]
    assert (code, word) in {(0, "PASS"), (2, "INCOMPLETE")}
    (folder / "other.json").write_text('{"Entries": []}')
    assert main(["judge", str(folder)]) == code
    assert capsys.readouterr().out.startswith(f"{word}  2 of 3 recordings (1 not judged)  ")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00")
    assert main(["judge", str(folder), "--out", str(tmp_path / "out")]) == 4
    headline = "UNREADABLE  2 of 4 recordings (1 not judged, 1 could not be read)  "
    assert capsys.readouterr().out.startswith(headline)
    kept = json.loads((tmp_path / "out" / "report.json").read_text())
    assert (kept["verdict"], kept["exit_code"]) == ("UNREADABLE", 4)
    main(["report", str(tmp_path / "out" / "report.json")])
    assert capsys.readouterr().out.startswith(headline)
    assert main(["judge", str(folder / "other.json")]) == 5
    assert capsys.readouterr().out.startswith("NOTHING JUDGED  1 recording  ")


@pytest.mark.parametrize(
    "content", [b"", b"hello", b'{"object": "thread.run"}', b"<html>busy</html>", b"\xff\xfeh\x00"]
)
def test_what_no_reader_knows_on_standard_input_is_no_finding(content: bytes) -> None:
    done = conformance("judge", "-", stdin=content)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("conformance: standard input: this is not a recording of a known format: it ")
    assert "FAIL" not in done.stderr


@pytest.mark.parametrize("name", ["x.txt", "x.sse"])
def test_a_request_beside_any_readable_recording_is_used(
    tmp_path: Path, stream: bytes, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    for content in (stream, head + stream):
        (tmp_path / name).write_bytes(content)
        (tmp_path / "x.request.json").unlink(missing_ok=True)
        main(["judge", str(tmp_path / name), "--format", "json"])
        (alone,) = objects(capsys.readouterr().out)
        (tmp_path / "x.request.json").write_text(
            '{"tool_outputs": [{"tool_call_id": "c", "output": "x"}], "stream": true}'
        )
        main(["judge", str(tmp_path / name), "--format", "json"])
        (known,) = objects(capsys.readouterr().out)
        assert known["planned"] > alone["planned"]  # type: ignore[operator]


def test_an_empty_folder_is_told_and_the_rest_is_judged(
    tmp_path: Path, stream: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    good, empty = tmp_path / "good.sse", tmp_path / "empty"
    good.write_bytes(stream)
    empty.mkdir()
    assert main(["judge", str(good), str(empty), str(good), "--format", "json"]) == 4
    said = capsys.readouterr()
    assert "no recording" in said.err
    assert [subject["verdict"] for subject in objects(said.out)] == ["pass", "error", "pass"]
    assert main(["judge", str(empty)]) == 4


def test_a_slip_on_one_file_is_ours_and_the_rest_is_judged(
    tmp_path: Path, stream: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumbling(name: str) -> tuple[Transcript, ...]:
        if name.endswith("bad.sse"):
            raise ZeroDivisionError
        return read(name)

    read = inputs.read
    monkeypatch.setattr(inputs, "read", stumbling)
    folder = tmp_path / "recordings"
    folder.mkdir()
    for name in ("bad.sse", "good.sse"):
        (folder / name).write_bytes(stream)
    words = ["judge", "--out", str(tmp_path / "out"), str(folder)]
    assert main([*words, str(tmp_path / "missing")]) == 4
    said = capsys.readouterr()
    assert f"internal error (please report it): {folder / 'bad.sse'}: ZeroDivisionError" in said.err
    assert "CONFORMANCE_DEBUG=1" in said.err
    kept = json.loads((tmp_path / "out/report.json").read_text())["subjects"]
    assert [subject["verdict"] for subject in kept] == ["error", "pass", "error"]
    assert main(words) == 3
    assert capsys.readouterr().out.startswith("ERROR  1 of 2 recordings (1 met an error of ours)")
    monkeypatch.setenv("CONFORMANCE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(words)


def test_a_device_is_no_recording(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["judge", "/dev/zero"]) == 4
    assert "neither a file nor a pipe" in capsys.readouterr().err


def test_standard_input_that_never_ends_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(files, "RECORDING", files.Bound(2**20, "nobody waits longer"))
    with Path("/dev/zero").open(encoding="utf-8") as endless:
        monkeypatch.setattr(sys, "stdin", endless)
        assert main(["judge", "-"]) == 4
    assert "standard input: this does not end within 1 MiB" in capsys.readouterr().err


def test_only_the_selected_cells_are_told(tmp_path: Path, stream: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.sse").write_bytes(stream)
    assert main(["judge", str(tmp_path / "x.sse"), "-k", "done.last or done.once", "--format", "json"]) == 0
    (subject,) = objects(capsys.readouterr().out)
    assert [verdict["requirement"] for verdict in subject["verdicts"]] == ["done.once", "done.last"]  # type: ignore[attr-defined]
    assert main(["judge", str(tmp_path / "x.sse"), "-k", "nothing-like-it"]) == 5
    said = capsys.readouterr().out
    assert "-k selects nothing of what is judged here" in said
    assert "nothing to judge" not in said


def test_strict_fails_what_warns(tmp_path: Path, stream: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.sse").write_bytes(stream.replace(b'"usage":{', b'"usage":null,"spent":{'))
    words = ["judge", str(tmp_path / "x.sse"), "-k", "events.usage"]
    assert main(words) == 0
    assert "WARN  events.usage" in capsys.readouterr().out
    assert main([*words, "--strict"]) == 1
    assert "FAIL  events.usage" in capsys.readouterr().out


def test_the_report_is_kept_where_it_is_wanted(tmp_path: Path, stream: bytes) -> None:
    (tmp_path / "x.sse").write_bytes(stream)
    main(["judge", str(tmp_path / "x.sse"), "--out", str(tmp_path / "out"), "--format", "json"])
    document = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [subject["file"] for subject in document["subjects"]] == [str(tmp_path / "x.sse")]


def test_judging_loads_neither_pytest_nor_a_network(tmp_path: Path, stream: bytes) -> None:
    (tmp_path / "x.sse").write_bytes(stream)
    code = (
        "import sys; from conformance.cli import main; main(['judge', sys.argv[1]]); "
        "print([m for m in ('pytest', 'httpx', 'httpcore', 'asyncio', 'yaml', 'jsonschema') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "x.sse")],
        env=environment(), cwd=CHECKOUT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.skipif(not WIRE.is_dir(), reason="the real recordings are not beside this checkout")
def test_real_traffic_is_not_accused(capsys: pytest.CaptureFixture[str]) -> None:
    main(["judge", str(WIRE), "--format", "json"])
    subjects = objects(capsys.readouterr().out)
    assert len(subjects) >= 8
    assert [s["file"] for s in subjects if s["verdict"] != "pass"] == []


def test_an_answer_that_an_archive_does_not_hold_is_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = {"method": "POST", "url": "https://api.example.com/v1/threads/t/runs/r/submit_tool_outputs", "headers": []}
    content = {"size": 831, "mimeType": "text/event-stream"}
    entry = {"request": asked, "response": {"status": 200, "headers": [], "content": content}}
    (tmp_path / "x.har").write_text(json.dumps({"log": {"entries": [entry]}}), encoding="utf-8")
    assert main(["judge", str(tmp_path / "x.har"), "--format", "json"]) == 5
    told = objects(capsys.readouterr().out)
    assert told[0]["verdict"] == "error"
    assert told[0]["reason"] == "exchange 0 is not judged: the recording does not hold the body of its answer"
