"""Which findings have one cause, whatever run, scenario or index they were met in, and however they are worded."""

from __future__ import annotations

import re
from functools import lru_cache

from conformance.model import Finding

#: What makes a cause: kind and details, pointer, and the status of an answer that was wrong.
Cause = tuple[str, ...]

#: Stands for findings that a check counted without looking at them: nobody knows their cause.
COUNTED = Finding("counted", "", "", "", -1)

#: What differs from run to run though the cause is the same: numbers, and ids, which hold digits.
_VARIES = re.compile(r"[\w~.-]*\d[\w~.-]*")
_INDEX = re.compile(r"/\d+(?=/|\Z)")
#: How an answer is named that was another than expected: a server that breaks down is not one that is too lenient.
_ANSWER = re.compile(r"no answer|[1-5]\d\d(?= [\w.+-]+/[\w.+-]+\Z)")


def cause_of(finding: Finding) -> Cause:
    """The cause of a finding of one requirement, without its message: equal for findings that differ in nothing else.

    Indices of the pointer are generalised, and so are numbers and ids in the details.
    """
    details = (without_numbers(detail) for detail in finding.details)
    return (":".join((finding.kind, *details)), without_indices(finding.pointer or ""), *answer_of(finding))


def without_numbers(text: str) -> str:
    """The text with every word that holds a digit generalised."""
    return _VARIES.sub("#", text)


@lru_cache(maxsize=1024)
def without_indices(pointer: str) -> str:
    """The pointer with every index into an array generalised; a walk asks for the same few again and again."""
    return _INDEX.sub("/*", pointer)


def answer_of(finding: Finding) -> tuple[str, ...]:
    """The status of the answer that was wrong; empty where the finding is not about one."""
    answer = _ANSWER.match(finding.got)
    return (answer[0],) if answer else ()
