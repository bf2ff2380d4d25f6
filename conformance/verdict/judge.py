"""Findings become verdicts: what was planned, what was judged, and what could not be."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from conformance.checks import CHECKS
from conformance.contract.media import WHOLE, foreign, shown_by
from conformance.contract.requirements import REQUIREMENTS
from conformance.contract.scenarios import BY_ID, not_offered
from conformance.model import (
    Finding,
    Level,
    Operation,
    Requirement,
    Role,
    Scenario,
    Status,
    Subject,
    Transcript,
    Verdict,
)
from conformance.verdict.blame import blame, cause_of, first_cause
from conformance.verdict.sides import part, placed, shown
from conformance.walk.findings import Entry
from conformance.walk.schedule import Schedule
from conformance.walk.transcript import Walked, walk

#: What every walk is handed.
_CHECKS = Schedule(CHECKS.values())

#: Plans that are kept: whoever judges many recordings judges many of the same traits.
_PLANS = 256

#: Verdicts that are kept of what passed: those of all cells that the scenarios have.
_PASSED = 8192

#: Traits of the environment and of the medium: a requirement that needs one is never judged without it, not even by
#: luck.
ENVIRONMENT = frozenset({"state", "key"}) | WHOLE

#: Why a foreign recording holds nothing to judge.
_NOTHING = {
    Role.SERVER: "it holds no submission and no stream that creates a run",
    Role.CLIENT: "it holds no submission",
    Role.GATEWAY: "it holds no submission on both sides of the gateway",
}

#: Why nothing is judged in a scenario that was played all the same.
_NOT_OFFERED = "not planned: it needs what the target is said not to offer (--offers)"

#: Why nothing showed what was planned: nobody did it, or it was done to a run that had ended.
_UNSEEN = "nothing in the exchanges showed it"
_OVER = "the run was over before the outputs came, so nothing showed it"

#: Why a stream was not judged to its end; a note says how far.
_LEFT = "the stream is longer than what is judged of one"

#: Breaches that leave later rules nothing to look at, the most telling first.
_PREREQUISITES = (
    "sending.empty-id",
    "sending.path",
    "sending.submitted",
    "sending.authorization",
    "sending.content-type",
    "sending.beta",
    "sending.body",
    "sending.no-extra-keys",
    "sending.output-string",
    "sending.one-request",
    "sending.every-call",
    "sending.stream-flag",
    "relay.forwarded",
    "relay.path",
    "relay.authorization",
    "relay.beta",
    "relay.query",
    "relay.request-body",
    "relay.answered",
    "relay.unanswered",
    "relay.status-class",
    "relay.content-type",
    "relay.ends",
    "request.path",
    "request.bearer",
    "request.beta-accepted",
    "request.stream-true",
    "request.stream-absent",
    "request.stream-false",
    "request.stream-null",
    "request.minimal-body",
    "submission.opaque-accepted",
    "submission.any-order",
    "submission.accepted",
    "submission.partial-refused",
    "submission.unknown-id-refused",
    "submission.duplicate-refused",
    "submission.empty-refused",
    "submission.outputs-required",
    "submission.id-required",
    "submission.output-string",
    "submission.output-not-null",
    "submission.state-refused",
    "submission.again-refused",
    "submission.expired-refused",
    "submission.cancelled-refused",
    "submission.other-thread-refused",
    "errors.unknown-run",
    "errors.unknown-thread",
    "errors.wrong-key",
    "errors.no-key",
    "errors.malformed-json",
    "request.extra-key",
    "request.stream-type",
    "errors.no-server-fault",
    "errors.stream-refused-plainly",
    "submission.empty-not-resumed",
    "response.status-200",
    "response.run-object",
    "response.moved-on",
    "framing.content-type",
    "framing.blank-line",
    "framing.not-empty",
    "framing.complete",
    "framing.event-name",
    "framing.utf8",
    "events.json",
    "order.submitted-closed",
    "order.terminal-present",
    "order.requires-action-ends",
    "order.message-has-step",
    "done.present",
    "done.closes",
    "surface.pending-calls",
    "order.submitted-before-new",
    "content.message-text",
)


def planned(scenario: Scenario, traits: frozenset[str]) -> tuple[Requirement, ...]:
    """The requirements whose condition holds for a scenario in an environment of these traits, known beforehand.

    None where the scenario needs what the target is said not to offer.
    """
    if not_offered(scenario, traits):
        return ()
    return _planned(scenario.traits | traits | WHOLE, scenario.role)


@lru_cache(_PLANS)
def _planned(held: frozenset[str], role: Role) -> tuple[Requirement, ...]:
    operations = {operation for operation in (Operation.SUBMIT, Operation.CREATE_RUN) if operation.value in held}
    return tuple(
        requirement
        for requirement in REQUIREMENTS.values()
        if requirement.role is role
        and requirement.excluded is None
        and not requirement.luck
        and requirement.needs <= held
        and requirement.operations & operations
    )


def judge(transcript: Transcript, *, role: Role | None = None) -> Subject:
    """Judge a transcript: one walk, then a verdict for everything planned and everything seen beside it.

    A transcript of one of our scenarios is planned by the scenario and its environment, a recording of anything else
    by what its medium and its exchanges show. Without a `role` the side that the scenario is about is judged, of a
    foreign recording the server. Where it was recorded on both sides of a gateway, a server is judged behind
    it and a client in front. A subject with a `reason` held nothing to judge.
    """
    scenario = BY_ID.get(transcript.scenario)
    if role is None:
        role = scenario.role if scenario is not None else Role.SERVER
    if scenario is not None and scenario.role is not role:
        scenario = None
    if transcript.untestable is not None or transcript.slip is not None:
        return _unwalked(transcript, scenario)
    indices = shown(transcript, role)
    if indices is not None:
        return placed(_judged(part(transcript, indices), scenario, role), indices)
    return _judged(transcript, scenario, role)


def _judged(transcript: Transcript, scenario: Scenario | None, role: Role) -> Subject:
    """All verdicts on the exchanges that show a role."""
    medium = transcript.provenance.get("kind")
    held = transcript.traits | shown_by(medium) | (scenario.traits if scenario is not None else frozenset())
    if foreign(medium):
        held |= {"others"}
    walked = walk(transcript, _CHECKS, held, role)
    if scenario is not None and not_offered(scenario, transcript.traits):
        return Subject(transcript.scenario, (), _NOT_OFFERED, notes=walked.notes)
    if scenario is None:
        held |= walked.traits
        if not walked.judged and (role is Role.SERVER or transcript.outcome is None):
            return Subject(transcript.scenario, (), _NOTHING[role])
    return _subject(transcript, walked, held, role, whole=scenario is not None)


def _unwalked(transcript: Transcript, scenario: Scenario | None) -> Subject:
    status = Status.ERROR if transcript.slip is not None else Status.UNTESTABLE
    reason = transcript.slip or transcript.untestable
    requirements = planned(scenario, transcript.traits) if scenario is not None else ()
    verdicts = tuple(
        Verdict(requirement.id, requirement.level, requirement.role, transcript.scenario, status, reason=reason)
        for requirement in requirements
    )
    return Subject(transcript.scenario, verdicts, reason if not verdicts else None)


def _subject(transcript: Transcript, walked: Walked, held: frozenset[str], role: Role, *, whole: bool) -> Subject:
    """All verdicts on a transcript; one that is not the `whole` of a scenario is planned no further than it shows."""
    plan = {requirement.id for requirement in _planned(held, role)}
    seen = {
        requirement: entry
        for requirement, entry in walked.entries.items()
        if REQUIREMENTS[requirement].needs & ENVIRONMENT <= held
    }
    found = blame({requirement: tuple(entry.findings) for requirement, entry in seen.items() if entry.findings})
    doubt = transcript.outcome.doubt if transcript.outcome is not None else None
    unseen = doubt or (_OVER if walked.over else _UNSEEN)
    verdicts = tuple(
        _verdict(requirement, transcript.scenario, seen, found, joined=requirement.id not in plan, unseen=unseen)
        for requirement in REQUIREMENTS.values()
        if requirement.id in plan or requirement.id in seen
    )
    if not whole:
        verdicts = tuple(verdict for verdict in verdicts if not _merely_unseen(verdict))
    return Subject(transcript.scenario, verdicts, unknown_events=walked.unknown_events, notes=walked.notes)


def _merely_unseen(verdict: Verdict) -> bool:
    """Whether there was nothing to look at, and no breach is to blame for that."""
    return verdict.status is Status.UNTESTABLE and verdict.because is None and verdict.reason != _LEFT


def _unread_at(entry: Entry | None, found: Mapping[str, tuple[Finding, ...]]) -> str | None:
    """The breach that kept the event from being read at which something was first not to be seen."""
    at = None if entry is None else entry.unseen_at
    unread = next((each for each in found.get("events.json", ()) if (each.exchange, each.event) == at), None)
    return None if unread is None else _root(unread, found) or "events.json"


def _missing_for(found: Mapping[str, tuple[Finding, ...]]) -> str | None:
    """The breach that left nothing to look at, where no rule of the table says which."""
    cause = next((cause for cause in _PREREQUISITES if found.get(cause)), None)
    return None if cause is None else first_cause(cause, found)


@lru_cache(_PASSED)
def _passed(name: str, scenario: str, joined: bool) -> Verdict:
    """Most verdicts by far, each the same whenever it is given."""
    requirement = REQUIREMENTS[name]
    return Verdict(name, requirement.level, requirement.role, scenario, Status.PASS, joined=joined)


#: Why a verdict is left open that a breach of a SHOULD alone decides (design rule 15).
_FOLLOWS = "it follows from {}, which is only a SHOULD"


def _root(finding: Finding, found: Mapping[str, tuple[Finding, ...]]) -> str | None:
    """The breach that a finding follows from in the end; None for a primary one."""
    return None if finding.primary or finding.because is None else first_cause(finding.because, found)


def _is_should(requirement: str) -> bool:
    return REQUIREMENTS[requirement].level is not Level.MUST


def _verdict(
    requirement: Requirement,
    scenario: str,
    seen: Mapping[str, Entry],
    found: Mapping[str, tuple[Finding, ...]],
    *,
    joined: bool,
    unseen: str,
) -> Verdict:
    def verdict(status: Status, **facts: object) -> Verdict:
        return Verdict(requirement.id, requirement.level, requirement.role, scenario, status, joined=joined, **facts)  # type: ignore[arg-type]

    entry, findings = seen.get(requirement.id), found.get(requirement.id, ())
    if entry is not None and entry.left and not findings:
        return verdict(Status.UNTESTABLE, reason=_LEFT)
    if entry is not None and entry.slip is not None:
        return verdict(Status.ERROR, reason=f"internal error (please report it): {entry.slip}")
    if entry is None or (entry.unseen and not findings):
        because = _unread_at(entry, found) or cause_of(requirement.id, found) or _missing_for(found)
        if because is None:
            return verdict(Status.UNTESTABLE, reason=unseen)
        if _is_should(because):
            return verdict(Status.NOT_APPLICABLE, reason=_FOLLOWS.format(because), because=because)
        return verdict(Status.UNTESTABLE, reason=f"could not be checked because {because} failed", because=because)
    if not findings:
        return _passed(requirement.id, scenario, joined)
    causes = [_root(finding, found) for finding in findings]
    if all(cause is not None and _is_should(cause) for cause in causes):
        return verdict(Status.NOT_APPLICABLE, reason=_FOLLOWS.format(causes[0]), because=causes[0])
    status = Status.FAIL if requirement.level is Level.MUST else Status.WARN
    return verdict(status, findings=findings, more=entry.more, more_causes=entry.more_causes)
