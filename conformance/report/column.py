"""One implementation among several: what is said of it, its report or why there is none, and what that came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from conformance.model import Report, Status
from conformance.report.counts import requirement_counts
from conformance.report.departures import Departure, departures
from conformance.report.reading import Reading
from conformance.report.result import exit_code, verdict_word
from conformance.report.shell_commands import repeat
from conformance.report.tally import Result, results
from conformance.report.writers import WRITERS

#: Word of a target that has no report.
NO_REPORT = "NO REPORT"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of an implementation besides what it was found to do; None where nobody said it."""

    version: str | None = None
    language: str | None = None
    #: Its kind: columns of one group stand together.
    group: str | None = None
    homepage: str | None = None
    notes: str | None = None
    #: The folder that it is installed into, and the lines that do.
    environment: str | None = None
    install: tuple[str, ...] = ()
    #: Whether it answers otherwise in every run: what it fails in differs then too.
    varies: bool = False
    #: Whether somebody else judged it.
    added: bool = False


def folder_of(name: str) -> str:
    """The folder, or the beginning of the file, that the report of an implementation of this name has."""
    return name.replace(" ", "-").replace("/", "-").lower()


@dataclass(frozen=True, slots=True)
class Column:
    """One implementation: its report or why there is none, and the folder of that report, as a link of the page.

    The folder is empty where no page of the report lies beside the overview.
    """

    name: str
    role: str
    folder: str
    report: Report | None
    reason: str | None = None
    #: Where there is no report: what its run ended with.
    code: int = 5
    facts: Facts = field(default_factory=Facts)
    #: Requirement -> what somebody said who read the finding; None where nobody was to.
    readings: Mapping[str, Reading] | None = None
    #: What is not as the list of known failures says; None where no list was held against it.
    changes: tuple[str, ...] | None = None

    @property
    def version(self) -> str | None:
        """Which version was judged: the list may name a newer one by now."""
        judged = None if self.report is None else self.report.target.get("version")
        return self.facts.version if judged is None else str(judged)

    @property
    def listed(self) -> str | None:
        """The version that the list names, where that is not the one that was judged."""
        return self.facts.version if self.facts.version != self.version else None

    @property
    def selection(self) -> str | None:
        """What alone was judged of it, where that was not everything: the expression of `-k`."""
        return None if self.report is None else self.report.profile.selection

    @property
    def title(self) -> str:
        """Its name, and its version where one is known."""
        return " ".join(filter(None, (self.name, self.version)))

    @property
    def key(self) -> str:
        """What it is called in addresses and names of files."""
        return folder_of(self.name)

    @property
    def find(self) -> str:
        """What it is found by: its name, version, kind and language."""
        return " ".join(filter(None, (self.title, self.group, self.facts.language))).lower()

    @property
    def setup(self) -> tuple[str, ...]:
        """The lines after which the commands about it work in a shell; none where nothing is to be installed."""
        if not self.facts.install:
            return ()
        return (
            f'export ENVIRONMENT="$PWD/environments/{self.facts.environment or self.key}" && mkdir -p "$ENVIRONMENT"',
            'export PATH="$ENVIRONMENT/bin:$ENVIRONMENT/node_modules/.bin:$PATH"',
            *self.facts.install,
        )

    @property
    def group(self) -> str:
        """What its column stands among."""
        return self.facts.group or f"{self.role}s"

    @property
    def word(self) -> str:
        """The verdict on it."""
        return NO_REPORT if self.report is None else verdict_word(self.report)

    @property
    def exit_code(self) -> int:
        """The exit code of its run."""
        return self.code if self.report is None else exit_code(self.report)

    @property
    def link(self) -> str:
        """Its report in the form that is best to read; empty where none lies there."""
        return f"{self.folder}/{WRITERS['html'].file}" if self.report is not None and self.folder else ""

    @property
    def judged(self) -> bool:
        """Whether there is a verdict on it."""
        return self.report is not None and self.word not in ("NOTHING JUDGED", "ERROR", "UNREADABLE")

    @property
    def why(self) -> str | None:
        """Why there is no verdict on it, or none on all; of a run that judged nothing, why not its first scenario."""
        if self.reason is not None or self.report is None or self.judged:
            return self.reason
        return next((subject.reason for subject in self.report.subjects if subject.reason), None)

    @property
    def counts(self) -> str:
        """How many requirements failed, passed, and could not be tested; empty where nothing was judged."""
        return requirement_counts(self.report).partition(": ")[2] if self.report is not None and self.judged else ""

    @property
    def failed(self) -> tuple[str, ...]:
        """The requirements that failed for themselves, the weightiest first."""
        return tuple(each.requirement.id for each in self.findings if each.status is Status.FAIL)

    @property
    def findings(self) -> tuple[Departure, ...]:
        """What it departs from, a MUST before a SHOULD, each once."""
        if self.report is None:
            return ()
        return tuple(each for status in (Status.FAIL, Status.WARN) for each in departures(self.report.subjects, status))

    def reading(self, finding: Departure) -> Reading | None:
        """What somebody said of a finding."""
        return (self.readings or {}).get(finding.requirement.id)

    def unread(self, finding: Departure) -> bool:
        """Whether somebody was to read a finding, and has not."""
        return self.readings is not None and self.reading(finding) is None

    def repeat(self, finding: Departure) -> str:
        """The command that shows a finding again."""
        return "" if self.report is None else repeat(finding, self.report.again)

    def results(self) -> dict[str, Result]:
        """What each requirement came to; nothing where nothing could be judged."""
        return {} if self.report is None or self.word == "NOTHING JUDGED" else results(self.report.subjects)


@dataclass(frozen=True, slots=True)
class Group:
    """Columns of one kind."""

    name: str
    columns: tuple[Column, ...]

    @property
    def conforming(self) -> str:
        """How many conform of those that could be judged."""
        return conforming(self.columns)


def conforming(columns: Sequence[Column]) -> str:
    """How many conform of those that could be judged."""
    judged = [column for column in columns if column.judged]
    return f"{sum(column.word == 'PASS' for column in judged)} of {len(judged)} conform"


def groups(columns: Sequence[Column]) -> tuple[Group, ...]:
    """The columns by kind, both in the order in which they were given."""
    names = dict.fromkeys(column.group for column in columns)
    return tuple(Group(name, tuple(each for each in columns if each.group == name)) for name in names)
