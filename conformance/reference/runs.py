"""A run with the steps it took and the transitions that lie before it; no sockets, no real time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from conformance.contract.lifecycle import FINAL
from conformance.reference import objects, story
from conformance.reference.clock import Clock
from conformance.reference.events import Event, Transition, ends_stream, stream
from conformance.reference.objects import Document
from conformance.reference.refusals import Refused
from conformance.reference.scripts import Round
from conformance.reference.story import Story
from conformance.reference.submission import Rule, Submission

#: The states in which a run may still be cancelled.
_CANCELLABLE = frozenset({"queued", "in_progress", "requires_action"})


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Which submissions a run accepts, and what becomes of it."""

    #: Asked one after the other before a submission is accepted.
    rules: tuple[Rule, ...]
    #: What happens to the run once its outputs were accepted.
    accepted: Callable[[Run, Submission], None]
    #: What happens to the run once its outputs were refused by a rule.
    refused: Callable[[Run, Submission], None]


@dataclass(slots=True)
class Run:
    """One run as it stands, and what lies before it."""

    document: Document
    #: What the model does in each round.
    course: tuple[Round, ...]
    #: The messages of its thread, where its own are added.
    messages: dict[str, Document]
    clock: Clock
    acceptance: Acceptance
    steps: dict[str, Document] = field(default_factory=dict)
    transitions: deque[Transition] = field(default_factory=deque)
    #: How often outputs were accepted.
    rounds: int = 0
    #: The refusal that the next submission meets.
    hindrance: str | None = None
    #: How often it was looked at once its end had been shown.
    idle_looks: int = 0

    def begin(self, thread: Document | None) -> None:
        """Lay out the transitions up to the first calls; `thread` comes too where it was created with the run."""
        script, calls = self.course[0].script, self.course[0].calls
        self.hindrance = script.hindrance
        new_id, now = self.clock.new_id, self.clock.now
        self._expect(story.begin(script, self.document, calls, thread=thread, new_id=new_id, now=now))

    def look(self) -> Document:
        """Play the next transition, where there is one, and return the run as it stands then."""
        if self.transitions:
            self._play(self.transitions.popleft())
        elif self.is_over():
            self.idle_looks += 1
        return self.document

    def watch(self) -> tuple[Event, ...]:
        """Play every transition up to the end of the stream; return the stream."""
        played: list[Transition] = []
        while self.transitions and not (played and ends_stream(played[-1])):
            played.append(self.transitions.popleft())
            self._play(played[-1])
        return tuple(stream(played))

    def submit(self, submission: Submission) -> None:
        """Accept the outputs and lay out what follows; raise Refused, with nothing changed, where a rule is broken."""
        if self.hindrance is not None:
            hindrance, self.hindrance = self.hindrance, None
            raise Refused(hindrance)
        try:
            for rule in self.acceptance.rules:
                rule(self.document["status"], self.pending_ids(), submission)
        except Refused:
            self.acceptance.refused(self, submission)
            raise
        self.acceptance.accepted(self, submission)

    def resume(self, outputs: Mapping[str, str]) -> None:
        """Lay out what follows the outputs (call id to text) of the step that waits; without such a step, nothing."""
        step = self.pending_step()
        if step is None:
            return
        self.rounds += 1
        script, calls = self.course[self.rounds].script, self.course[self.rounds].calls
        new_id, now, spent = self.clock.new_id, self.clock.now, self.spent()
        self._expect(story.go_on(script, self.document, step, outputs, calls, new_id=new_id, now=now, spent=spent))

    def cancel(self) -> Document:
        """Begin to cancel the run and return it; raise Refused where it is over."""
        if self.document["status"] not in _CANCELLABLE:
            raise Refused("cancel", status=self.document["status"])
        step, spent, now = self.pending_step(), self.spent(), self.clock.now
        self._expect(story.cancel(self.document, step, new_id=self.clock.new_id, now=now, spent=spent))
        return self.look()

    def describe(self, metadata: Document) -> Document:
        """Give the run other metadata, now and in every transition that lies before it; return it."""
        self.document = {**self.document, "metadata": metadata}
        self.transitions = deque(
            tuple(_described(event, metadata) for event in transition) for transition in self.transitions
        )
        return self.document

    def is_over(self) -> bool:
        """Whether nothing can happen to the run any more."""
        return self.document["status"] in FINAL

    def pending_ids(self) -> list[str]:
        """The ids of the calls whose outputs the run waits for, in its order."""
        action = self.document["required_action"]
        return [] if action is None else [call["id"] for call in action["submit_tool_outputs"]["tool_calls"]]

    def pending_step(self) -> Document | None:
        """The step that waits for outputs."""
        waiting = (step for step in self.steps.values() if step["status"] == "in_progress")
        return next(waiting, None) if self.pending_ids() else None

    def spent(self) -> Document:
        """The usage of all its steps that have ended."""
        total = objects.usage(0, 0)
        for step in self.steps.values():
            if step["usage"] is not None:
                total = objects.usage_sum(total, step["usage"])
        return total

    def _expect(self, told: Story) -> None:
        self.transitions = deque(told.transitions)
        self.clock.reach(told.until)

    def _play(self, events: Iterable[Event]) -> None:
        """Keep what the events say of this run, its steps and its messages; deltas and errors leave no trace."""
        for document in (event.data for event in events if isinstance(event.data, dict)):
            match document.get("object"):
                case "thread.run":
                    self.document = document
                    self._show_calls()
                case "thread.run.step":
                    self.steps[document["id"]] = document
                case "thread.message":
                    self.messages[document["id"]] = document

    def _show_calls(self) -> None:
        """While the run waits, its step shows the calls: in a stream only deltas showed them."""
        step = self.pending_step()
        if step is not None:
            self.steps[step["id"]] = story.waiting_step(step, self.document)


def _described(event: Event, metadata: Document) -> Event:
    if isinstance(event.data, dict) and event.data.get("object") == "thread.run":
        return event._replace(data={**event.data, "metadata": metadata})
    return event
