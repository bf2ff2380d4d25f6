"""What a whole run came to: a headline for people and an exit code for programs, by one table.

README and docs/reports.md show the table; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from conformance import __version__
from conformance.model import Report
from conformance.report.tally import Tally

#: Exit code -> the headline of every report that ends with it, those first that matter more.
HEADLINES: Mapping[int, str] = MappingProxyType(
    {
        4: "UNREADABLE",
        3: "ERROR",
        1: "FAIL",
        2: "INCOMPLETE",
        5: "NOTHING JUDGED",
        6: "OUTDATED LIST",
        0: "PASS",
    }
)

#: Exit code -> what it means, in the order of the table that README shows.
MEANINGS: Mapping[int, str] = MappingProxyType(
    {
        0: "no requirement failed",
        1: "a requirement failed, or there is a regression against the baseline",
        2: "nothing failed, but the run is incomplete: interrupted, a limit reached, or something could not be tested",
        3: "an internal error of the suite; it says nothing about what was judged",
        4: "invalid command line, or an input that cannot be read",
        5: "nothing was judged: no server at the URL, no such API there, or no run that asked for outputs",
        6: "nothing failed, but the list of known failures is outdated",
    }
)


def worst(*codes: int) -> int:
    """The exit code that stands for all of these."""
    return next((code for code in HEADLINES if code in codes), max(codes))


def verdict_word(report: Report) -> str:
    """The verdict on the whole run in a word or two."""
    return HEADLINES[exit_code(report)]


def empty_shard(report: Report) -> bool:
    """Whether it is the report of a shard that has no scenario: nothing to judge there is no failure."""
    return report.profile.shard is not None and not report.subjects and not report.interrupted


def exit_code(report: Report) -> int:
    """The first that holds, in the order of `HEADLINES`; 5 comes before 2 where nothing at all was judged."""
    tally, kept = Tally.of(report.subjects), {subject.exit_code for subject in report.subjects}
    if 4 in kept:
        return 4
    if tally.errors or 3 in kept:
        return 3
    if tally.departed:
        return 1
    if not tally.judged:
        return 0 if empty_shard(report) else 5
    if report.interrupted or tally.missed:
        return 2
    return 6 if report.complaints else 0


def version_of(report: Report) -> str:
    """The version of the suite that judged, which may have been another than writes."""
    return report.version or __version__
