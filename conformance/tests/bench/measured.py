"""What a measurement comes to, and how times are taken."""

from __future__ import annotations

import resource
from collections.abc import Callable
from statistics import median
from time import process_time
from typing import NamedTuple


class Measured(NamedTuple):
    """One number with its limit; `basis` says in absolute terms what stands behind it."""

    name: str
    value: float
    limit: float
    basis: str
    #: Whether the limit is the least that will do; otherwise it is the most.
    at_least: bool = False

    @property
    def kept(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


#: How often everything is run; medians are taken.
RUNS = 5


def medians(*runs: Callable[[], float], times: int = RUNS) -> list[float]:
    """The median of what each run gives; the runs take turns, so that a slow moment of the machine meets them all."""
    taken = [[run() for run in runs] for _ in range(times)]
    return [median(column) for column in zip(*taken, strict=True)]


def cpu(work: Callable[[], object]) -> Callable[[], float]:
    """A run that gives the seconds of processor time that the work takes."""

    def run() -> float:
        began = process_time()
        work()
        return process_time() - began

    return run


def own_cpu(work: Callable[[], object]) -> Callable[[], float]:
    """Like `cpu`, without what the system takes: memory that was never used before costs it much more than other."""

    def run() -> float:
        began = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        work()
        return resource.getrusage(resource.RUSAGE_SELF).ru_utime - began

    return run
