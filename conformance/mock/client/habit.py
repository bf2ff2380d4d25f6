"""What a client does: every decision of the bundled client that has one right way and other ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.mock.client.stream_reader import Reading

#: The outputs of a round: call id to what its tool returned.
Outputs = Mapping[str, str]
Document = dict[str, Any]


def whole(outputs: Outputs) -> list[Document]:
    """One submission that holds every output."""
    return [{"tool_outputs": [{"tool_call_id": call_id, "output": output} for call_id, output in outputs.items()]}]


def compact(document: Document) -> bytes:
    """JSON without spaces."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Habit:
    """What a client does; as it stands, a right one."""

    # What it sends.
    #: The documents that are submitted, one after the other.
    submissions: Callable[[Outputs], list[Document]] = whole
    #: How a document is written.
    written: Callable[[Document], bytes] = compact
    #: The header fields of a submission that are changed; None: left out.
    headers: Mapping[str, str | None] = field(default_factory=dict)
    #: How `stream` is said, by whether a stream is wanted; None: not at all.
    stream: Mapping[bool, object] = field(default_factory=lambda: {True: True, False: None})
    #: What becomes of the base URL's path where it submits, and where it looks.
    submits_below: Callable[[str], str] = str
    looks_below: Callable[[str], str] = str
    #: What the run's id becomes in the path.
    path_id: Callable[[str], str] = str
    #: Whether it submits at all, and whether it sends anything.
    submits: bool = True
    speaks: bool = True

    # What it sends again.
    #: Statuses after which it tries once more; 0 stands for no answer.
    retried: frozenset[int] = frozenset({0, 408, 409, 429, 500})
    #: What a submission says when it is sent again.
    again: Callable[[Document], Document] = dict
    #: Whether Retry-After is honoured, and x-should-retry.
    waits: bool = True
    obeys: bool = True
    #: Whether it submits again when a stream breaks off.
    resubmits: bool = False

    # What it makes of the answer.
    reading: Reading = field(default_factory=Reading)
    #: What it notices; a client that does not notice something takes it for a success.
    notices_refusals: bool = True
    notices_truncation: bool = True
    notices_resets: bool = True
    notices_errors: bool = True
    notices_bare_errors: bool = True
    notices_other_bodies: bool = True
    notices_bad_json: bool = True
    #: Whether it ends at `done`, and whether text after it counts.
    ends_at_done: bool = True
    ignores_rest: bool = True
    #: Names of events that are errors.
    refused_events: frozenset[str] = frozenset()
    #: Whether it submits as soon as the arguments of the calls that a stream shows are complete.
    submits_early: bool = False
    #: Whether it passes over events that it does not know, and also those whose data is no JSON.
    skips_unknown_events: bool = True
    skips_unknown_texts: bool = True
    #: Whether it takes only runs that hold a member which none need hold.
    demands_members: bool = False
    #: Whether it takes only steps that call functions.
    demands_functions: bool = False
    #: Whether it goes on when the run asks once more; where it does not: whether it says so, whether it fails.
    further_rounds: bool = True
    says_it_waits: bool = False
    fails_at_further_rounds: bool = False
    #: What it says of the run's status and text.
    said_status: Callable[[str | None], str | None] = lambda status: status
    #: The text, by the run's status and the text that was streamed.
    said_text: Callable[[str | None, str], str] = lambda _, text: text
    #: Whether it looks at the run in a list of runs.
    looks_by_list: bool = False
    #: Times that a run which has stopped is read on.
    idle_reads: int = 0
    #: Statuses of a run that is looked at for ever, and of one after which it waits for ever without a request.
    polls_for_ever: frozenset[str] = frozenset()
    waits_for_ever: frozenset[str] = frozenset()


#: A right client.
RIGHT = Habit()
