"""What every reference cassette shows is shown by it in every format, save what the format does not keep."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.media import MEDIA, WHOLE
from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Chunk, Exchange, Status, Transcript
from conformance.tests.wire.foreign.writers import WRITERS, answered, body
from conformance.verdict.judge import judge
from conformance.wire import cassette
from conformance.wire.recordings import read

CASSETTES = Path(__file__).parents[3] / "cassettes" / "reference"

#: Medium -> what it does not keep of a request.
_WITHOUT: dict[str, dict[str, Any]] = {"curl -v": {"body": b""}, "WireMock": {"headers": ()}}


def stranger(path: Path, kind: str) -> Transcript:
    """A reference cassette as if a stranger had recorded it in a medium: nobody knows what only the sender knew."""
    return in_medium(cassette.read(path.read_text(encoding="utf-8").splitlines(), path.name), kind)


def in_medium(whole: Transcript, kind: str) -> Transcript:
    exchanges = tuple(_seen(each, kind) for each in answered(whole))
    return Transcript("x", exchanges, provenance={"kind": kind})


def _seen(exchange: Exchange, kind: str) -> Exchange:
    assert exchange.response is not None
    request = replace(exchange.request, **_WITHOUT.get(kind, {}))
    data = body(exchange)
    response = replace(exchange.response, chunks=(Chunk(0, data),) if data else (), ended_ms=0)
    return replace(exchange, request=request, response=response, situation=frozenset(), began_ms=0)


def statuses(transcript: Transcript) -> dict[str, Status]:
    return {verdict.requirement: verdict.status for verdict in judge(transcript).verdicts}


@pytest.mark.parametrize("path", sorted(CASSETTES.glob("*.jsonl")), ids=lambda path: path.stem)
def test_every_reference_cassette_comes_back_from_every_format(path: Path) -> None:
    """The same exchanges, or where a format does not keep all of one the same verdicts."""
    whole = cassette.read(path.read_text(encoding="utf-8").splitlines(), path.name)
    for form, (kind, write) in WRITERS.items():
        before = in_medium(whole, kind)
        (after,) = read(form, write(before), None)
        assert after.provenance == {"kind": kind}, form
        assert after.exchanges == before.exchanges or statuses(after) == statuses(before), form


@pytest.mark.parametrize("name", ["stream-three-calls", "json-three-calls", "unknown-id", "stream-error"])
def test_what_a_format_keeps_is_judged(name: str) -> None:
    """Nothing is left out but what needs a fact that the medium does not show."""
    path = CASSETTES / f"{name}.jsonl"
    ours = statuses(replace(stranger(path, "HAR"), provenance={"kind": "live"}))
    left_out = ours.keys() - statuses(stranger(path, "HAR")).keys()
    assert all(REQUIREMENTS[requirement].needs & (WHOLE - MEDIA["HAR"]) for requirement in left_out)


def test_every_document_that_is_read_has_a_row_of_the_table() -> None:
    assert {kind for kind, _ in WRITERS.values()} | {"mitmproxy", "pasted stream"} <= MEDIA.keys()


RECORDINGS = Path(__file__).parents[4] / "shared" / "recordings"


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the real recordings are not beside this checkout")
def test_real_recordings_of_every_format_are_accused_of_nothing() -> None:
    nothing = []
    for path in sorted(RECORDINGS.glob("*/*")):
        if path.suffix in (".json", ".har", ".yml", ".yaml") and not path.name.endswith(".request.json"):
            (transcript,) = read(path.name, path.read_bytes(), None)
            found = set(statuses(transcript).values())
            assert found <= {Status.PASS, Status.NOT_APPLICABLE}, path.name
            nothing += [] if found else [path.name]
    assert nothing == ["math_assistant.json"]
