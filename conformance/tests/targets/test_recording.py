"""What is recorded can be read again, holds no key, and never replaces what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.contract.scenarios import BY_ID, SCENARIOS
from conformance.errors import UsageError
from conformance.targets.http import HttpTarget
from conformance.targets.recording import RecordingTarget
from conformance.targets.settings import Header, Settings
from conformance.tests.pace import limit
from conformance.tests.targets.servers import RawServer, SmallApi, answer, refuse
from conformance.wire.cassette import read

CANARY = "canary-0123456789-abcdef"


def test_a_cassette_is_the_transcript_without_its_secrets(tmp_path: Path) -> None:
    api = SmallApi()
    api.changes["POST", ".*/submit_tool_outputs"] = lambda path, body: answer(400, {"error": {"message": CANARY}})
    api.changes["POST", ".*/cancel"] = lambda path, body: refuse(404)
    with RawServer(api) as server:
        settings = Settings(
            server.base_url, api_key=f"sk-{CANARY}", headers=(Header("X-Team", CANARY, secret=True),), timeout=limit()
        )
        target = RecordingTarget(HttpTarget(settings), tmp_path / "new", SCENARIOS, secrets=settings.secrets)
        transcript = target.exchange(BY_ID["json-one-call"])
        untestable = target.exchange(BY_ID["cancelled-run"])
        target.close()
    assert [path.name for path in target.written] == ["json-one-call.jsonl"]
    assert untestable.untestable
    text = target.written[0].read_text(encoding="utf-8")
    assert CANARY not in text
    again = read(text.splitlines(keepends=True), "json-one-call.jsonl")
    assert len(again.exchanges) == len(transcript.exchanges) > 3
    assert [exchange.operation for exchange in again.exchanges] == [e.operation for e in transcript.exchanges]
    assert again.traits == transcript.traits
    assert list((tmp_path / "new").iterdir()) == target.written


def test_cassettes_that_are_there_are_replaced_only_when_told(tmp_path: Path) -> None:
    (tmp_path / "json-one-call.jsonl").write_text("mine", encoding="utf-8")
    with RawServer(SmallApi()) as server:
        inner = HttpTarget(Settings(server.base_url, timeout=limit()))
        with pytest.raises(UsageError, match="json-one-call"):
            RecordingTarget(inner, tmp_path, SCENARIOS)
        assert server.connections == 0
        target = RecordingTarget(inner, tmp_path, SCENARIOS, overwrite=True)
        target.exchange(BY_ID["json-one-call"])
        target.close()
    assert "mine" not in (tmp_path / "json-one-call.jsonl").read_text(encoding="utf-8")
