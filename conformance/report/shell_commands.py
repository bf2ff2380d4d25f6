"""The commands that a report prints: each is whole, on one line, and does what it says when it is pasted.

`again` is the command that repeats a run, as the report keeps it: without `-k`, and of recordings without the files.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from conformance.model import Report, Requirement, Status
from conformance.report.departures import Departure, departures
from conformance.report.plain import safe
from conformance.report.result import empty_shard, verdict_word

#: The selection of a run whose tests were named one by one, which no expression of `-k` says.
SOME_TESTS = "some tests"

#: Commands that judge scenarios: they take `-k`, `--shard`, `-v` and `--out`.
_PLAYING = frozenset({"server", "client", "gateway"})

#: Recordings that one command names; with more, whoever has them knows better which to judge.
_FILES = 3

#: Characters of a file's name: the longest path that systems allow.
_PATH = 4096

#: Where a report goes that was not kept.
_OUT = "conformance-report"


def judges_files(again: str) -> bool:
    """Whether the run was one over recordings."""
    return _door(again) == "judge"


def repeat(departure: Departure, again: str) -> str:
    """The command that shows a departure again."""
    subject = departure.cases[0].subject if departure.cases else departure.subjects[0]
    return repeated(again, subject, departure.requirement)


def repeated(again: str, subject: str, requirement: Requirement) -> str:
    """The command that judges one requirement in one scenario, or in one recording, again."""
    if judges_files(again):
        return f"{again} {_file(subject)} -k {requirement.id}"
    cell = f"{subject} and joined" if requirement.luck else f"{subject}:{requirement.id}"
    return with_words(again, f"-k '{_within_quotes(safe(cell))}'") if _door(again) in _PLAYING else again


def _within_quotes(text: str) -> str:
    """Text between single quotes of a shell."""
    return text.replace("'", "'\\''")


def next_command(report: Report, folder: str | None) -> str | None:
    """What to type next; None where nothing is left to do. `folder` is where the report is kept, if it is."""
    broken = departures(report.subjects, Status.FAIL) or departures(report.subjects, Status.WARN)
    if broken:
        return f"conformance explain {broken[0].requirement.id}"
    if empty_shard(report):
        return None
    word = verdict_word(report)
    if word == "OUTDATED LIST" and "--known-failures" in report.again:
        return _whole(report, "--update-known-failures")
    if word in ("INCOMPLETE", "NOTHING JUDGED", "UNREADABLE"):
        return _whole(report, "-v")
    return _whole(report, f"--out {_OUT}") if folder is None else None


def with_words(again: str, words: str) -> str:
    """The command with more words: before ` -- `, behind which somebody else's command begins."""
    ours, mark, theirs = again.partition(" -- ")
    return f"{ours} {words}{mark}{theirs}"


def _door(again: str) -> str:
    """Which command of ours it is; empty for any other, such as pytest."""
    program, _, rest = again.partition(" ")
    return rest.partition(" ")[0] if program == "conformance" else ""


def _whole(report: Report, words: str) -> str | None:
    """The command that asks the same once more, with more words where it takes any."""
    if judges_files(report.again):
        names = _left(report)
        return f"{report.again} {' '.join(map(_file, names))} {words}" if 0 < len(names) <= _FILES else None
    if _door(report.again) not in _PLAYING:
        return report.again or None
    profile = report.profile
    said = [f"-k {shlex.quote(profile.selection)}"] if profile.selection not in (None, "", SOME_TESTS) else []
    said += [f"--shard {profile.shard}"] if profile.shard else []
    return with_words(report.again, " ".join((*said, words)))


def _left(report: Report) -> Sequence[str]:
    """The recordings that could not be judged, or all where every one was."""
    unread = [subject.name for subject in report.subjects if not subject.verdicts]
    return unread or [subject.name for subject in report.subjects]


def _file(name: str) -> str:
    return shlex.quote(safe(name, _PATH))
