"""`conformance prove`: every fault dies by the requirements it breaks and by no other, and nothing legal is accused."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from time import monotonic
from typing import TYPE_CHECKING

from conformance.commands import verdicts
from conformance.contract.client_scenarios import CLIENT_SCENARIOS
from conformance.contract.scenarios import SCENARIOS

if TYPE_CHECKING:
    from conformance.model import Transcript
    from conformance.proof.faults import Fault
    from conformance.proof.matrix import Matrix, Trial

#: Legal exchanges that are drawn and judged, in a plain proof and in a full one: about 6 ms each.
VARIATIONS, VARIATIONS_IN_FULL = 300, 10_000

#: What they are drawn from unless another seed is given.
SEED = "legal"

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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how thorough it is to be, and what is printed."""
    parser.add_argument("--full", action="store_true", help="play wire faults over sockets too, and every scenario")
    parser.add_argument("--seed", default=SEED, help=f"what legal variations are drawn from (default: {SEED})")
    parser.add_argument(
        "--format", choices=("text", "json", "markdown", "html"), default="text", help="what is printed"
    )


def run(arguments: argparse.Namespace) -> int:
    """Prove and print the matrix; 0 where the proof holds, else 1."""
    from conformance.report import matrix_page, matrix_picture  # noqa: PLC0415 - these load the client and the judge: only when asked

    began = monotonic()
    clean = record()
    trials = tuple(_heard(prove(clean, full=arguments.full)))
    matrix = matrix_of(trials, clean)
    clients = matrix_of_clients(full=arguments.full)
    count = VARIATIONS_IN_FULL if arguments.full else VARIATIONS
    accused = tuple(vary(count, arguments.seed))
    printed = {
        "text": lambda: matrix_page.summary(
            matrix, clients, _variations(count, arguments.seed, accused), monotonic() - began
        ),
        "json": lambda: matrix_page.as_json(matrix, clients),
        "markdown": lambda: matrix_page.page(matrix, trials, clients),
        "html": lambda: matrix_picture.document(matrix, trials, clients),
    }
    verdicts.write(printed[arguments.format]())
    return 0 if matrix.holds and clients.holds and not accused else 1


def vary(count: int, seed: str) -> Iterator[str]:
    """Judge legal exchanges; returns what was said of the accused, and how each is drawn again."""
    from conformance.proof.variations import accused, variations  # noqa: PLC0415
    from conformance.run.chance import Seeded  # noqa: PLC0415 - only where it is used

    for accusation in accused(variations(count, lambda number: Seeded(f"{seed}/{number}"))):
        yield accusation.told(seed)


def _variations(count: int, seed: str, accused: Sequence[str]) -> tuple[str, ...]:
    """The variations in a few lines: how many passed, drawn from what, and every accusation."""
    return (f"{count - len(accused)} of {count} legal variations passed (seed {seed})", *accused)


def record() -> tuple[Transcript, ...]:
    """The transcripts of every scenario against the clean mock, on a real socket."""
    return tuple(_exchanged(None, {scenario.id for scenario in SCENARIOS}))


def prove(clean: tuple[Transcript, ...], *, full: bool = False) -> Iterator[Trial]:
    """Try every fault: those of the wire on the transcripts of the clean mock, stateful ones on a socket.

    `full`: wire faults on a socket too, in some of the scenarios that they touch, and stateful ones in every scenario.
    """
    from conformance.proof.faults import FAULTS  # noqa: PLC0415 - only where it is used
    from conformance.proof.matrix import tried  # noqa: PLC0415

    for fault in FAULTS.values():
        if fault.tell is None:
            yield played(fault, {scenario.id for scenario in SCENARIOS} if full else {*SMOKE, *fault.scenarios})
            continue
        trial = tried(fault, clean)
        yield trial
        if full and trial.touched:
            yield played(fault, _telling(trial))


def played(fault: Fault, scenarios: set[str]) -> Trial:
    """The trial of a fault by a mock that has it, in these scenarios."""
    from conformance.proof.matrix import told  # noqa: PLC0415 - the judge, only where it is used
    from conformance.verdict.judge import judge  # noqa: PLC0415

    return told(fault, [judge(transcript) for transcript in _exchanged(fault.name, scenarios)])


def _telling(trial: Trial) -> set[str]:
    """Scenarios that show all there is to see of a wire fault: the first for each requirement, and a few more."""
    first = {sighting.requirement: sighting.scenario for sighting in reversed(trial.sightings)}
    return {*first.values(), *trial.touched[:_MORE]}


def matrix_of(trials: Iterable[Trial], clean: tuple[Transcript, ...]) -> Matrix:
    """The matrix of all trials."""
    from conformance.proof.matrix import Matrix, rows, void  # noqa: PLC0415 - only where it is used

    kept = tuple(trials)
    faults = tuple(dict.fromkeys(trial.fault for trial in kept))
    found = tuple(dict.fromkeys(row for trial in kept for row in rows(trial)))
    return Matrix(faults, found, void(clean))


def matrix_of_clients(*, full: bool = False) -> Matrix:
    """The matrix of the bundled client's habits, each played against the mock.

    `full`: in every scenario, else in those that show it and a few more. The right client is the control.
    """
    from conformance.model import Role  # noqa: PLC0415 - only where it is used
    from conformance.proof.faults import HABITS  # noqa: PLC0415
    from conformance.proof.matrix import Matrix, accused, rows, told  # noqa: PLC0415
    from conformance.verdict.judge import judge  # noqa: PLC0415

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
    from conformance.targets.bundled import Bundled  # noqa: PLC0415 - the client, only where it is used
    from conformance.targets.client import ClientTarget  # noqa: PLC0415

    target = ClientTarget(Bundled(habit))
    return tuple(target.exchange(scenario) for scenario in CLIENT_SCENARIOS if scenario.id in wanted)


def _exchanged(fault: str | None, wanted: set[str]) -> Iterator[Transcript]:
    from conformance.run.plan import plan  # noqa: PLC0415 - the client, only where it is used
    from conformance.targets.builtin import BuiltIn  # noqa: PLC0415

    with closing(BuiltIn(timeout=_PATIENCE, fault=fault)) as target:
        for scenario in plan(target).scenarios:
            if scenario.id in wanted:
                yield target.exchange(scenario)


def _heard(trials: Iterator[Trial]) -> Iterator[Trial]:
    """Pass trials on, saying on a terminal how far it is."""
    live = sys.stderr.isatty()
    for number, trial in enumerate(trials, 1):
        if live:
            print(f"\r\x1b[K{number}  {trial.fault.name}", end="", file=sys.stderr, flush=True)
        yield trial
    if live:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
