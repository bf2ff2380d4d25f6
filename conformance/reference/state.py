"""What the server keeps: assistants, threads with their messages and runs. No sockets, no real time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from conformance.reference import objects
from conformance.reference.clock import Clock
from conformance.reference.objects import Document
from conformance.reference.refusals import Refused
from conformance.reference.remembered import Remembered
from conformance.reference.runs import Acceptance, Run
from conformance.reference.scripts import Round

_Kept = TypeVar("_Kept")


@dataclass(slots=True)
class Thread:
    """A thread, its messages and its runs in the order in which they came."""

    document: Document
    messages: dict[str, Document] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)

    def active_run(self) -> Run | None:
        """The run that holds the thread: nothing may be added while it is not over (SUB-LOCK)."""
        return next((run for run in self.runs.values() if not run.is_over()), None)


class State:
    """Everything the server keeps; each request moves its clock on by one second.

    `acceptance` is what runs are created with; `model` says what is done in each round of one.
    """

    def __init__(self, acceptance: Acceptance, model: Callable[[Document], tuple[Round, ...]]) -> None:
        self.clock = Clock()
        self.assistants: dict[str, Document] = {}
        self.threads: dict[str, Thread] = {}
        self._remembered = Remembered()
        self._acceptance = acceptance
        self._model = model

    def new_assistant(self, settings: Document) -> Document:
        """Keep and return a new assistant."""
        assistant = objects.assistant(self.clock.new_id("asst"), self.clock.now, settings)
        self.assistants[assistant["id"]] = assistant
        self._remembered.touch(assistant["id"])
        return assistant

    def new_thread(self, settings: Document, messages: Iterable[Document]) -> Thread:
        """Keep and return a new thread with its first messages."""
        thread = Thread(objects.thread(self.clock.new_id("thread"), self.clock.now, settings))
        self.threads[thread.document["id"]] = thread
        self._remembered.touch(thread.document["id"])
        for message in messages:
            self._add(thread, message)
        return thread

    def new_message(self, thread: Thread, settings: Document) -> Document:
        """Add a message to a thread; raise Refused while a run holds it."""
        active = thread.active_run()
        if active is not None:
            raise Refused("locked", thread=thread.document["id"], run=active.document["id"])
        return self._add(thread, settings)

    def new_run(
        self, thread: Thread, settings: Document, messages: Iterable[Document], *, thread_is_new: bool = False
    ) -> Run:
        """Start a run on a thread with the messages it brings along.

        Raises Refused, with nothing changed, for an unknown assistant or while another run holds the thread.
        """
        thread_id = thread.document["id"]
        active = thread.active_run()
        if active is not None:
            raise Refused("active", thread=thread_id, run=active.document["id"])
        assistant = self.assistant(settings["assistant_id"])
        for message in messages:
            self._add(thread, message)
        document = objects.run(self.clock.new_id("run"), thread_id, self.clock.now, assistant, settings)
        run = Run(document, self._model(document), thread.messages, self.clock, self._acceptance)
        run.begin(thread.document if thread_is_new else None)
        thread.runs[document["id"]] = run
        self._remembered.touch(thread_id)
        return run

    def assistant(self, id_: str) -> Document:
        """Return an assistant, or raise Refused."""
        assistant = _found(self.assistants, id_, "no-assistant")
        self._remembered.touch(id_)
        return assistant

    def thread(self, id_: str) -> Thread:
        """Return a thread, or raise Refused."""
        thread = _found(self.threads, id_, "no-thread")
        self._remembered.touch(id_)
        return thread

    def message(self, thread_id: str, id_: str) -> Document:
        """Return a message of a thread, or raise Refused."""
        return _found(self.thread(thread_id).messages, id_, "no-message")

    def run(self, thread_id: str, id_: str) -> Run:
        """Return a run of a thread, or raise Refused: a run of another thread is unknown here (SUB-OTHER-THREAD)."""
        return _found(self.thread(thread_id).runs, id_, "no-run")

    def step(self, thread_id: str, run_id: str, id_: str) -> Document:
        """Return a step of a run, or raise Refused."""
        return _found(self.run(thread_id, run_id).steps, id_, "no-step")

    def took(self, size: int) -> None:
        """A request of so many bytes has changed something: forget what is too much with it, the oldest first."""
        for name in self._remembered.took(size):
            self.threads.pop(name, None)
            self.assistants.pop(name, None)

    def forget(self, name: str) -> None:
        """An assistant or a thread, with its messages and runs, is no more."""
        self._remembered.forget(name)
        self.threads.pop(name, None)
        self.assistants.pop(name, None)

    def idle_looks(self) -> int:
        """How often the run that was looked at most since its end was looked at since then."""
        return max((run.idle_looks for thread in self.threads.values() for run in thread.runs.values()), default=0)

    def _add(self, thread: Thread, settings: Document) -> Document:
        message = objects.message(self.clock.new_id("msg"), thread.document["id"], self.clock.now, settings)
        thread.messages[message["id"]] = message
        return message


def _found(kept: Mapping[str, _Kept], id_: str, condition: str) -> _Kept:
    if id_ not in kept:
        raise Refused(condition, id=id_)
    return kept[id_]
