"""What differs only in ids is reported once: texts with their ids replaced by what they are ids of."""

from __future__ import annotations

import re
from types import MappingProxyType

from conformance.wire.identifier import COLLECTIONS

#: What OpenAI's ids begin with -> what stands for them; a digit tells `run_1a` from `run_id`.
_BEGINNINGS = MappingProxyType(
    {
        "thread": "{thread_id}",
        "run": "{run_id}",
        "step": "{step_id}",
        "msg": "{message_id}",
        "asst": "{assistant_id}",
        "call": "{call_id}",
        "req": "{request_id}",
    }
)

#: A segment behind a collection, but not the `runs` of `/threads/runs`.
_IN_PATH = re.compile(rf"(?<=/)({'|'.join(COLLECTIONS)})/(?!(?:{'|'.join(COLLECTIONS)})\b)[\w%~.-]*\w")
_BY_LOOK = re.compile(rf"\b({'|'.join(_BEGINNINGS)})_(?=[A-Za-z]*\d)[A-Za-z0-9]+")
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)


def without_ids(text: str) -> str:
    """The text with every id replaced by a word for it: equal for texts that say the same of different things."""
    text = _IN_PATH.sub(lambda match: f"{match[1]}/{COLLECTIONS[match[1]]}", text)
    text = _BY_LOOK.sub(lambda match: _BEGINNINGS[match[1]], text)
    return _UUID.sub("{id}", text)
