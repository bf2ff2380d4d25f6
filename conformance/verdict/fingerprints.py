"""The fingerprints of a finding: what lists of known failures and baselines hold in place of its cause."""

from __future__ import annotations

from hashlib import sha256

from conformance.model import Finding
from conformance.verdict.former_fingerprints import former_causes
from conformance.walk.causes import cause_of

#: Characters of a fingerprint: a list holds tens of causes, and twelve hexadecimal digits tell millions apart.
_LENGTH = 12


def fingerprint(requirement: str, finding: Finding) -> str:
    """The cause of a finding in twelve characters: the same in every run, in every scenario, at every index.

    It is made of the kind and its details, of the pointer, and of the status of an answer that was wrong: never of the
    message, which may be worded anew. A finding that an earlier version wrote down without its kind has a former one.
    """
    return fingerprints(requirement, finding)[0]


def fingerprints(requirement: str, finding: Finding) -> tuple[str, ...]:
    """Every fingerprint that this version or one before it writes for a cause, this version's first."""
    today = ((requirement, *cause_of(finding)),) if finding.kind else ()
    return tuple(map(_hashed, (*today, *former_causes(requirement, finding))))


def _hashed(parts: tuple[str, ...]) -> str:
    return sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:_LENGTH]
