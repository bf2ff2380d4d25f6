"""`conformance export`: what is written is what the schema says, the same each time, and what another decoder reads."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.errors import UsageError
from conformance.model import Ended
from conformance.proof.faults import FAULTS
from conformance.run import exporting
from conformance.run.exporting import Case, cases, export
from conformance.tests.checks.miniatures import DONE, USUAL, body, run
from conformance.tests.commands import PATIENCE
from conformance.verdict.right_client import ERRORS, Outcome, outcome
from conformance.wire.json_schema import mismatch, own_validator
from conformance.wire.sse import Decoder, encode

READER = Path(__file__).with_name("export_reader.mjs")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "here"
    assert main(["export", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def index(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return document


def test_everything_fits_the_schema_that_lies_beside_it(folder: Path, index: dict[str, Any]) -> None:
    assert mismatch(own_validator("export"), index) is None
    assert json.loads((folder / index["schema"]).read_text(encoding="utf-8"))["title"] == "Export"
    assert "MIT License" in (folder / "LICENSE").read_text(encoding="utf-8")
    for case in index["cases"]:
        stream = (folder / case["stream"]).read_bytes()
        assert (len(stream), sha256(stream).hexdigest()) == (case["bytes"], case["sha256"])
        expected = json.loads((folder / case["expected"]).read_text(encoding="utf-8"))
        assert mismatch(own_validator("export", "expected"), expected) is None, case["id"]


def test_the_reference_passes_and_a_fault_fails_what_it_breaks(index: dict[str, Any]) -> None:
    for case in index["cases"]:
        if "fault" not in case:
            assert (case["verdict"], case["failed"], case["warned"]) == ("pass", [], [])
        else:
            assert {*case["failed"], *case["warned"]} <= FAULTS[case["fault"]].breaks, case["id"]
    broken = {requirement for case in index["cases"] for requirement in (*case["failed"], *case["warned"])}
    assert {"done.present", "framing.event-name", "order.terminal-present", "content.message-text"} <= broken


def test_the_same_is_written_each_time(folder: Path, index: dict[str, Any]) -> None:
    found = {case.name: b"".join(chunk.data for chunk in case.response.chunks) for case in cases()}
    assert found == {case["id"]: (folder / case["stream"]).read_bytes() for case in index["cases"]}


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine")
def test_node_reads_the_same_events_however_the_bytes_are_cut(folder: Path, index: dict[str, Any]) -> None:
    done = subprocess.run(
        ["node", str(READER), str(folder)], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    count = len(index["cases"])
    assert done.stdout.splitlines()[0].startswith(f"{count} streams, "), done.stdout
    assert int(done.stdout.split()[2]) >= 4 * count


def test_an_export_is_replaced_and_nothing_else_is(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    assert main(["export", str(tmp_path)]) == 4
    assert (tmp_path / "mine.txt").exists()
    assert main(["export", str(tmp_path / "mine.txt")]) == 4


def test_an_export_that_was_killed_is_replaced_and_what_its_owner_put_beside_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = islice(cases(), 1)

    def killed() -> Iterator[Case]:
        yield first
        raise SystemExit

    monkeypatch.setattr(exporting, "cases", killed)
    with pytest.raises(SystemExit):
        export(tmp_path)
    assert json.loads((tmp_path / "index.json").read_text())["cases"] == []
    streams = tmp_path / "streams"
    (streams / "mine.sse").write_text("mine")
    (streams / "fault--gone.sse").write_text("of an older version")
    (tmp_path / ".conformance-0123456789abcdef.part").write_text("half")
    monkeypatch.setattr(exporting, "cases", lambda: iter([first]))
    assert export(tmp_path)["streams"] == 1
    assert {path.name for path in streams.iterdir()} == {"mine.sse", f"{first.name}.sse"}
    assert {path.name for path in tmp_path.iterdir()} == {
        *("index.json", "export.schema.json", "LICENSE", "streams", "expected")
    }


def test_no_link_takes_an_export_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    here = tmp_path / "here"
    here.mkdir()
    (here / "index.json").write_text('{\n "export": 1}')
    (here / "streams").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="is a link"):
        export(here)
    assert not list((tmp_path / "elsewhere").iterdir())


def end_of(*blocks: Any, ended: Ended = Ended.COMPLETE) -> Outcome:
    return outcome(Decoder().events(body(blocks)), ended)


QUEUED = run("queued", started_at=None)


@pytest.mark.parametrize(
    ("found", "status", "error"),
    [
        (end_of(*USUAL), "completed", None),
        (end_of(*USUAL, ended=Ended.RESET), "completed", None),
        (end_of(*USUAL[:-1], ended=Ended.RESET), "completed", "not-ended"),
        (end_of(QUEUED, DONE), "queued", "not-ended"),
        (end_of(), None, "not-ended"),
        (end_of(QUEUED, ("error", {"message": "x"})), "queued", "error-event"),
        (end_of(encode("thread.run.queued", b"{")), None, "unreadable"),
        (end_of(encode("thread.run.queued", b"[]")), None, "unreadable"),
        (end_of(encode("thread.run.noted", b"{"), *USUAL), "completed", None),
        (end_of(run("failed")), "failed", "unsuccessful"),
        (end_of(run("requires_action")), "requires_action", None),
        (end_of(run("completed"), DONE, run("failed")), "completed", None),
    ],
)
def test_what_a_right_client_ends_with(found: Outcome, status: str | None, error: str | None) -> None:
    assert (found.status, found.error) == (status, error)
    assert error is None or error in ERRORS


def test_texts_are_joined_by_message_and_place() -> None:
    def delta(message_id: str, index: int, value: str) -> bytes:
        part = {"index": index, "type": "text", "text": {"value": value}}
        return encode("thread.message.delta", json.dumps({"id": message_id, "delta": {"content": [part]}}).encode())

    pieces = [delta("a", 1, "!"), delta("a", 0, "x"), delta("b", 0, "other"), delta("a", 0, "y")]
    assert end_of(*pieces).texts == ("xy!", "other")
