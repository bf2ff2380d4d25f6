"""What the checks came to, requirement by requirement, while the walk goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from conformance.contract.kinds import kinds
from conformance.model import Finding
from conformance.walk.causes import COUNTED, Cause, cause_of
from conformance.walk.observation import Observation
from conformance.walk.registry import UNSEEN, Check

#: Findings kept of one requirement: ten show the pattern, the rest is counted.
KEPT = 10

#: Causes of one requirement that are kept beyond those, one finding each, so that a new one is not excused with ten
#: known ones. No requirement has more kinds, and pointers may be of the target's making: somewhere it must end.
CAUSES = 50

#: Characters of each text of a finding: a value is shown with 120, and a list of calls has some hundred.
LONGEST = 1000

#: Objects that one finding is about: a step that overlaps others names a handful.
ABOUT = 50

#: Documents of one stream whose misfits are explained: five times what is kept, so that a second cause among them is
#: seen. A server that breaks the schema in every delta of a long stream costs no more than that.
EXPLAINED = 5 * KEPT

#: Bytes of those documents: a whole run, step or message has some thousand.
EXPLAINED_BYTES = 256 * 1024


@dataclass(slots=True)
class Entry:
    """One requirement that was looked at: what was found."""

    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    causes: set[Cause] = field(default_factory=set)
    #: Among what was only counted there may be further causes.
    more_causes: bool = False
    #: Something looked wrong that could not be settled: without a finding this is no pass.
    unseen: bool = False
    #: The exchange and the event at which that was so first, where it was at one.
    unseen_at: tuple[int, int] | None = None
    #: It looks at the end of a stream, which was left before that.
    left: bool = False
    #: An error of the suite inside the check.
    slip: str | None = None

    def add(self, finding: Finding) -> None:
        """Keep one of the first findings, or the first of its cause; count any other."""
        if finding is COUNTED:
            self._count(unknown=True)
            return
        cause = cause_of(finding)
        known = cause in self.causes
        if len(self.findings) < KEPT or (not known and len(self.causes) < CAUSES):
            self.causes.add(cause)
            self.findings.append(_bounded(finding))
        else:
            self._count(unknown=not known)

    def _count(self, *, unknown: bool) -> None:
        self.more += 1
        self.more_causes = self.more_causes or unknown


def _bounded(finding: Finding) -> Finding:
    """The finding with every text of it cut that may be of the target's making."""
    texts = (finding.message, finding.expected, finding.got, finding.pointer or "", *finding.details, *finding.about)
    if all(len(text) <= LONGEST for text in texts) and len(finding.about) <= ABOUT:
        return finding
    return replace(
        finding,
        message=_cut(finding.message),
        expected=_cut(finding.expected),
        got=_cut(finding.got),
        pointer=None if finding.pointer is None else _cut(finding.pointer),
        details=tuple(map(_cut, finding.details)),
        about=tuple(map(_cut, finding.about[:ABOUT])),
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


def _declared(requirement: str, found: tuple[Finding, ...]) -> None:
    """Raise ValueError for a kind without a row: unnoticed, a kind that is renamed would un-excuse known failures."""
    for finding in found:
        if finding is not COUNTED and finding.kind not in kinds().get(requirement, ()):
            message = (
                f"{finding.kind!r} is no kind of {requirement} in contract/kinds.toml, whose rows keep their names"
            )
            raise ValueError(message)


class Findings:
    """The entries of one walk."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}

    def leave(self, checks: Iterable[Check]) -> None:
        """What these checks were to look at in the end was not seen: without a finding it is no pass."""
        for requirement, _, _ in checks:
            entry = self.entries.setdefault(requirement, Entry())
            entry.unseen = entry.left = True

    def call(self, checks: Iterable[Check], observation: Observation) -> None:
        """Call the checks of an occasion; a check that breaks is our slip and stops nobody else."""
        entries = self.entries
        for requirement, _, judge in checks:
            found: tuple[Finding, ...] = ()
            slip, unseen = None, False
            try:
                result = judge(observation)
                readable = observation.not_json is None
                if result is None and readable:
                    continue
                unseen = result is UNSEEN
                found = tuple(result or ())
                if not found and not unseen and readable and requirement in entries:
                    continue  # nearly always: no event of a stream should cost more than its checks
                _declared(requirement, found)
            except Exception as raised:
                slip = f"{type(raised).__name__}: {raised}"
            # A document that could not be read passes no rule of its event.
            unseen = unseen or (observation.not_json is not None and not found)
            entry = entries.setdefault(requirement, Entry())
            for finding in found:
                entry.add(finding)
            if unseen and not entry.unseen and observation.place is not None:
                entry.unseen_at = (observation.index, observation.place.event)
            entry.unseen = unseen or entry.unseen
            entry.slip = slip or entry.slip
