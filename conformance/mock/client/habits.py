"""What the bundled client may do otherwise: one row for each habit, good or bad.

A right client is the table's first row; every other row replaces one thing about it. The bad ones are those that real
clients have been seen with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from conformance.contract.lifecycle import UNSUCCESSFUL
from conformance.mock.client.events import Reading

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
    #: The text, by the run's status and the text that was told.
    said_text: Callable[[str | None, str], str] = lambda _, text: text
    #: Times that a run which has stopped is read on.
    idle_reads: int = 0


RIGHT = Habit()


def _reading(**otherwise: bool) -> Habit:
    return replace(RIGHT, reading=replace(Reading(), **otherwise))


def _items(change: Callable[[list[Document]], list[Document]]) -> Habit:
    return replace(RIGHT, submissions=lambda outputs: [{"tool_outputs": change(whole(outputs)[0]["tool_outputs"])}])


def _with(name: str, value: str | None) -> Habit:
    return replace(RIGHT, headers={name: value})


def _one_by_one(outputs: Outputs) -> list[Document]:
    return [{"tool_outputs": [item]} for item in whole(outputs)[0]["tool_outputs"]]


def _shortened(document: Document) -> Document:
    return {**document, "tool_outputs": [{**item, "output": "…"} for item in document["tool_outputs"]]}


def _as_object(item: Document) -> Document:
    return {**item, "output": {"result": item["output"]}}


def _form(document: Document) -> bytes:
    return b"&".join(b"%s=%s" % (item["tool_call_id"].encode(), b"x") for item in document["tool_outputs"])


def _spaced(document: Document) -> bytes:
    return json.dumps(dict(reversed(document.items())), indent=2).encode()


_QUESTION = "How warm is it, and how does the wind blow?"

#: What a client may do otherwise without being wrong.
GOOD: Mapping[str, Habit] = MappingProxyType(
    {
        "none": RIGHT,
        "outputs-reversed": _items(lambda items: items[::-1]),
        "json-spaced-and-escaped": replace(RIGHT, written=_spaced),
        "stream-said-false": replace(RIGHT, stream={True: True, False: False}),
        "accepts-json": _with("Accept", "application/json"),
        "content-type-with-charset": _with("Content-Type", "application/json; charset=utf-8"),
        "never-retries": replace(RIGHT, retried=frozenset()),
        "reports-the-next-round": replace(RIGHT, further_rounds=False, says_it_waits=True),
        "fails-at-the-next-round": replace(
            RIGHT, further_rounds=False, says_it_waits=True, fails_at_further_rounds=True
        ),
    }
)

#: What no client may do, each row a habit of real ones.
BAD: Mapping[str, Habit] = MappingProxyType(
    {
        # what it sends
        "first-output-only": _items(lambda items: items[:1]),
        "last-output-only": _items(lambda items: items[-1:]),
        "empty-outputs": _items(lambda _: []),
        "one-by-one": replace(RIGHT, submissions=_one_by_one),
        "submits-twice": replace(RIGHT, submissions=lambda outputs: whole(outputs) * 2),
        "same-output-twice": _items(lambda items: [*items, items[0]]),
        "foreign-call-id": _items(lambda items: [*items[:-1], {**items[-1], "tool_call_id": "call_of_yesterday"}]),
        "outputs-as-objects": _items(lambda items: [_as_object(item) for item in items]),
        "extra-key": replace(RIGHT, submissions=lambda o: [{**document, "thread_id": "x"} for document in whole(o)]),
        "no-content-type": _with("Content-Type", None),
        "form-content-type": _with("Content-Type", "application/x-www-form-urlencoded"),
        "no-beta": _with("OpenAI-Beta", None),
        "old-beta": _with("OpenAI-Beta", "assistants=v1"),
        "no-key": _with("Authorization", None),
        "form-body": replace(RIGHT, written=_form),
        "never-streams": replace(RIGHT, stream={True: False, False: None}),
        "always-streams": replace(RIGHT, stream={True: True, False: True}),
        "wrong-run": replace(RIGHT, path_id=lambda run_id: f"{run_id}0"),
        "no-run": replace(RIGHT, path_id=lambda _: ""),
        "never-submits": replace(RIGHT, submits=False),
        "never-speaks": replace(RIGHT, speaks=False),
        # what it sends again
        "retries-refusals": replace(RIGHT, retried=RIGHT.retried | {400, 401, 404}),
        "retries-otherwise": replace(RIGHT, again=_shortened),
        "retries-at-once": replace(RIGHT, waits=False),
        "retries-when-declined": replace(RIGHT, obeys=False),
        "submits-after-a-break": replace(RIGHT, resubmits=True),
        # what it makes of the answer
        "deaf-to-refusals": replace(RIGHT, notices_refusals=False),
        "deaf-to-truncation": replace(RIGHT, notices_truncation=False),
        "deaf-to-resets": replace(RIGHT, notices_resets=False),
        "deaf-to-errors": replace(RIGHT, notices_errors=False),
        "deaf-to-bare-errors": replace(RIGHT, notices_bare_errors=False),
        "deaf-to-bad-json": replace(RIGHT, notices_bad_json=False),
        "takes-any-body": replace(RIGHT, notices_other_bodies=False),
        "waits-for-the-close": replace(RIGHT, ends_at_done=False),
        "text-after-done": replace(RIGHT, ends_at_done=False, ignores_rest=False),
        "no-unknown-events": replace(RIGHT, skips_unknown_events=False),
        "no-unknown-texts": replace(RIGHT, skips_unknown_texts=False),
        "demands-members": replace(RIGHT, demands_members=True),
        "functions-only": replace(RIGHT, demands_functions=True),
        "stops-at-the-next-round": replace(RIGHT, further_rounds=False),
        "breaks-at-the-next-round": replace(RIGHT, further_rounds=False, fails_at_further_rounds=True),
        "all-is-completed": replace(RIGHT, said_status=lambda _: "completed"),
        "quotes-the-question": replace(
            RIGHT, said_text=lambda status, text: _QUESTION if status in UNSUCCESSFUL else text
        ),
        "loses-a-word": replace(RIGHT, said_text=lambda _, text: text.rpartition(" ")[0]),
        "reads-on": replace(RIGHT, idle_reads=6),
        # how it reads a stream
        "line-feeds-only": _reading(all_line_ends=False),
        "stumbles-over-the-mark": _reading(skips_mark=False),
        "stumbles-over-comments": _reading(skips_comments=False),
        "last-data-line": _reading(adds_data=False),
        "needs-the-space": _reading(spares_space=False),
        "stumbles-over-empty-events": _reading(skips_empty=False),
        "stumbles-over-fields": _reading(skips_fields=False),
        "splits-lines-too-often": _reading(only_line_ends=False),
        "short-lines": _reading(any_length=False),
        "piece-by-piece": _reading(joins_pieces=False),
    }
)

HABITS: Mapping[str, Habit] = MappingProxyType({**GOOD, **BAD})
