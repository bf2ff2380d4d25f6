"""What versions before kinds made a fingerprint of: the message. Lists and baselines that they wrote go on matching.

They took the message without ids and numbers, the pointer, and the status of an answer that was wrong. A message may
have been worded anew since: `contract/kinds.toml` keeps the wording of those versions, so both are tried.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from conformance.contract.kinds import kinds
from conformance.model import Finding
from conformance.verdict.without_ids import without_ids
from conformance.walk.causes import answer_of, without_indices, without_numbers

#: An id in a wording: those versions told it by what it is of where it looks like OpenAI's, else they wrote …
_ID = re.compile(r"\{\w+_id\}")
#: … this for a UUID, and for any other that holds a digit.
_OTHER_IDS = ("{id}", "#")

_CALLS = "/step_details/tool_calls"

#: Where those versions pointed, for rules whose findings have had a more exact pointer since.
_POINTERS: Mapping[str, str] = {
    "content.submitted-calls": _CALLS,
    "content.submitted-outputs": _CALLS,
    "content.nul-output": _CALLS,
    "content.empty-output": _CALLS,
    "errors.envelope": "/error",
    "events.object": "/object",
    "order.new-ids": "/id",
}


def former_causes(requirement: str, finding: Finding) -> tuple[tuple[str, ...], ...]:
    """What a former fingerprint of the finding was hashed of, each way it may have been worded once."""
    pointer, answer = without_indices(finding.pointer or ""), answer_of(finding)
    pointers = dict.fromkeys((pointer, _POINTERS.get(requirement, pointer)))
    words = dict.fromkeys(map(without_variables, (finding.message, *_former_message(requirement, finding))))
    return tuple((requirement, message, where, *answer) for message in words for where in pointers)


def without_variables(message: str) -> str:
    """A message without what differs from run to run: its ids and numbers."""
    return without_numbers(without_ids(message))


def _former_message(requirement: str, finding: Finding) -> tuple[str, ...]:
    """The message as versions before kinds worded it; none for a kind that they had not."""
    wording = kinds().get(requirement, {}).get(finding.kind, "").replace("{pointer}", finding.pointer or "/")
    for index, detail in enumerate(finding.details):
        wording = wording.replace(f"{{{index}}}", detail)
    return (wording, *(_ID.sub(other, wording) for other in _OTHER_IDS)) if wording else ()
