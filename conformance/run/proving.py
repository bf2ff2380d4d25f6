"""The proof, played: the reference with every fault, the bundled client with every habit, legal variations drawn."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from conformance.contract.client_scenarios import CLIENT_SCENARIOS
from conformance.contract.scenarios import SCENARIOS
from conformance.mock.habits import HABITS
from conformance.model import Role, Transcript
from conformance.proof import variations
from conformance.proof.faults import FAULTS, Fault
from conformance.proof.matrix import Matrix, Trial, accused, rows, told, tried, void
from conformance.run.chance import Seeded
from conformance.run.plan import plan
from conformance.targets.builtin import BuiltIn
from conformance.targets.bundled import Bundled
from conformance.targets.client import ClientTarget
from conformance.targets.in_process import InProcess
from conformance.targets.server import ServerTarget
from conformance.verdict.judge import judge

#: Played with every stateful fault besides the scenarios that show it: what it must not touch shows here.
SMOKE = ("json-one-call", "json-three-calls", "stream-one-call", "stream-next-round")

#: Played with every bad habit of a client besides the scenarios that show it.
CLIENT_SMOKE = ("plain-one-call", "streamed-one-call")

#: Played with every legal habit: in each of these one of them shows.
CLIENT_LEGAL = (
    *("plain-one-call", "plain-three-calls", "plain-second-round", "plain-fault-before", "plain-answer-lost"),
    *("plain-refused-calls", "streamed-three-calls", "streamed-second-round", "streamed-fault-before"),
    *("streamed-error-bare", "streamed-reset-within-event", "streamed-no-done", "streamed-json"),
)

#: Habits that are played at a time: some wait for a retry, some for a connection to be closed.
_JOBS = 8

#: Seconds for one exchange: longer than any fault makes wait that ends by itself, and than the time to close a body.
_PATIENCE = 10.0

#: Scenarios in which a wire fault is played over a socket, besides the first for each requirement: some faults wait
#: for seconds in each.
_MORE = 3


def vary(count: int, seed: str) -> Iterator[str]:
    """Judge legal exchanges; returns what was said of the accused, and how each is drawn again."""
    for accusation in variations.accused(variations.variations(count, lambda number: Seeded(f"{seed}/{number}"))):
        yield accusation.told(seed)


def record() -> tuple[Transcript, ...]:
    """The transcripts of every scenario against the right reference, in process."""
    return tuple(_transcripts(InProcess(), {scenario.id for scenario in SCENARIOS}))


def prove(clean: tuple[Transcript, ...], *, full: bool = False) -> Iterator[Trial]:
    """Try every fault: those of the wire on the transcripts of the right reference, stateful ones in a wrong one.

    `full`: wire faults on a socket too, in some of the scenarios that they touch, and stateful ones in every scenario.
    """
    for fault in FAULTS.values():
        if fault.behaviour is not None:
            yield behaved(fault, {scenario.id for scenario in SCENARIOS} if full else {*SMOKE, *fault.scenarios})
            continue
        trial = tried(fault, clean)
        yield trial
        if full and trial.touched:
            yield told(fault, [judge(transcript) for transcript in exchanged(fault.name, _telling(trial))])


def behaved(fault: Fault, scenarios: set[str]) -> Trial:
    """The trial of a stateful fault by the reference that has it, in these scenarios, in process."""
    return told(fault, [judge(transcript) for transcript in _transcripts(InProcess(fault.behaviour), scenarios)])


def _telling(trial: Trial) -> set[str]:
    """Scenarios that show all there is to see of a wire fault: the first for each requirement, and a few more."""
    first = {sighting.requirement: sighting.scenario for sighting in reversed(trial.sightings)}
    return {*first.values(), *trial.touched[:_MORE]}


def matrix_of(trials: Iterable[Trial], clean: tuple[Transcript, ...]) -> Matrix:
    """The matrix of all trials."""
    kept = tuple(trials)
    faults = tuple(dict.fromkeys(trial.fault for trial in kept))
    found = tuple(dict.fromkeys(row for trial in kept for row in rows(trial)))
    return Matrix(faults, found, void(clean))


def matrix_of_clients(*, full: bool = False) -> Matrix:
    """The matrix of the bundled client's habits, each played against the mock.

    `full`: in every scenario, else in those that show it and a few more. The right client is the control.
    """
    every = tuple(scenario.id for scenario in CLIENT_SCENARIOS)

    def tried(habit: Fault) -> Trial:
        chosen = every if full else CLIENT_LEGAL if habit.equivalent else {*CLIENT_SMOKE, *habit.scenarios}
        return told(habit, [judge(transcript) for transcript in _acted(habit.name, chosen)])

    with ThreadPoolExecutor(_JOBS) as pool:
        right = pool.submit(_acted, "none", every)
        trials = tuple(pool.map(tried, HABITS.values()))
        void = accused(right.result(), "right client")
    return Matrix(tuple(HABITS.values()), tuple(row for trial in trials for row in rows(trial)), void, Role.CLIENT)


def _acted(habit: str, wanted: Collection[str]) -> tuple[Transcript, ...]:
    """The transcripts of the bundled client with a habit, in the order of the table of scenarios."""
    target = ClientTarget(Bundled(habit))
    return tuple(target.exchange(scenario) for scenario in CLIENT_SCENARIOS if scenario.id in wanted)


def exchanged(fault: str | None, wanted: set[str]) -> Iterator[Transcript]:
    """The transcripts of a mock with a fault, or of the clean one, on a real socket."""
    return _transcripts(BuiltIn(timeout=_PATIENCE, fault=fault), wanted)


def _transcripts(opened: ServerTarget, wanted: set[str]) -> Iterator[Transcript]:
    with closing(opened) as target:
        for scenario in plan(target).scenarios:
            if scenario.id in wanted:
                yield target.exchange(scenario)
