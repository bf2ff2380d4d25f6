"""What earlier exchanges showed of each run: its status, the calls it waits for, the ids it has used."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple
from urllib.parse import unquote

from conformance.model import Operation, Response
from conformance.walk.documents import Document, member, members, text
from conformance.walk.http_response import served
from conformance.wire.replaced import known


class Call(NamedTuple):
    """A function call a run waits for."""

    id: str
    name: str
    arguments: str


#: The run that a path names.
_RUN = re.compile(r"/runs/([^/?]+)")


def run_of_path(target: str) -> str | None:
    """The run that a path names, percent-decoded; None where it names none, or a recorder replaced it."""
    found = _RUN.search(target)
    return known(unquote(found[1])) if found else None


#: The message or the thread that a path ends with.
_LAST = re.compile(r"/(?:messages|threads)/([^/?]+)/?(?:\?.*)?$")


def deleted_by(target: str) -> str | None:
    """What a DELETE of this path deletes, a message or a thread; None for anything else, or where it was replaced."""
    found = _LAST.search(target)
    return known(unquote(found[1])) if found else None


#: What a submission answers: call id and output, None where there is no output.
Items = tuple[tuple[str, str | None], ...]

#: Statuses after which the same submission may follow, and be served: nobody knows yet whether it was taken.
RETRIED = frozenset({408, 409})

#: Statuses after which a submission may be sent again, besides every 5xx and no status at all (contract SDK-RETRY).
PASSING = RETRIED | {429}


@dataclass(slots=True)
class KnownRun:
    """One run as it was last seen."""

    id: str
    status: str | None = None
    #: The calls it waits for; None where no document listed them.
    pending: tuple[Call, ...] | None = None
    #: Ids of steps, messages and calls that earlier streams or lists showed.
    ids: set[str] = field(default_factory=set)
    #: Call id -> the step that showed it first, in an earlier stream or list.
    step_by_call: dict[str, str] = field(default_factory=dict)
    #: Sets of items whose submission was answered with 2xx, the calls of each set, and all of those.
    accepted: set[frozenset[tuple[str, str | None]]] = field(default_factory=set)
    accepted_together: set[frozenset[str]] = field(default_factory=set)
    accepted_calls: set[str] = field(default_factory=set)
    #: Call ids that partial submissions of the present round have covered.
    covered: set[str] = field(default_factory=set)
    #: A submission was answered by a fault or not at all: nobody knows whether it was taken.
    uncertain: bool = False

    def answered(self, items: Items, response: Response | None, *, refusable: bool, partial: bool) -> None:
        """Learn from the answer to a submission of these items; until the run is seen again, its state is open."""
        if response is None or response.status >= 500 or (response.status in RETRIED and not refusable):
            self.uncertain = True
        elif served(response):
            calls = frozenset(call for call, _ in items)
            self.accepted.add(frozenset(items))
            self.accepted_together.add(calls)
            self.accepted_calls |= calls
            self.status = "submitted"
        if partial:
            self.covered |= {call for call, _ in items}

    def saw(self, document: Mapping[str, object]) -> None:
        """Learn from a run document, read or streamed."""
        status = text(document, "status")
        if status is None:
            return
        waited = self.status == "requires_action"
        self.status, self.uncertain = status, False
        if status != "requires_action":
            self.pending = ()
            return
        calls = calls_of(document)
        if calls is None and waited and document.get("required_action") is None:
            return  # its steps may have listed them
        if calls is not None and {call.id for call in calls} != {call.id for call in self.pending or ()}:
            self.covered = set()
        self.pending = calls

    def learn(self, steps: Iterable[str], messages: Iterable[str], told: Mapping[str, str]) -> None:
        """Learn from a stream that ended: the ids it used, and which step showed which call first."""
        self.step_by_call.update((call, step) for call, step in told.items() if step not in self.ids)
        self.ids.update(steps, messages)

    def used(self, found: str) -> bool:
        """Whether an id names something of this run already: a step, a message or a call of an earlier round."""
        return found in self.ids or found in self.step_by_call or found in self.accepted_calls

    def saw_step(self, document: Document) -> None:
        """Learn from the open step of a run that waits without saying for what (contract §8.1)."""
        if self.status != "requires_action" or self.pending or text(document, "status") != "in_progress":
            return
        calls = _distinct(members(document, "step_details", "tool_calls"))
        if calls is not None:
            self.covered, self.pending = set(), calls


def calls_of(document: Mapping[str, object]) -> tuple[Call, ...] | None:
    """The function calls of `required_action`; None where they are absent, of another kind or unusable as ids.

    Null or repeated ids cannot be answered one by one, so nothing is said about what is pending then (contract §8.1).
    """
    action = member(document, "required_action")
    if action is None or text(action, "type") != "submit_tool_outputs":
        return None
    return _distinct(members(action, "submit_tool_outputs", "tool_calls"))


def runs_in(document: object) -> tuple[Document, ...]:
    """The runs that an answer shows: the run itself, or those of a list."""
    found = (member(document) or {}, *members(document, "data"))
    return tuple(each for each in found if text(each, "object") == "thread.run")


def asks_for_outputs(document: object) -> bool:
    """Whether a waiting run waits for outputs, as far as it says for what: an approval is another matter."""
    return text(document, "required_action", "type") in (None, "submit_tool_outputs")


def _distinct(entries: tuple[Document, ...]) -> tuple[Call, ...] | None:
    calls = tuple(
        Call(text(entry, "id") or "", text(entry, "function", "name") or "", text(entry, "function", "arguments") or "")
        for entry in entries
        if text(entry, "type") == "function"
    )
    ids = {call.id for call in calls}
    if not calls or "" in ids or len(ids) != len(calls):
        return None
    return calls


#: The thread and the run that a read of a run, its steps or a thread's messages asks for.
_ASKED = re.compile(r"/threads/([^/?]+)(?:/runs/([^/?]+))?(?:/steps|/messages)?(?:\?.*)?")
#: Words in the query of a list that make it begin somewhere else than at its start, or leave some out.
_CHOOSES = re.compile(r"[?&](?:after|before|run_id)=")


class Look(NamedTuple):
    """What one read brought: the run, or the runs, steps or messages of a list."""

    operation: Operation
    exchange: int
    documents: tuple[Document, ...]
    #: Path and query; empty where a recording does not hold them.
    target: str = ""
    #: The list goes on after this page.
    more: bool = False
    #: A recorder replaced ids or names in it: what it lists is not to be told apart.
    hidden: bool = False

    @property
    def whole(self) -> bool:
        """Whether what is not listed does not exist."""
        return not self.more and _CHOOSES.search(self.target) is None

    def about(self, run: Document | None) -> bool:
        """Whether it reads this run or its thread; a recording without paths is taken to."""
        asked = _ASKED.search(self.target)
        ids = (text(run, "thread_id"), text(run, "id"))
        return asked is None or all(
            each is None or own is None or known(unquote(each)) in (None, own)
            for each, own in zip(asked.groups(), ids, strict=True)
        )


class History:
    """All runs of one transcript, by id, and every read of them."""

    def __init__(self) -> None:
        self.runs: dict[str, KnownRun] = {}
        #: In the order of their exchanges: all, and those of each kind.
        self.looks: list[Look] = []
        self._of_kind: dict[Operation, list[Look]] = {}
        #: Exchanges that changed a run or may have: submissions not turned down, cancelling, modifying.
        self.changes: list[int] = []
        #: Messages and threads that a client deleted.
        self.deleted: set[str] = set()

    def run(self, run_id: str | None) -> KnownRun | None:
        """The run of that id; where a recording holds no id, the only run there is."""
        if run_id is not None:
            return self.runs.setdefault(run_id, KnownRun(run_id))
        return next(iter(self.runs.values())) if len(self.runs) == 1 else None

    def waiting_for(self, calls: Collection[str]) -> KnownRun | None:
        """The only run that waits for any of these calls, else the only run there is."""
        waiting = [run for run in self.runs.values() if any(call.id in calls for call in run.pending or ())]
        return waiting[0] if len(waiting) == 1 else self.run(None)

    def saw_run(self, document: Mapping[str, object], asked: str | None = None) -> KnownRun | None:
        """Learn from a run document; None where neither it nor whoever `asked` says which run it is."""
        run_id = text(document, "id") or asked
        if run_id is None:
            return None
        run = self.runs.setdefault(run_id, KnownRun(run_id))
        run.saw(document)
        return run

    def looked(self, look: Look) -> None:
        """Keep a read; a message of the user belongs to no run."""
        self.looks.append(look)
        self._of_kind.setdefault(look.operation, []).append(look)
        if look.operation in (Operation.GET_RUN, Operation.LIST_RUNS):
            return
        for document in look.documents:
            run_id = text(document, "run_id")
            if run_id is not None:
                run = self.runs.setdefault(run_id, KnownRun(run_id))
                own, *calls = (text(document, "id"), *ids_in(document)[1:])
                run.ids.update(ids_in(document))
                if own is not None:
                    run.step_by_call.update((call, own) for call in calls if call not in run.step_by_call)
                run.saw_step(document)

    def changed_between(self, first: int, second: int) -> bool:
        """Whether a run may have been changed by an exchange between two others."""
        return bisect_right(self.changes, first) < bisect_left(self.changes, second)

    def between(self, operation: Operation, first: int, second: int | None) -> Sequence[Look]:
        """The reads of a kind after one exchange and, where there is another, before it."""
        looks = self._of_kind.get(operation, [])
        end = len(looks) if second is None else bisect_left(looks, second, key=_EXCHANGE)
        return looks[bisect_right(looks, first, key=_EXCHANGE) : end]

    def before(self, operation: Operation, exchange: int) -> Look | None:
        """The last read of a kind before an exchange."""
        looks = self._of_kind.get(operation, [])
        at = bisect_left(looks, exchange, key=_EXCHANGE)
        return looks[at - 1] if at else None

    def after(self, operation: Operation, exchange: int) -> Look | None:
        """The first read of a kind after an exchange."""
        looks = self._of_kind.get(operation, [])
        at = bisect_right(looks, exchange, key=_EXCHANGE)
        return looks[at] if at < len(looks) else None


_EXCHANGE = attrgetter("exchange")


def ids_in(document: Mapping[str, object]) -> tuple[str, ...]:
    """The ids a step or message document introduces: its own and those of its tool calls."""
    own = text(document, "id")
    calls = (text(entry, "id") for entry in members(document, "step_details", "tool_calls"))
    return tuple(found for found in (own, *calls) if found)
