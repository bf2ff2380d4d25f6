"""Why a run could not show some requirements: what the target lacked, or what only the target can do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.contract.media import WHOLE
from conformance.contract.requirements import REQUIREMENTS
from conformance.contract.scenarios import SCENARIOS, requires
from conformance.model import Level, Requirement, Role, Subject

#: Label -> what was missing, in the order in which it is looked for.
WHY: Mapping[str, str] = {
    "state": "needs a server that keeps state",
    "key": "needs a key: --api-key-env",
    "script": "needs a server that plays a script, such as the built-in mock",
    "work": "needs a run of several seconds, by the server's timestamps: use a longer task or a slower model",
    "observed": "cannot be triggered on demand; added when observed",
    "rest": "not planned in the scenarios that were played",
}


def not_exercised(subjects: Iterable[Subject], role: Role = Role.SERVER) -> tuple[str, ...]:
    """Ids of the requirements of a role that no subject has a verdict on, in the catalogue's order."""
    seen = {verdict.requirement for subject in subjects for verdict in subject.verdicts}
    judgeable = (
        r for r in REQUIREMENTS.values() if r.role is role and r.excluded is None and r.level is not Level.INFO
    )
    return tuple(requirement.id for requirement in judgeable if requirement.id not in seen)


def unseen(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Ids of requirements that nothing showed, by a label of `WHY`, in its order.

    State or key were missing where nothing that needs them was shown.
    """
    ids = tuple(names)
    rows = _plannable({REQUIREMENTS[name].role for name in ids})
    missing = {need for need in ("state", "key") if all(row.id in ids for row in rows if need in row.needs)}
    labels = {name: _label(REQUIREMENTS[name], missing) for name in ids}
    labelled = {label: tuple(name for name in ids if labels[name] == label) for label in WHY}
    return {label: members for label, members in labelled.items() if members}


def _label(requirement: Requirement, missing: set[str]) -> str:
    lacking = missing & _environment(requirement)
    for label, holds in (
        ("work", requirement.luck and "times" in requirement.needs),
        ("observed", requirement.luck),
        ("state", "state" in lacking),
        ("key", "key" in lacking),
        ("script", "scripted" in _environment(requirement)),
    ):
        if holds:
            return label
    return "rest"


def _environment(requirement: Requirement) -> frozenset[str]:
    """What each scenario that could show a requirement takes beyond a server, and what it needs itself."""
    takes = [requires(s) for s in SCENARIOS if requirement.needs <= s.traits | WHOLE | {"state", "key", "scripted"}]
    return requirement.needs | (frozenset.intersection(*takes) if takes else frozenset())


def _plannable(roles: set[Role]) -> tuple[Requirement, ...]:
    return tuple(
        row
        for row in REQUIREMENTS.values()
        if row.role in roles and row.excluded is None and not row.luck and row.level is not Level.INFO
    )
