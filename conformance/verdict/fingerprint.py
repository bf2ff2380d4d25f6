"""What a failure has in common with itself the next day: its cause, without whatever is new in every run."""

from __future__ import annotations

import re
from hashlib import sha256

from conformance.model import Finding
from conformance.verdict.alike import without_ids

#: Hexadecimal digits kept: two causes of one requirement among a thousand meet once in a hundred million times.
_DIGITS = 12

_NUMBER = re.compile(r"\d+")
_INDEX = re.compile(r"(?<=/)\d+(?=/|\Z)")


def fingerprint(requirement: str, finding: Finding) -> str:
    """A short hash of a cause: requirement, message without ids and numbers, pointer without indices."""
    message = _NUMBER.sub("#", without_ids(finding.message))
    pointer = _INDEX.sub("*", without_ids(finding.pointer or ""))
    return sha256("\n".join((requirement, message, pointer)).encode("utf-8", "replace")).hexdigest()[:_DIGITS]
