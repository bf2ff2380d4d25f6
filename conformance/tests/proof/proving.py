"""The proof, played once for all tests of it: clean transcripts, every lie in them, and the trial of every fault."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from conformance.model import Subject, Transcript
from conformance.proof.fault_matrix import FaultMatrix, Trial, trial_of
from conformance.proof.faults import FAULTS, broken
from conformance.run.proving import SMOKE, behaved, matrix_of, matrix_of_clients, matrix_of_gateways, record
from conformance.verdict.judge import judge


class Told(NamedTuple):
    """A clean transcript, the same one with a lie in it, and what is said of that."""

    before: Transcript
    after: Transcript
    subject: Subject


@cache
def clean() -> tuple[Transcript, ...]:
    """The transcripts of every scenario against the right reference."""
    return record()


@cache
def lies(fault: str) -> tuple[Told, ...]:
    """Every transcript that a wire fault changes."""
    changed = ((before, broken(before, FAULTS[fault])) for before in clean())
    return tuple(Told(before, after, judge(after)) for before, after in changed if after != before)


@cache
def trials() -> tuple[Trial, ...]:
    """The trial of every fault, as `run.proving.prove` makes them."""
    return tuple(
        behaved(fault, {*SMOKE, *fault.scenarios})
        if fault.behaviour is not None
        else trial_of(fault, [lie.subject for lie in lies(fault.name)])
        for fault in FAULTS.values()
    )


@cache
def matrix() -> FaultMatrix:
    """The matrix of all trials."""
    return matrix_of(trials(), clean())


@cache
def clients() -> FaultMatrix:
    """The matrix of the bundled client's habits."""
    return matrix_of_clients()


@cache
def gateways() -> FaultMatrix:
    """The matrix of the bundled gateway's habits."""
    return matrix_of_gateways()


def sides() -> tuple[FaultMatrix, ...]:
    """All of them."""
    return matrix(), clients(), gateways()


def transcript(scenario: str) -> Transcript:
    """The clean transcript of a scenario."""
    return next(transcript for transcript in clean() if transcript.scenario == scenario)
