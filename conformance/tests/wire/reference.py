"""The reference cassettes: every situation of a server as the built-in mock plays it, the same bytes whenever made.

They are synthesized, and say so; nobody has recorded them. The real client plays each scenario over a real socket
and the real redaction keeps it; only what chance decides is put by a rule: times, the pieces of a body, the order of
what was sent at once. After a change, `python -m conformance.tests.wire.reference` writes `cassettes/reference/` and
`cassettes/SHA256SUMS` again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count, groupby
from pathlib import Path
from typing import NamedTuple

from conformance.contract.scenarios import SCENARIOS
from conformance.model import Chunk, Exchange, Role, Scenario, Transcript
from conformance.reference.clock import EPOCH
from conformance.targets.builtin_mock import BuiltIn
from conformance.targets.recording import RecordingTarget
from conformance.tests.wire.documented import CASSETTES, sums

FOLDER = CASSETTES / "reference"

#: What has a reference cassette.
PLAYED = tuple(scenario for scenario in SCENARIOS if scenario.role is Role.SERVER)

#: Where the mock's clock starts: the documents in the cassettes count their seconds from there.
RECORDED = datetime.fromtimestamp(EPOCH, UTC).isoformat(timespec="seconds")

#: Milliseconds from one request to the next: each moves the mock's clock on by a second, and 429 asks for that long.
STEP_MS = 1000

#: Without its version: a release alone changes no cassette.
PROGRAM = "submit-tool-outputs-conformance"

PROVENANCE = {
    "kind": "synthesized",
    "source": {"program": "the built-in mock of this suite, over a loopback socket"},
    "assumed": [
        "recorded when the mock's clock starts",
        "a second from each request to the next",
        "every event of an answer in a piece of its own, all at once",
        "of requests sent at once, the accepted one first",
    ],
}

#: A piece of a body: up to an empty line, which ends an event.
_PIECE = re.compile(rb".+?(?:\n\n|\Z)", re.DOTALL)

#: Mocks at once: most of the time of a scenario is spent waiting for the other side.
_AT_ONCE = 4


class Made(NamedTuple):
    """One scenario: what really went over the wire, the same put by the rule, and the file that was kept."""

    live: Transcript
    ruled: Transcript
    file: Path


def make(folder: Path) -> dict[str, Made]:
    """Write every reference cassette into a folder and return them by their scenario's id.

    Scenarios that share a run are played one after the other, all others against a mock of their own: a scenario that
    joins or goes changes no other cassette.
    """
    runs: dict[str, list[Scenario]] = {}
    for scenario in PLAYED:
        runs.setdefault(scenario.shares or scenario.id, []).append(scenario)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        made = dict(pair for pairs in pool.map(lambda run: _played(run, folder), runs.values()) for pair in pairs)
    return {scenario.id: made[scenario.id] for scenario in PLAYED if scenario.id in made}


def by_rule(live: Transcript) -> Transcript:
    """The transcript without anything that chance decided, and with the word that it was made."""
    exchanges = (
        _told(began_ms, exchange)
        for began_ms, moment in zip(count(0, STEP_MS), _moments(live.exchanges), strict=False)
        for exchange in moment
    )
    return replace(live, exchanges=tuple(exchanges), provenance={**live.provenance, **PROVENANCE})


def main() -> None:
    """Write the reference cassettes and the sums of all cassettes."""
    kept = {made.file for made in make(FOLDER).values()}
    for stale in set(FOLDER.iterdir()) - kept:
        stale.unlink()
    (CASSETTES / "SHA256SUMS").write_text(sums(CASSETTES), encoding="utf-8", newline="\n")


class _Ruled(BuiltIn):
    """The built-in mock as a target whose transcripts are put by the rule; the live ones are kept beside."""

    def __init__(self) -> None:
        super().__init__()
        self.live: dict[str, Transcript] = {}

    def exchange(self, scenario: Scenario) -> Transcript:
        self.live[scenario.id] = super().exchange(scenario)
        return by_rule(self.live[scenario.id])


def _played(run: Collection[Scenario], folder: Path) -> list[tuple[str, Made]]:
    target = _Ruled()
    recording = RecordingTarget(
        target, folder, run, secrets=target.secrets, overwrite=True, now=lambda: RECORDED, by=PROGRAM
    )
    try:
        ruled = {scenario.id: recording.exchange(scenario) for scenario in run}
    finally:
        leftovers = recording.close()
    assert leftovers == ()
    return [(file.stem, Made(target.live[file.stem], ruled[file.stem], file)) for file in recording.written]


def _moments(exchanges: Iterable[Exchange]) -> Iterator[list[Exchange]]:
    """What was sent at the same time, in the order of the statuses; everything else alone."""
    for at_once, group in groupby(exchanges, lambda exchange: "concurrent" in exchange.situation):
        if at_once:
            yield sorted(group, key=_status)
        else:
            yield from ([exchange] for exchange in group)


def _status(exchange: Exchange) -> int:
    return exchange.response.status if exchange.response else 0


def _told(began_ms: int, exchange: Exchange) -> Exchange:
    response = exchange.response
    if response is not None:
        body = b"".join(chunk.data for chunk in response.chunks)
        response = replace(response, chunks=tuple(Chunk(0, piece) for piece in _PIECE.findall(body)), ended_ms=0)
    return replace(exchange, began_ms=began_ms, response=response)


if __name__ == "__main__":
    main()
