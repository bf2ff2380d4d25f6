"""Whatever a server does, its judgement ends in time, says what was wrong, and harms nobody."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import JUDGED, Status
from conformance.report.folder import MANIFEST
from conformance.report.writers import REPRO, WRITERS
from conformance.tests.hostile.damages import byte_by_byte, moved
from conformance.tests.hostile.judged import judged
from conformance.tests.hostile.rows import NEVER, PLAIN, ROWS, STREAM, SUBMIT, Row
from conformance.tests.hostile.server import KEY, HostileServer

#: What a report is kept in, whatever came.
FORMS = {writer.file for writer in WRITERS.values()}


@pytest.fixture(autouse=True)
def traceless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working folder that stays as it was but for `out`; no thread and no socket is left behind."""
    monkeypatch.chdir(tmp_path)
    threads, sockets = set(threading.enumerate()), open_sockets()
    yield tmp_path
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    assert {path.name for path in (tmp_path / "out").iterdir()} - {REPRO, MANIFEST} == FORMS
    assert set(threading.enumerate()) <= threads
    assert open_sockets() <= sockets


def open_sockets() -> set[str]:
    """The sockets of this process, where the system shows them."""
    found = set()
    for entry in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):  # the listing's own is closed by now
            found.add(str(entry.readlink()))
    return {name for name in found if name.startswith("socket:")}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_hostile_server_is_told(row: Row, traceless: Path) -> None:
    with HostileServer(row.at, row.damage, after=row.after, prefix=row.prefix) as server:
        told = judged(server, (row.scenario,), traceless / "out")
        assert server.requests
    assert Status.ERROR not in told.statuses(), told.reasons()
    if row.told == "pass":
        assert (told.code, told.failed()) == (0, set())
    elif row.told in REQUIREMENTS:
        assert (told.code, row.told in told.failed()) == (1, True), told.failed()
    else:
        # 5 where nothing could be judged, else 2.
        code = 2 if told.statuses() & JUDGED else 5
        assert (told.code, row.told in told.reasons()) == (code, True), told.reasons()
    for text in told.said:
        assert not steering(text)
        assert KEY not in text


def steering(text: str) -> list[str]:
    """Characters that would steer a terminal: C0 but for line ends, C1, and what turns text around."""
    return re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", text)


def test_a_redirect_to_another_host_is_told_and_not_followed(traceless: Path) -> None:
    with HostileServer(NEVER, byte_by_byte) as other, HostileServer(SUBMIT, moved(other.base_url + "/{key}")) as server:
        told = judged(server, (STREAM, PLAIN), traceless / "out")
    assert (told.code, told.failed()) == (1, {"request.path"})
    assert (other.connections, other.requests) == (0, [])
    assert KEY not in "".join(told.said)
