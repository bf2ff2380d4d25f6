"""Draws a tale: what a run does, what is submitted, refused, read and streamed on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.model import Operation
from conformance.proof.variations.draw import Draw, chance, cut, some
from conformance.proof.variations.refusals import REFUSALS, Items, Refusal
from conformance.proof.variations.tale import Tale, Turn, document_of, plain
from conformance.reference import objects, story
from conformance.reference.events import Event, Scene, ends_stream, stream
from conformance.reference.objects import Document
from conformance.reference.scripts import Call, Part, RunsCode, Says, Script, SearchesFiles
from conformance.reference.story import Ids, Story

NOW = 1_750_000_000
MOST_CALLS, MOST_ROUNDS = 6, 3

#: What a model says or a client submits: letters of one to four bytes, what means something to readers of streams.
TEXTS = (
    "Sunny.",
    "In Köln it is 21 °C and sunny 🌤️, 東京 has rain.",
    "",
    "\u2028\u2029\u0085 line ends that are none\r\n\n\rand some that are",
    'data: {"a": 1}\n\nevent: done\ndata: [DONE]\n\n',
    '{"temperature": 21, "unit": "°C", "notes": ["\\u00e9", null]}',
    "e\u0301\u200d👩‍👩‍👧‍👦\ufeff\x7f",
    "[DONE]",
)
#: What only a client may send: U+0000, half a character, and a line longer than readers like.
OUTPUTS = (*TEXTS, "\x00 nul", "half \ud83d a character", "0123456789abcdef" * 512)
ARGUMENTS = ("{}", '{"location":"Köln","unit":"°C"}', '{"a":[1,2,{"b":"\\u2028"}]}', "", "not JSON")
NAMES = ("get_weather", "get_time", "f", "look-up_2", "get_weather")
ENDINGS = ("completed", "completed", "completed", "incomplete", "failed", "cancelled", "expired", "error")


def plot(draw: Draw) -> Tale:
    """Draw the plainest telling of some conversation."""
    author = _Author(draw)
    author.begin()
    for round_ in range(author.rounds):
        author.meet_trouble()
        author.submit(last=round_ == author.rounds - 1)
    author.look_back()
    return Tale(tuple(author.turns), traits=author.traits())


class _Author:
    """Keeps the state of a run while its tale is drawn, as a server would."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.turns: list[Turn] = []
        self.rounds = draw.integers(1, MOST_ROUNDS)
        self._ids = Ids()
        self._now = NOW
        self._steps: dict[str, Document] = {}
        self._messages: dict[str, Document] = {}
        #: What will happen that nobody has seen yet.
        self._ahead: list[Scene] = []
        self._refused = False
        functions = [{"type": "function", "function": {"name": name}} for name in dict.fromkeys(NAMES)]
        assistant = objects.assistant(self._ids("asst"), NOW, {"model": "gpt-4o-mini", "tools": functions})
        self._thread = objects.thread(self._ids("thread"), NOW, {})
        self._run = objects.run(self._ids("run"), self._thread["id"], NOW, assistant, {})
        question = {"role": "user", "content": [objects.text_part("What now?")]}
        asked = objects.message(self._ids("msg"), self._thread["id"], NOW, question)
        self._messages[asked["id"]] = asked

    def traits(self) -> frozenset[str]:
        """What the conversation is known to hold, where its recorder says so."""
        known = frozenset({"state", "key", "refusal"} if self._refused else {"state", "key"})
        return known if chance(self.draw, 2) else frozenset()

    def begin(self) -> None:
        """The run is created and comes to wait; a stream, a look or nothing at all shows it."""
        told = story.begin(Script(self._parts()), self._run, (), new_id=self._ids, now=NOW)
        self._expect(self._asking(told))
        shown = self.draw.choice(["look", "stream", "stream with thread", "steps", "nothing"])
        if shown.startswith("stream"):
            self._create(with_thread=shown.endswith("thread"))
            return
        self._play_all()
        if shown != "nothing":
            self._look()
        if shown == "steps":
            self._list_steps()

    def _create(self, *, with_thread: bool) -> None:
        body = {"assistant_id": self._run["assistant_id"], "stream": True}
        path = "/threads/runs" if with_thread else f"/threads/{self._thread['id']}/runs"
        events = self._stream()
        if with_thread:
            events = (Event("thread.created", self._thread), *events)
        self.turns.append(Turn(Operation.CREATE_RUN, "POST", path, body, events, streamed=True))

    def meet_trouble(self) -> None:
        """Submissions that are refused, each between two looks at the run."""
        for _ in range(self.draw.integers(0, 2)):
            refusal = REFUSALS[self.draw.choice(list(REFUSALS))]
            if len(self._pending()) >= refusal.calls:
                self._look()
                self._refuse(refusal, refusal.body(self.draw, self._items()))
                if refusal.then is not None:
                    self._refuse(refusal, refusal.then(self.draw, self._items()))
                self._look()

    def _refuse(self, refusal: Refusal, body: Document | bytes) -> None:
        if isinstance(body, dict) and refusal.streamable and chance(self.draw, 2):
            body = {**body, "stream": True}
        error = objects.error("It was refused.", "invalid_request_error", param=refusal.param, code=refusal.code)
        ids = {"thread": self._thread["id"], "run": self._run["id"]}
        if refusal.astray:
            ids[refusal.astray] = f"{refusal.astray}_{9:024d}"
        path = f"/threads/{ids['thread']}/runs/{ids['run']}/submit_tool_outputs"
        situation = frozenset({refusal.situation} if refusal.situation else ())
        self._refused = True
        self.turns.append(
            Turn(Operation.SUBMIT, "POST", path, body, plain(error), status=refusal.statuses[0],
                 statuses=refusal.statuses, credentials=refusal.credentials, situation=situation)
        )  # fmt: skip

    def submit(self, *, last: bool) -> None:
        """All outputs are submitted and taken, at the first or the second try, plainly or streamed."""
        items = self._items()
        body: Document = {"tool_outputs": items}
        said = self.draw.choice(["true", "true", "true", "absent", "absent", "false", "null"])
        if said != "absent":
            body["stream"] = {"true": True, "false": False, "null": None}[said]
        self._hinder(body)
        self._resume({item["tool_call_id"]: item["output"] for item in items}, last=last)
        if said == "true":
            self._sent(body, self._stream(), streamed=True)
        else:
            self._submit_plainly(body)
        if last and chance(self.draw, 4):
            self._submit_again(body)

    def _hinder(self, body: Document) -> None:
        kind = self.draw.choice(["nothing", "nothing", "nothing", "rate", "fault"])
        if kind == "rate":
            error = objects.error("Too many requests.", "requests", code="rate_limit_exceeded")
            self._sent(body, plain(error), status=429, headers=(("Retry-After", "1"),))
        if kind == "fault":
            self._sent(body, plain(objects.error("It broke.", "server_error")), status=500, statuses=(500, 502, 503))
            self._look()

    def _resume(self, outputs: dict[str, str], *, last: bool) -> None:
        script = Script(self._parts(), ending=self.draw.choice(ENDINGS) if last else "completed")
        step = next(step for step in self._steps.values() if step["status"] == "in_progress")
        spent = objects.usage(0, 0)
        for ended in self._steps.values():
            spent = objects.usage_sum(spent, ended["usage"] or objects.usage(0, 0))
        now = self._now + 2
        told = story.go_on(script, self._run, step, outputs, (), new_id=self._ids, now=now, spent=spent)
        self._expect(told if last else self._asking(told))

    def _expect(self, told: Story) -> None:
        self._now, self._ahead = told.until, list(told.scenes)

    def _asking(self, told: Story) -> Story:
        """A story that was to complete, whose run asks for outputs instead."""
        *before, (*working, _completed) = told.scenes
        asks = story.begin(Script(()), document_of(before[-1][-1]), self._calls(), new_id=self._ids, now=told.until)
        return Story((*before, (*working, *asks.scenes[-1])), asks.until)

    def _submit_plainly(self, body: Document) -> None:
        """The answer shows the run at once or a little later; looks follow it to where it comes to rest."""
        shown = [self._run_after_scene() for _ in range(len(self._ahead))]
        runs = [run for run, following in zip(shown, [*shown[1:], None], strict=True) if run is not following]
        first = self.draw.integers(0, len(runs) - 1)
        self._sent(body, plain(runs[0]), later=tuple(runs[: first + 1]))
        for run in (*some(self.draw, runs[first:-1]), runs[-1]):
            self._look(run)

    def _run_after_scene(self) -> Document:
        self._play(self._ahead.pop(0))
        return self._run

    def _submit_again(self, body: Document) -> None:
        """The same once more, after it was taken: refused."""
        self._play_all()
        self._look()
        error = objects.error(
            f"Runs in status {self._run['status']!r} do not accept tool outputs.", "invalid_request_error"
        )
        self._refused = True
        self._sent(body, plain(error), status=400)
        self._look()

    def look_back(self) -> None:
        """Run, steps and messages are read again, or some of them."""
        self._play_all()
        for look in some(self.draw, (self._look, self._list_steps, self._list_messages)):
            look()
        if chance(self.draw, 6):
            method = self.draw.choice(["GET", "PUT", "PATCH", "DELETE"])
            error = plain(objects.error("There is no such thing.", "invalid_request_error"))
            self.turns.append(
                Turn(
                    Operation.OTHER,
                    method,
                    f"{self._path()}/submit_tool_outputs",
                    None,
                    error,
                    status=404,
                    statuses=(404, 405),
                )
            )

    # What a server keeps

    def _play(self, scene: Scene) -> None:
        for event in scene:
            if not isinstance(event.data, dict):
                continue
            match event.data.get("object"):
                case "thread.run":
                    self._run = event.data
                case "thread.run.step":
                    self._steps[event.data["id"]] = event.data
                case "thread.message":
                    self._messages[event.data["id"]] = event.data
        if self._run["status"] == "requires_action":
            waiting = next(step for step in self._steps.values() if step["status"] == "in_progress")
            self._steps[waiting["id"]] = story.waiting_step(waiting, self._run)

    def _play_all(self) -> None:
        while self._ahead:
            self._play(self._ahead.pop(0))

    def _stream(self) -> tuple[Event, ...]:
        played: list[Scene] = []
        while self._ahead and not (played and ends_stream(played[-1])):
            played.append(self._ahead.pop(0))
            self._play(played[-1])
        return tuple(stream(played))

    def _pending(self) -> list[Document]:
        action = self._run["required_action"]
        return [] if action is None else list(action["submit_tool_outputs"]["tool_calls"])

    # What is sent

    def _path(self) -> str:
        return f"/threads/{self._thread['id']}/runs/{self._run['id']}"

    def _sent(self, body: Document, events: tuple[Event, ...], **facts: Any) -> None:  # noqa: ANN401 - the fields of a turn
        turn = Turn(Operation.SUBMIT, "POST", f"{self._path()}/submit_tool_outputs", body, events)
        self.turns.append(replace(turn, **facts))

    def _look(self, run: Document | None = None) -> None:
        self.turns.append(Turn(Operation.GET_RUN, "GET", self._path(), None, plain(run or self._run)))

    def _list_steps(self) -> None:
        self._list(Operation.LIST_STEPS, f"{self._path()}/steps", self._steps)

    def _list_messages(self) -> None:
        self._list(Operation.LIST_MESSAGES, f"/threads/{self._thread['id']}/messages", self._messages)

    def _list(self, operation: Operation, path: str, kept: dict[str, Document]) -> None:
        newest_first = list(kept.values())[::-1]
        page = {
            "object": "list",
            "data": newest_first,
            "first_id": newest_first[0]["id"],
            "last_id": newest_first[-1]["id"],
        }
        self.turns.append(Turn(operation, "GET", path, None, plain({**page, "has_more": False})))

    # What is drawn

    def _items(self) -> Items:
        return [{"tool_call_id": call["id"], "output": self.draw.choice(OUTPUTS)} for call in self._pending()]

    def _calls(self) -> tuple[Call, ...]:
        count = self.draw.integers(1, MOST_CALLS)
        return tuple(
            Call(self.draw.choice(NAMES), cut(self.draw, self.draw.choice(ARGUMENTS), 4)) for _ in range(count)
        )

    def _parts(self) -> tuple[Part, ...]:
        return tuple(self._part() for _ in range(self.draw.choice([0, 1, 1, 1, 2, 3])))

    def _part(self) -> Part:
        match self.draw.choice(["says", "says", "says", "code", "files"]):
            case "code":
                return RunsCode(cut(self.draw, "print(1 + 1)\n", 3), "2\n")
            case "files":
                return SearchesFiles(self._ids("file"), "weather.md", self.draw.choice(TEXTS))
            case _:
                return Says(cut(self.draw, self.draw.choice(TEXTS), 6))
