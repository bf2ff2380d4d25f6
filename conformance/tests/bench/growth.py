"""What grows with its input, at hostile sizes: how much longer it takes for twice as much."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from conformance.model import Transcript
from conformance.reference.events import encode
from conformance.tests.bench.decoder import doubled
from conformance.tests.bench.measured import Measured, own_cpu
from conformance.tests.verdict.streams import HAPPY
from conformance.tests.verdict.test_fuzz_judge import FLOODS, flooded
from conformance.tests.verdict.test_outline import seen
from conformance.tests.wire import test_fuzz_decoders, test_strict_json
from conformance.tests.wire.test_redact import CANARY, REPEATED, hostile
from conformance.verdict.judge import judge
from conformance.wire.redact import redact
from conformance.wire.strict_json import NotJson, read, read_strict


class Growing(NamedTuple):
    """An input that grows with a number, the least number that is tried, and what is done with the input."""

    name: str
    least: int
    make: Callable[[int], Any]
    use: Callable[[Any], object]


def _read(data: bytes) -> None:
    for reader in (read, read_strict):
        with suppress(NotJson):
            reader(data)


def _redacted(subject: Transcript) -> None:
    redact(subject, [CANARY])


def _deltas(times: int) -> bytes:
    return encode(next(event for event in HAPPY if event.name == "thread.message.delta")) * times


GROWING = (
    *(
        Growing(f"JSON, {name}", 60_000, make, _read)
        for name, make in (test_strict_json.SHAPES | test_fuzz_decoders.GROWING).items()
    ),
    *(
        Growing(f"redaction, {repeated.decode()!r}", 100_000, partial(hostile, repeated), _redacted)
        for repeated in REPEATED
    ),
    *(Growing(f"judge, {name}", 400, partial(flooded, flood), judge) for name, flood in FLOODS.items()),
    Growing("outline of deltas", 10_000, _deltas, seen),
)

#: Twice as much may take this many times as long: linear is 2, quadratic 4. Milliseconds are measured, unevenly.
_LIMIT = 3.0


def measured(growing: Growing) -> Measured:
    """How much longer it takes for twice as much."""
    inputs = [growing.make(growing.least * times) for times in (1, 2, 4)]
    growing.use(inputs[0])
    return doubled(f"growth: {growing.name}", [own_cpu(partial(growing.use, each)) for each in inputs], limit=_LIMIT)


MEASUREMENTS: Sequence[Callable[[], Measured]] = tuple(partial(measured, growing) for growing in GROWING)
