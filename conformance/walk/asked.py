"""Whether a client was asked for tool outputs, and where it looked for the API: facts of what it sent and was shown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from conformance.model import Author, Exchange, Operation
from conformance.walk.http_response import body_of

#: The status of a run that asks, as it stands in the JSON of every document and event that shows it.
_ASKS = b'"requires_action"'

#: Any path of the API; what stands before its first collection is its base.
_BASE = re.compile(r"(.*?)/(?:assistants|threads)(?:/.*)?", re.ASCII)

#: The bases that clients in the form of Azure may add to the server that they were handed (contract §1).
_OF_AZURE = ("/openai", "/openai/v1", "")


def was_asked(exchanges: Iterable[Exchange]) -> bool:
    """Whether a client that sent these was shown a run that waits for outputs."""
    return any(each.response is not None and _ASKS in body_of(each.response) for each in exchanges)


def submitted(exchanges: Iterable[Exchange]) -> bool:
    """Whether something among these was meant for the operation."""
    return any(each.operation is Operation.SUBMIT or "submit_tool_outputs" in each.request.target for each in exchanges)


def bases(exchanges: Iterable[Exchange], held: frozenset[str]) -> tuple[str, ...]:
    """What may stand before the paths of the API, as the client was given them; nothing where nobody knows."""
    if "wanted" not in held:
        return ()
    ours = (each.request.target for each in exchanges if each.request.author is Author.HARNESS)
    told = next((base for target in ours if (base := _base_of(target)) is not None), None)
    if told is None:
        return ()
    return (told, *_OF_AZURE) if "azure" in held else (told,)


def is_outside(target: str, known: tuple[str, ...]) -> bool:
    """Whether a request is one of the API's and stands below no base that the client was given."""
    base = _base_of(target)
    return bool(known) and base is not None and base not in known


def _base_of(target: str) -> str | None:
    found = _BASE.fullmatch(target.partition("?")[0])
    return None if found is None else found[1]
