"""What the bundled client knows of the run by now."""

from __future__ import annotations

import json

from conformance.contract.lifecycle import STREAM_TERMINAL
from conformance.mock.client.habit import Document, Habit
from conformance.mock.client.stream_reader import Event

_RUN = "thread.run."
_STEP = "thread.run.step."
_MESSAGE = "thread.message."

#: Events of the API, by what follows their prefix.
_OF_RUN = ("created", "queued", "in_progress", "requires_action", "completed", "incomplete", "failed", "cancelling",
           "cancelled", "expired")  # fmt: skip
_OF_STEP = ("created", "in_progress", "delta", "completed", "failed", "cancelled", "expired")
_OF_MESSAGE = ("created", "in_progress", "delta", "completed", "incomplete")
_KNOWN = frozenset(
    {"thread.created", "error"}
    | {_RUN + name for name in _OF_RUN}
    | {_STEP + name for name in _OF_STEP}
    | {_MESSAGE + name for name in _OF_MESSAGE}
)

#: A member of runs that some clients will not do without.
_DEMANDED = "incomplete_details"


class Failed(Exception):
    """The client reports a failure; `midstream`: a stream had begun, and broke off."""

    def __init__(self, reason: str, *, midstream: bool = False) -> None:
        super().__init__(reason)
        self.midstream = midstream


class Seen:
    """Status, text and waiting calls, as answers and events show them."""

    def __init__(self, habit: Habit) -> None:
        self.status: str | None = None
        #: Calls that wait for outputs.
        self.calls: list[str] = []
        #: Whether the stream has said `done`.
        self.done = False
        self._habit = habit
        self._texts: dict[str, str] = {}
        #: Ids and arguments of the calls that a stream shows, by their index.
        self._ids: dict[int, str] = {}
        self._arguments: dict[int, str] = {}

    def begin_round(self) -> None:
        """Outputs are on their way: nothing is known of what follows."""
        self.status, self.calls, self.done = None, [], False
        self._ids, self._arguments = {}, {}

    @property
    def run_ended(self) -> bool:
        """Whether the run has stopped."""
        return self.status in STREAM_TERMINAL

    @property
    def text(self) -> str:
        """The text of the last message."""
        return next(reversed(self._texts.values()), "")

    def run(self, run: Document) -> None:
        """Take a run for what it says."""
        if self._habit.demands_members and _DEMANDED not in run:
            raise Failed(f"the run has no {_DEMANDED}")
        self.status = run["status"]
        action = run.get("required_action")
        self.calls = [] if not action else [call["id"] for call in action["submit_tool_outputs"]["tool_calls"]]

    def whole_message(self, message: Document) -> None:
        """Take a message for what it says."""
        self._texts[message["id"]] = "".join(part["text"]["value"] for part in message["content"])

    def event(self, event: Event) -> None:
        """Take an event of a stream for what it says. Raises Failed."""
        if event.name == "done":
            self.done = True
            return
        if event.name in self._habit.refused_events:
            raise Failed(f"KeyError: {event.name}")
        if event.name not in _KNOWN and not self._habit.skips_unknown_events:
            raise Failed(f"an unknown event: {event.name}")
        document = self._read(event)
        if document is None:
            return
        if event.name == "error":
            self._error(document)
        elif event.name.startswith(_RUN) and not event.name.startswith(_STEP):
            self.run(document)
        elif event.name == f"{_STEP}delta":
            self._pieces(document)
        elif event.name.startswith(_STEP) and self._habit.demands_functions:
            self._step(document)
        elif event.name == f"{_MESSAGE}delta":
            for part in document["delta"]["content"]:
                self._texts[document["id"]] = self._texts.get(document["id"], "") + part["text"]["value"]

    def _read(self, event: Event) -> Document | None:
        """The document of an event that means something; None for any other."""
        if event.name not in _KNOWN and self._habit.skips_unknown_texts:
            return None
        try:
            document = json.loads(event.data)
        except ValueError:
            if event.name in _KNOWN and not self._habit.notices_bad_json:
                return None
            raise Failed(f"{event.name} is not JSON") from None
        return document if event.name in _KNOWN and isinstance(document, dict) else None

    def _step(self, document: Document) -> None:
        calls = document.get("step_details", {}).get("tool_calls", ())
        if any(call["type"] != "function" for call in calls):
            raise Failed("a step that calls no function")

    def complete_calls(self) -> list[str]:
        """The calls that the stream showed, once the arguments of each are JSON; nothing before."""
        return list(self._ids.values()) if all(map(_is_json, self._arguments.values())) else []

    def _pieces(self, document: Document) -> None:
        for call in document["delta"]["step_details"]["tool_calls"]:
            if call["type"] == "function":
                at = call["index"]
                self._ids.setdefault(at, call.get("id"))
                self._arguments[at] = self._arguments.get(at, "") + call["function"]["arguments"]

    def _error(self, document: Document) -> None:
        wrapped = isinstance(document.get("error"), dict)
        if self._habit.notices_errors if wrapped else self._habit.notices_bare_errors:
            raise Failed(f"the server reports an error: {document}")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
