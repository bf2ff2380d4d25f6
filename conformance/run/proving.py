"""The proof, played: the reference with every fault, the bundled client with every habit, legal variations drawn."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

from conformance.contract.client_scenarios import CLIENT_SCENARIOS
from conformance.contract.gateway_scenarios import GATEWAY_SCENARIOS
from conformance.contract.scenarios import BY_ID, SCENARIOS, requires
from conformance.mock.habits import HABITS
from conformance.model import Role, Transcript
from conformance.proof import variations
from conformance.proof.fault_matrix import FaultMatrix, Trial, accused, rows, trial_of, tried, void
from conformance.proof.faults import FAULTS, Fault
from conformance.relay.bundled import SocketGateway, in_process
from conformance.relay.habits import DECLARED, GATEWAY_HABITS
from conformance.run.chance import Seeded
from conformance.run.plan import plan
from conformance.run.selection import Selection
from conformance.targets.builtin_mock import BuiltIn
from conformance.targets.bundled_client import Bundled
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

#: Played with every habit of a gateway besides the scenarios that show it.
GATEWAY_SMOKE = ("relay-plain", "relay-streamed")

#: What holds of a gateway of which nothing is declared.
_GATEWAY_HAS = frozenset({"state", "key", "scripted"})

#: What the right client plays.
_EVERY = tuple(scenario.id for scenario in CLIENT_SCENARIOS)

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
        yield accusation.text(seed)


def record() -> tuple[Transcript, ...]:
    """The transcripts of every scenario against the right reference, in process."""
    return tuple(_transcripts(InProcess(), {scenario.id for scenario in SCENARIOS}))


def selected(faults: Mapping[str, Fault], wanted: Selection) -> tuple[Fault, ...]:
    """The faults, or habits, of which an expression selects a `fault:requirement` that they break."""
    return tuple(
        fault
        for fault in faults.values()
        if any(wanted(f"{fault.name}:{requirement}") for requirement in fault.breaks or ("",))
    )


def prove(
    clean: tuple[Transcript, ...], faults: Iterable[Fault] = tuple(FAULTS.values()), *, full: bool = False
) -> Iterator[Trial]:
    """Try faults: those of the wire on the transcripts of the right reference, stateful ones in a wrong one.

    `full`: wire faults on a socket too, in some of the scenarios that they touch, and stateful ones in every scenario.
    """
    for fault in faults:
        if fault.behaviour is not None:
            yield behaved(fault, {scenario.id for scenario in SCENARIOS} if full else {*SMOKE, *fault.scenarios})
            continue
        trial = tried(fault, clean)
        yield trial
        if full and trial.touched:
            yield trial_of(fault, [judge(transcript) for transcript in exchanged(fault.name, _telling(trial))])


def behaved(fault: Fault, scenarios: set[str]) -> Trial:
    """The trial of a stateful fault by the reference that has it, in these scenarios, in process."""
    return trial_of(fault, [judge(transcript) for transcript in _transcripts(InProcess(fault.behaviour), scenarios)])


def _telling(trial: Trial) -> set[str]:
    """Scenarios that show all there is to see of a wire fault: the first for each requirement, and a few more."""
    first = {sighting.requirement: sighting.scenario for sighting in reversed(trial.sightings)}
    return {*first.values(), *trial.touched[:_MORE]}


def matrix_of(trials: Iterable[Trial], clean: tuple[Transcript, ...]) -> FaultMatrix:
    """The matrix of all trials."""
    kept = tuple(trials)
    faults = tuple(dict.fromkeys(trial.fault for trial in kept))
    found = tuple(dict.fromkeys(row for trial in kept for row in rows(trial)))
    return FaultMatrix(faults, found, void(clean))


def matrix_of_clients(*, full: bool = False) -> FaultMatrix:
    """The matrix of all habits of the bundled client. The right client is the control.

    `full`: each in every scenario, else in those that show it and a few more.
    """
    with ThreadPoolExecutor(_JOBS) as pool:
        right = pool.submit(_acted, "none", _EVERY)
        trials = tuple(pool.map(partial(_habitual, full=full), HABITS.values()))
        void = accused(right.result(), "right client")
    return FaultMatrix(tuple(HABITS.values()), tuple(row for trial in trials for row in rows(trial)), void, Role.CLIENT)


def prove_clients(habits: Iterable[Fault], *, full: bool = False) -> Iterator[Trial]:
    """Try habits of the bundled client, each played against the mock, some at a time."""
    with ThreadPoolExecutor(_JOBS) as pool:
        yield from pool.map(partial(_habitual, full=full), habits)


def matrix_of_gateways(*, full: bool = False) -> FaultMatrix:
    """The matrix of all habits of the bundled gateway, in process. The right gateway is the control.

    `full`: on sockets too.
    """
    trials = tuple(prove_gateways(GATEWAY_HABITS.values(), full=full))
    found = tuple(dict.fromkeys(row for trial in trials for row in rows(trial)))
    right = (_passed("plainly", each.id) for each in GATEWAY_SCENARIOS if not requires(each) - _GATEWAY_HAS)
    return FaultMatrix(tuple(GATEWAY_HABITS.values()), found, accused(right, "right gateway"), Role.GATEWAY)


def prove_gateways(habits: Iterable[Fault], *, full: bool = False) -> Iterator[Trial]:
    """Try habits of the bundled gateway, each in process; `full`: on sockets too, in the scenarios that show it."""
    for habit in habits:
        wanted = dict.fromkeys((*habit.scenarios, *GATEWAY_SMOKE))
        yield trial_of(habit, [judge(_passed(habit.name, scenario)) for scenario in wanted])
        if full:
            yield trial_of(habit, [judge(_passed(habit.name, scenario, sockets=True)) for scenario in wanted])


def _passed(habit: str, scenario: str, *, sockets: bool = False) -> Transcript:
    """The transcript of the bundled gateway with a habit, of both its sides."""
    declared = DECLARED[habit]
    with closing(SocketGateway(declared) if sockets else in_process(declared)) as target:
        return target.exchange(BY_ID[scenario])


def _habitual(habit: Fault, *, full: bool) -> Trial:
    wanted = _EVERY if full else CLIENT_LEGAL if habit.equivalent else {*CLIENT_SMOKE, *habit.scenarios}
    return trial_of(habit, [judge(transcript) for transcript in _acted(habit.name, wanted)])


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
