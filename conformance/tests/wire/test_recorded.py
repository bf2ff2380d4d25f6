"""Real programs get the verdicts that they got when they were recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.model import Operation
from conformance.tests.wire import recorded
from conformance.walk.http_response import is_event_stream
from conformance.wire import cassette
from conformance.wire.redact import leaks, redact

FOLDERS = recorded.implementations()


def transcripts(folder: Path):
    for path in sorted(folder.glob("*.jsonl")):
        yield cassette.read(path.read_text(encoding="utf-8").splitlines(), path.name)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_program_gets_the_verdicts_it_got(folder: Path) -> None:
    manifest = recorded.manifest(folder)
    assert manifest["verdicts"] == recorded.verdicts(folder)
    assert all(manifest[member] for member in ("implementation", "version", "license", "from", "started", "recorded"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_nothing_of_anybody_is_in_them(folder: Path) -> None:
    for transcript in transcripts(folder):
        assert leaks(transcript) == ()
        assert redact(transcript).exchanges == transcript.exchanges


def test_there_are_streams_and_submissions_of_several_programs() -> None:
    assert len(FOLDERS) >= 4
    exchanges = [(folder.name, e) for folder in FOLDERS for each in transcripts(folder) for e in each.exchanges]
    assert {name for name, e in exchanges if e.response and is_event_stream(e.response)} == {"fakeai", "llamphouse"}
    assert {name for name, e in exchanges if e.operation is Operation.SUBMIT} == {folder.name for folder in FOLDERS}
