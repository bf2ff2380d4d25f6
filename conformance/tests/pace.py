"""How long tests wait for others: a limit is for what hangs, and nothing that merely is slow may reach it.

Whoever names a limit says what is usual on an idle machine; granted is ten times that, times the measured pace of this
machine. A machine that is slow and a machine that is busy with other builds cost a factor of ten each.
"""

from __future__ import annotations

from functools import cache
from time import perf_counter

#: A fixed bit of work, and the seconds that two idle cores of 2024 take for it: long enough that the system gives the
#: processor to others meanwhile, where there are others.
_ROUNDS, _USUAL = 1_000_000, 0.05

_GENEROSITY = 10

#: Seconds in which anything on loopback usually comes: at most a whole run on two workers, each started for it.
_USUALLY_COMES = 30.0

#: Seconds for a wait that a test is about; what has to come before it takes hundredths.
_SHORT = 2.0


@cache
def slowness() -> float:
    """How many times as long as usual this machine takes for a fixed bit of work; at least 1. Measured once."""
    began = perf_counter()
    for _ in range(_ROUNDS):
        pass
    return max(1.0, (perf_counter() - began) / _USUAL)


def limit(usual: float = _USUALLY_COMES) -> float:
    """Seconds after which something hangs that takes `usual` seconds on an idle machine."""
    return round(_GENEROSITY * usual * slowness(), 1)


def short() -> float:
    """Seconds for a wait that is to run out, and which nothing else in the test may run into."""
    return round(_SHORT * slowness(), 1)
