"""Judging recordings: beside the least that must be done, beside the obvious build, and as they grow."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import orjson
from httpx_sse import EventSource
from jsonschema import Draft202012Validator

from conformance.contract.data import schema_text
from conformance.model import Status
from conformance.tests.bench.decoder import doubled
from conformance.tests.bench.measured import Measured, cpu, medians
from conformance.tests.bench.streams import Recorded, deltas, large
from conformance.verdict.judge import judge
from conformance.wire.sse import Decoder

#: The size of the recording whose memory is measured.
MEMORY_BYTES = 100_000_000


def judged(recorded: Recorded) -> Callable[[], object]:
    """Judge a recording by the one path that everybody gets; it must pass, or the time says nothing."""
    transcript = recorded.transcript()

    def work() -> None:
        verdicts = judge(transcript).verdicts
        accused = [verdict for verdict in verdicts if verdict.status in (Status.FAIL, Status.WARN, Status.ERROR)]
        if accused or not verdicts:
            raise AssertionError(f"the measured stream should pass: {accused[:3]}")

    return work


def floor(recorded: Recorded) -> Callable[[], object]:
    """The least that any judge does: decode the stream and parse its events."""

    def work() -> None:
        decoder = Decoder()
        for piece in recorded.pieces:
            for event in decoder.feed(piece):
                if event.name != "done":
                    orjson.loads(event.data)
        decoder.close()

    return work


def obvious(recorded: Recorded) -> Callable[[], object]:
    """The build that comes to mind first: httpx-sse, json, and jsonschema on OpenAI's schema of a stream event.

    Its validator is built once. A build that knows which schema belongs to which name, as ours does, is kinder to
    jsonschema: about 30 times our time on usual events, 4 times on events of 100 KB.
    """

    def work() -> None:
        response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=iter(recorded.pieces))
        for event in EventSource(response).iter_sse():
            data = event.data if event.event == "done" else json.loads(event.data)
            _validator().is_valid({"event": event.event, "data": data})

    return work


@cache
def _validator() -> Any:
    components = json.loads(schema_text("openapi.json"))["components"]
    return Draft202012Validator({"$ref": "#/components/schemas/AssistantStreamEvent", "components": components})


def usual_floor() -> Measured:
    return _beside_floor("judge / floor, usual events", deltas(20_000))


def large_floor() -> Measured:
    return _beside_floor("judge / floor, 100 KB events", large(100))


def _beside_floor(name: str, recorded: Recorded) -> Measured:
    ours, least = medians(cpu(judged(recorded)), cpu(floor(recorded)))
    per_event = [f"{seconds / recorded.events * 1e6:.2f}" for seconds in (ours, least)]
    return Measured(name, ours / least, 2.5, f"{' / '.join(per_event)} µs an event")


def usual_obvious() -> Measured:
    return _beside_obvious("obvious build / judge, usual events", deltas(20_000), deltas(200))


def large_obvious() -> Measured:
    return _beside_obvious("obvious build / judge, 100 KB events", large(100), large(20))


def _beside_obvious(name: str, recorded: Recorded, few: Recorded) -> Measured:
    """The obvious build is so slow that it gets fewer events; what is compared is the time an event takes."""
    ours, theirs = medians(cpu(judged(recorded)), cpu(obvious(few)), times=3)
    ours, theirs = ours / recorded.events * 1e6, theirs / few.events * 1e6
    return Measured(name, theirs / ours, 50.0, f"{theirs:.0f} / {ours:.1f} µs an event", at_least=True)


def a_million_events() -> Measured:
    recordings = [deltas(count) for count in (250_000, 500_000, 1_000_000)]
    return doubled("judge: growth to 1,000,000 events", [cpu(judged(recorded)) for recorded in recordings])


def memory_of_usual_events() -> Measured:
    recorded = deltas(MEMORY_BYTES * 1_000 // len(deltas(1_000).body))
    return _memory("judge: peak memory / recording, usual events", recorded)


def memory_of_large_events() -> Measured:
    recorded = large(MEMORY_BYTES * 10 // len(large(10).body))
    return _memory("judge: peak memory / recording, 100 KB events", recorded)


def _memory(name: str, recorded: Recorded) -> Measured:
    """What `conformance judge` needs for a recording beyond what it needs for a small one."""
    with TemporaryDirectory() as folder:
        peaks = [_peak(Path(folder, f"{of.events}.sse"), of) for of in (recorded, deltas(100))]
    size = len(recorded.body)
    basis = f"{(peaks[0] - peaks[1]) / 1e6:.0f} MB for {size / 1e6:.0f} MB"
    return Measured(name, (peaks[0] - peaks[1]) / size, 2.0, basis)


def _peak(file: Path, recorded: Recorded) -> int:
    file.write_bytes(recorded.body)
    file.with_suffix(".request.json").write_bytes(recorded.request)
    command = [sys.executable, "-m", "conformance", "judge", str(file)]
    told = subprocess.run(
        [sys.executable, "-m", "conformance.tests.bench.peak", *command], check=True, capture_output=True, text=True
    )
    return int(told.stdout)


MEASUREMENTS = (
    usual_floor,
    large_floor,
    usual_obvious,
    large_obvious,
    a_million_events,
    memory_of_usual_events,
    memory_of_large_events,
)
