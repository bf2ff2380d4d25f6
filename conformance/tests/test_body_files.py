"""Bodies beside a recording: read from its folder and nowhere else, and no recordings of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance import files
from conformance.run import inputs

URL = "https://api.example.com/v1/threads/t/runs/r/submit_tool_outputs"
STREAM = b"event: done\ndata: [DONE]\n\n"


def har(name: str, sent: str = "") -> str:
    posted = {"_file": sent} if sent else {"text": "{}"}
    request = {"method": "POST", "url": URL, "headers": [], "postData": posted}
    content = {"mimeType": "text/event-stream", "_file": name}
    entry = {"request": request, "response": {"status": 200, "headers": [], "content": content}}
    return json.dumps({"log": {"creator": {"name": "Playwright"}, "entries": [entry]}})


def wiremock(name: str) -> str:
    request = {"method": "POST", "url": "/v1/threads/t/runs/r/submit_tool_outputs"}
    return json.dumps({"request": request, "response": {"status": 200, "bodyFileName": name}})


def written(folder: Path, contents: dict[str, str | bytes]) -> Path:
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def answered(path: Path) -> bytes | str | None:
    """The body of the only answer, or why there is none."""
    ((exchange,),) = [transcript.exchanges for transcript in inputs.read(str(path))]
    response = exchange.response
    return exchange.failure if response is None else b"".join(chunk.data for chunk in response.chunks)


@pytest.mark.parametrize(
    ("recording", "content", "body"),
    [
        ("a.har", har("0b.txt"), "0b.txt"),
        ("a.har", har("bodies/0b.txt"), "bodies/0b.txt"),
        ("mappings/a.json", wiremock("0b.txt"), "__files/0b.txt"),
        ("mappings/more/a.json", wiremock("more/0b.txt"), "__files/more/0b.txt"),
        ("mappings.json", json.dumps({"mappings": [json.loads(wiremock("b"))]}), "__files/b"),
    ],
)
def test_a_body_beside_its_recording_is_read_with_it(tmp_path: Path, recording: str, content: str, body: str) -> None:
    folder = written(tmp_path, {recording: content, body: STREAM, "other.sse": STREAM})
    assert answered(folder / recording) == STREAM
    assert sorted(inputs.names([str(folder)])) == sorted([str(folder / recording), str(folder / "other.sse")])


def test_what_was_sent_may_lie_beside_too(tmp_path: Path) -> None:
    folder = written(tmp_path, {"a.har": har("b.txt", sent="c.json"), "b.txt": STREAM, "c.json": '{"stream":true}'})
    ((exchange,),) = [transcript.exchanges for transcript in inputs.read(str(folder / "a.har"))]
    assert exchange.request.body == b'{"stream":true}'
    assert list(inputs.names([str(folder)])) == [str(folder / "a.har")]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("gone.txt", "which is not there"),
        ("x" * 5000, "which is not there"),
        ("folder", "which is not there"),
        ("link.txt", "behind a link"),
        ("linked/secret.txt", "behind a link"),
        ("../secret.txt", "out of the folder"),
        ("folder/../../secret.txt", "out of the folder"),
        ("/etc/hostname", "out of the folder"),
        ("./b.txt", "out of the folder"),
        (".hidden", "out of the folder"),
        ("..\\secret.txt", "out of the folder"),
        ("C:secret.txt", "out of the folder"),
        ("b.txt\0", "out of the folder"),
        ("", "out of the folder"),
    ],
)
@pytest.mark.parametrize("form", ["HAR", "WireMock"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, form: str, name: str, why: str) -> None:
    own = tmp_path / "own"
    content, base = (har(name), own) if form == "HAR" else (wiremock(name), own / "__files")
    written(tmp_path, {"secret.txt": "s", "own/secret.txt": "s", "own/a.json": content})
    written(base, {".hidden": "s", "b.txt": "s", "folder/in.txt": "s"})
    (base / "link.txt").symlink_to("b.txt")
    (base / "linked").symlink_to("..")
    said = answered(own / "a.json")
    assert isinstance(said, str) and why in said


def test_all_that_a_recording_names_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.loads(har("b.txt"))
    document["log"]["entries"] *= 3
    folder = written(tmp_path, {"a.har": json.dumps(document), "b.txt": b"b" * 1000})
    monkeypatch.setattr(files, "RECORDING", files.Bound(2500, "a test"))
    (transcript,) = inputs.read(str(folder / "a.har"))
    assert [exchange.response is None for exchange in transcript.exchanges] == [False, False, True]
    assert "too large" in str(transcript.exchanges[-1].failure)


def test_recordings_that_name_each_other_hide_none(tmp_path: Path) -> None:
    folder = written(tmp_path, {"a.har": har("b.har"), "b.har": har("a.har"), "c.har": har("c.har")})
    assert [Path(name).name for name in inputs.names([str(folder)])] == ["a.har", "b.har", "c.har"]
