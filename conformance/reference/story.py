"""A script as the events of a run: the one place that makes streams.

A story is a sequence of transitions; each ends with the event that moves the run on. A stream plays them until an
event that ends it and adds `done` (`events.stream`); somebody who polls sees one more transition at each look. So both
ways to follow a run tell the same story, and what is left of it once a stream has ended is what later looks will find.

Order and shapes: the ORD and EVT ids of the contract, and the recorded streams behind them. A story is pure: ids come
from `new_id`, times from `now`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conformance.reference import objects
from conformance.reference.events import TRANSITIONS, Event, Transition
from conformance.reference.objects import Document
from conformance.reference.scripts import Call, Part, RunsCode, Says, Script, SearchesFiles

#: Gives a fresh id for a prefix such as `step`.
NewId = Callable[[str], str]


#: What the end of a run within a message does to the message and to its step.
_BROKEN_OFF: Mapping[str, tuple[str, str]] = {
    "incomplete": ("max_tokens", "completed"),
    "failed": ("run_failed", "failed"),
    "cancelled": ("run_cancelled", "cancelled"),
    "expired": ("run_expired", "expired"),
}


@dataclass(frozen=True, slots=True)
class Story:
    """What will happen to a run."""

    transitions: tuple[Transition, ...]
    #: The second in which the last of it happens.
    until: int


class Ids:
    """Fresh ids from one counter for each prefix: the same requests in the same order get the same ids."""

    def __init__(self) -> None:
        self._last: Counter[str] = Counter()

    def __call__(self, prefix: str) -> str:
        """Return the next id, such as `step_000000000000000000000001`."""
        self._last[prefix] += 1
        return f"{prefix}_{self._last[prefix]:024d}"


def begin(
    script: Script, run: Document, calls: Sequence[Call], *, new_id: NewId, now: int, thread: Document | None = None
) -> Story:
    """The story of a run from its creation to its first calls, or to its end where it makes none.

    `run` is the run as created; `thread` is told first where the same request created it.
    """
    writer = _Writer(run, new_id, now, objects.usage(0, 0))
    if thread is not None:
        writer.emit("thread.created", thread)
    writer.emit("thread.run.created", run)
    writer.resume()
    writer.go_on(script, calls)
    return writer.story()


def go_on(
    script: Script,
    run: Document,
    pending: Document,
    outputs: Mapping[str, str],
    calls: Sequence[Call],
    *,
    new_id: NewId,
    now: int,
    spent: Document,
) -> Story:
    """The story of a run from the submission of its outputs to its next calls, or to its end.

    `pending` is the step that waits for `outputs` (call id to text), `calls` what the model asks for next, `spent`
    the usage of the steps that ended before.
    """
    writer = _Writer(run, new_id, now, spent)
    if script.ending == "expired" and not calls:
        writer.lapse(pending)
        return writer.story()
    answered = [objects.with_output(call, outputs[call["id"]]) for call in _calls_of(pending)]
    writer.end_step({**pending, "step_details": objects.tool_calls(answered)}, "completed")
    writer.resume()
    writer.go_on(script, calls)
    return writer.story()


def cancel(run: Document, pending: Document | None, *, new_id: NewId, now: int, spent: Document) -> Story:
    """The story of a run that somebody cancels, with the step that waits for outputs where there is one."""
    writer = _Writer(run, new_id, now, spent)
    writer.move({**run, "status": "cancelling", "required_action": None})
    if pending is not None:
        writer.end_step(pending, "cancelled")
    writer.end_run("cancelled")
    return writer.story()


class _Writer:
    """Tells events one after the other, keeping the run as it stands, the time and the tokens spent."""

    def __init__(self, run: Document, new_id: NewId, now: int, spent: Document) -> None:
        self._run = run
        self._new_id = new_id
        self._now = now
        self._spent = spent
        self._transitions: list[Transition] = []
        self._transition: list[Event] = []

    def story(self) -> Story:
        return Story(tuple(self._transitions), self._now)

    def emit(self, name: str, data: Document) -> None:
        self._transition.append(Event(name, data))
        if name in TRANSITIONS:
            self._transitions.append(tuple(self._transition))
            self._transition = []

    def move(self, run: Document) -> None:
        self._run = run
        self.emit(f"thread.run.{run['status']}", run)

    def resume(self) -> None:
        """The run is queued, then works; it counts as started when it begins to work, each time anew."""
        self.move({**self._run, "status": "queued", "required_action": None})
        self._now += 1
        self.move({**self._run, "status": "in_progress", "started_at": self._now})

    def go_on(self, script: Script, calls: Sequence[Call]) -> None:
        if calls:
            self._ask(script, calls)
        else:
            self._answer(script)

    def end_step(self, step: Document, status: str) -> None:
        # Any numbers will do as long as they add up; these grow with the thread as real ones do.
        spent = objects.usage(260 + self._spent["total_tokens"], 12)
        at = step["expires_at"] if status == "expired" else self._now
        self._spent = objects.usage_sum(self._spent, spent)
        self.emit(f"thread.run.step.{status}", objects.step_ended(step, status, at, spent))

    def end_run(self, status: str) -> None:
        self.move(objects.run_ended(self._run, status, self._now, self._spent))

    def lapse(self, pending: Document) -> None:
        """The run expires, and the step that waits for outputs with it."""
        self.end_step(pending, "expired")
        self.end_run("expired")

    def _open_step(self, details: Document) -> Document:
        step = objects.step(self._new_id("step"), self._run, self._now, details)
        self.emit("thread.run.step.created", step)
        self.emit("thread.run.step.in_progress", step)
        return step

    def _ask(self, script: Script, calls: Sequence[Call]) -> None:
        for part in script.before:
            self._play(part)
        step = self._open_step(objects.tool_calls([]))
        made: list[Document] = []
        for index, call in enumerate(calls):
            whole = objects.function_call(self._new_id("call"), call.name, "".join(call.pieces))
            made.append(whole)
            function = {"name": call.name, "arguments": "", "output": None}
            self.emit(
                "thread.run.step.delta", objects.step_delta(step["id"], {"index": index, **whole, "function": function})
            )
            for piece in call.pieces:
                more = {"index": index, "type": "function", "function": {"arguments": piece}}
                self.emit("thread.run.step.delta", objects.step_delta(step["id"], more))
        self.move(objects.run_waiting(self._run, made))
        if script.patience is not None:
            self._transitions.extend([()] * script.patience)
            self.lapse(waiting_step(step, self._run))

    def _answer(self, script: Script) -> None:
        for part in script.parts[:-1]:
            self._play(part)
        match script.parts[-1:]:
            case [Says() as message] if script.ending != "completed":
                self._break_off(message, script.ending)
            case last:
                for part in last:
                    self._play(part)
                self.end_run(self._turn(script.ending))

    def _turn(self, ending: str) -> str:
        """Tell what announces an ending, before anything is closed; return the status in which the run will end."""
        if ending == "cancelled":
            self.move({**self._run, "status": "cancelling"})
        if ending == "error":
            self.emit("error", objects.error("The server failed while it was answering.", "server_error"))
            return "failed"
        return ending

    def _play(self, part: Part) -> None:
        match part:
            case Says():
                step, message = self._open_message()
                self._say(message, part.pieces)
                self._now += 1
                whole = objects.message_ended(message, "".join(part.pieces), self._now, reason=None)
                self.emit("thread.message.completed", whole)
            case RunsCode():
                step = self._run_code(part)
            case SearchesFiles():
                step = self._search_files(part)
        self.end_step(step, "completed")

    def _open_message(self) -> tuple[Document, Document]:
        message_id = self._new_id("msg")
        step = self._open_step(objects.message_creation(message_id))
        message = objects.message_begun(message_id, self._run, self._now)
        self.emit("thread.message.created", message)
        self.emit("thread.message.in_progress", message)
        return step, message

    def _say(self, message: Document, pieces: Sequence[str]) -> None:
        for index, piece in enumerate(pieces):
            self.emit("thread.message.delta", objects.message_delta(message["id"], piece, first=index == 0))

    def _break_off(self, part: Says, ending: str) -> None:
        step, message = self._open_message()
        half = part.pieces[: (len(part.pieces) + 1) // 2]
        self._say(message, half)
        self._now += 1
        status = self._turn(ending)
        reason, step_status = _BROKEN_OFF[status]
        self.emit("thread.message.incomplete", objects.message_ended(message, "".join(half), self._now, reason=reason))
        self.end_step(step, step_status)
        self.end_run(status)

    def _run_code(self, part: RunsCode) -> Document:
        step = self._open_step(objects.tool_calls([]))
        call = {"id": self._new_id("call"), "type": "code_interpreter"}
        self._tell_built_in(step, {**call, "code_interpreter": {"input": "", "outputs": []}})
        for piece in part.pieces:
            self._tell_built_in(step, {"type": "code_interpreter", "code_interpreter": {"input": piece}})
        logs = {"type": "logs", "logs": part.logs}
        told = {"type": "code_interpreter", "code_interpreter": {"outputs": [{"index": 0, **logs}]}}
        self._tell_built_in(step, told)
        self._now += 1
        whole = {**call, "code_interpreter": {"input": "".join(part.pieces), "outputs": [logs]}}
        return {**step, "step_details": objects.tool_calls([whole])}

    def _search_files(self, part: SearchesFiles) -> Document:
        step = self._open_step(objects.tool_calls([]))
        call = {"id": self._new_id("call"), "type": "file_search"}
        self._tell_built_in(step, {**call, "file_search": {}})
        self._now += 1
        result = {
            "file_id": part.file_id,
            "file_name": part.file_name,
            "score": 0.75,
            "content": [{"type": "text", "text": part.text}],
        }
        ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
        found = {**call, "file_search": {"ranking_options": ranking, "results": [result]}}
        return {**step, "step_details": objects.tool_calls([found])}

    def _tell_built_in(self, step: Document, call: Document) -> None:
        self.emit("thread.run.step.delta", objects.step_delta(step["id"], {"index": 0, **call}))


def waiting_step(step: Document, run: Document) -> Document:
    """The step as it stands while its run waits: with the calls, and no output yet."""
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    return {**step, "step_details": objects.tool_calls([objects.with_output(call, None) for call in calls])}


def _calls_of(step: Document) -> list[Document]:
    """The function calls of a waiting step, without their outputs."""
    calls: list[Document] = []
    for call in step["step_details"]["tool_calls"]:
        function = {key: value for key, value in call["function"].items() if key != "output"}
        calls.append({**call, "function": function})
    return calls
