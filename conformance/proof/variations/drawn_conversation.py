"""A conversation that is drawn and played against the reference: what it answers is what is told."""

from __future__ import annotations

from itertools import count

from conformance.model import Author, Headers, Operation, Request
from conformance.proof.variations.conversation import CREDENTIALS, KEY, PREFIX, Conversation, Turn, document_of, plain
from conformance.proof.variations.draw import Draw, chance, cut, some
from conformance.proof.variations.refusals import REFUSALS, Items, Refusal
from conformance.reference import behaviour
from conformance.reference.api import Api, Reply
from conformance.reference.behaviour import Behaviour
from conformance.reference.events import Event
from conformance.reference.objects import Document, to_json
from conformance.reference.refusals import Refused
from conformance.reference.scripts import Call, Part, Round, RunsCode, Says, Script, SearchesFiles
from conformance.reference.submission import Submission
from conformance.wire import strict_json

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


#: What hinders a submission: a condition of the reference, and the statuses that the contract allows in its place.
HINDRANCES = {"rate": ("busy", ()), "fault": ("fault", (500, 502, 503))}

#: Statuses in which a run moves on when it is looked at.
_MOVING = frozenset({"queued", "in_progress", "cancelling"})

#: Fields that belong to the bytes of an answer, which are not written yet.
_OF_BYTES = frozenset({"content-type", "content-length", "transfer-encoding"})


def played(draw: Draw) -> Conversation:
    """Draw some conversation in its plainest form."""
    player = _Player(draw)
    player.begin()
    for round_ in range(player.rounds):
        player.meet_trouble()
        player.submit(last=round_ == player.rounds - 1)
    player.look_back()
    return Conversation(tuple(player.turns), traits=player.traits())


class _Player:
    """Asks the reference for what is drawn, and keeps what is told of it."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.turns: list[Turn] = []
        self.rounds = draw.integers(1, MOST_ROUNDS)
        self._files = count(1)
        self._refused = False
        course = self._course()
        self._api = Api(KEY, None, Behaviour(read=_with_every_output), lambda _run: course)
        functions = [{"type": "function", "function": {"name": name}} for name in dict.fromkeys(NAMES)]
        self._assistant = self._made("/assistants", {"model": "gpt-4o-mini", "tools": functions})
        #: The run as it was last seen.
        self._run: Document = {}

    def traits(self) -> frozenset[str]:
        """What the conversation is known to hold, where its recorder says so."""
        known = frozenset({"state", "key", "refusal"} if self._refused else {"state", "key"})
        return known if chance(self.draw, 2) else frozenset()

    def begin(self) -> None:
        """The run is created and comes to wait; a stream, a look or nothing at all shows it."""
        shown = self.draw.choice(["look", "stream", "stream with thread", "steps", "nothing"])
        thread: Document = {"messages": [{"role": "user", "content": "What now?"}]}
        wanted: Document = {"assistant_id": self._assistant}
        if shown == "stream with thread":
            self._create("/threads/runs", {**wanted, "stream": True, "thread": thread})
            return
        runs = f"/threads/{self._made('/threads', thread)}/runs"
        if shown == "stream":
            self._create(runs, {**wanted, "stream": True})
            return
        self._run = _document(self._ask("POST", runs, wanted))
        self._rest()
        if shown != "nothing":
            self._look()
        if shown == "steps":
            self._list_steps()

    def _create(self, path: str, body: Document) -> None:
        reply = self._ask("POST", path, body)
        self._tell(Operation.CREATE_RUN, "POST", path, body, reply)
        self._saw(reply)

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
        ids = {"thread": self._run["thread_id"], "run": self._run["id"]}
        if refusal.astray:
            ids[refusal.astray] = f"{refusal.astray}_{9:024d}"
        path = f"/threads/{ids['thread']}/runs/{ids['run']}/submit_tool_outputs"
        situation = frozenset({refusal.situation} if refusal.situation else ())
        self._refused = True
        reply = self._ask("POST", path, body, refusal.credentials)
        self._tell(
            Operation.SUBMIT, "POST", path, body, reply,
            statuses=refusal.statuses, credentials=refusal.credentials, situation=situation,
        )  # fmt: skip

    def submit(self, *, last: bool) -> None:
        """All outputs are submitted and taken, at the first or the second try, plainly or streamed."""
        body: Document = {"tool_outputs": self._items()}
        said = self.draw.choice(["true", "true", "true", "absent", "absent", "false", "null"])
        if said != "absent":
            body["stream"] = {"true": True, "false": False, "null": None}[said]
        self._hinder(body)
        if said == "true":
            self._saw(self._submitted(body))
        else:
            self._submit_plainly(body)
        if last and chance(self.draw, 4):
            self._submit_again(body)

    def _hinder(self, body: Document) -> None:
        kind = self.draw.choice(["nothing", "nothing", "nothing", "rate", "fault"])
        if kind in HINDRANCES:
            hindrance, statuses = HINDRANCES[kind]
            self._api.state.run(self._run["thread_id"], self._run["id"]).hindrance = hindrance
            self._submitted(body, statuses=statuses)
        if kind == "fault":
            self._look()

    def _submit_plainly(self, body: Document) -> None:
        """The answer shows the run at once or a little later; looks follow it to where it comes to rest."""
        reply = self._ask("POST", self._submission_path(), body)
        replies = [reply, *self._rest(_document(reply))]
        runs = list(map(_document, replies))
        first = self.draw.integers(0, len(runs) - 1)
        self._tell(Operation.SUBMIT, "POST", self._submission_path(), body, reply, later=tuple(runs[: first + 1]))
        for look in (*some(self.draw, replies[first:-1]), replies[-1]):
            self._tell(Operation.GET_RUN, "GET", self._path(), None, look)

    def _submit_again(self, body: Document) -> None:
        """The same once more, after it was taken: refused."""
        self._rest()
        self._look()
        self._refused = True
        self._submitted(body)
        self._look()

    def look_back(self) -> None:
        """The run, the runs, their steps and messages are read again, or some of them."""
        self._rest()
        for look in some(self.draw, (self._look, self._list_runs, self._list_steps, self._list_messages)):
            look()
        if chance(self.draw, 6):
            method = self.draw.choice(["GET", "PUT", "PATCH", "DELETE"])
            path = self._submission_path()
            self._tell(Operation.OTHER, method, path, None, self._ask(method, path), statuses=(404, 405))

    # What is asked

    def _ask(
        self, method: str, path: str, body: Document | bytes | None = None, credentials: Headers = CREDENTIALS
    ) -> Reply:
        sent = b"" if body is None else body if isinstance(body, bytes) else to_json(body)
        return self._api.reply(Request(Author.HARNESS, method, PREFIX + path, credentials, sent))

    def _made(self, path: str, body: Document) -> str:
        return str(_document(self._ask("POST", path, body))["id"])

    def _submitted(self, body: Document, *, statuses: tuple[int, ...] = ()) -> Reply:
        path = self._submission_path()
        reply = self._ask("POST", path, body)
        self._tell(Operation.SUBMIT, "POST", path, body, reply, statuses=statuses)
        return reply

    def _rest(self, run: Document | None = None) -> list[Reply]:
        """Look at the run, which is as given, until it moves no more; every look that showed it otherwise."""
        self._run = self._run if run is None else run
        looks: list[Reply] = []
        while self._run["status"] in _MOVING:
            look = self._ask("GET", self._path())
            if _document(look) != self._run:
                looks.append(look)
                self._run = _document(look)
        return looks

    def _saw(self, reply: Reply) -> None:
        """Keep the run as a stream showed it last."""
        runs = (document_of(event) for event in reply.content if isinstance(event, Event))
        self._run = [run for run in runs if run.get("object") == "thread.run"][-1]

    def _look(self) -> None:
        reply = self._ask("GET", self._path())
        self._run = _document(reply)
        self._tell(Operation.GET_RUN, "GET", self._path(), None, reply)

    def _list_runs(self) -> None:
        self._list(Operation.LIST_RUNS, f"/threads/{self._run['thread_id']}/runs")

    def _list_steps(self) -> None:
        self._list(Operation.LIST_STEPS, f"{self._path()}/steps")

    def _list_messages(self) -> None:
        self._list(Operation.LIST_MESSAGES, f"/threads/{self._run['thread_id']}/messages")

    def _list(self, operation: Operation, path: str) -> None:
        self._tell(operation, "GET", path, None, self._ask("GET", path))

    def _pending(self) -> list[Document]:
        action = self._run["required_action"]
        return [] if action is None else list(action["submit_tool_outputs"]["tool_calls"])

    def _path(self) -> str:
        return f"/threads/{self._run['thread_id']}/runs/{self._run['id']}"

    def _submission_path(self) -> str:
        return f"{self._path()}/submit_tool_outputs"

    # What is told

    def _tell(
        self,
        operation: Operation,
        method: str,
        path: str,
        sent: Document | bytes | None,
        reply: Reply,
        *,
        statuses: tuple[int, ...] = (),
        later: tuple[Document, ...] = (),
        credentials: Headers = CREDENTIALS,
        situation: frozenset[str] = frozenset(),
    ) -> None:
        streamed = isinstance(reply.content, tuple)
        events = reply.content if isinstance(reply.content, tuple) else plain(reply.content)
        kept = tuple(field for field in reply.headers if field[0].lower() not in _OF_BYTES)
        self.turns.append(
            Turn(operation, method, path, sent, events, streamed, reply.status, statuses, later, credentials, kept,
                 situation)
        )  # fmt: skip

    # What is drawn

    def _items(self) -> Items:
        return [{"tool_call_id": call["id"], "output": self.draw.choice(OUTPUTS)} for call in self._pending()]

    def _course(self) -> tuple[Round, ...]:
        """What the model does in each round."""
        asking = [Round(Script((), before=self._parts()), self._calls()) for _ in range(self.rounds)]
        return (*asking, Round(Script(self._parts(), ending=self.draw.choice(ENDINGS))))

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
                return SearchesFiles(f"file_{next(self._files):024d}", "weather.md", self.draw.choice(TEXTS))
            case _:
                return Says(cut(self.draw, self.draw.choice(TEXTS), 6))


def _document(reply: Reply) -> Document:
    return {} if isinstance(reply.content, tuple) else reply.content


def _with_every_output(body: bytes) -> Submission:
    """Read a submission as a server may that asks for every `output`; the reference takes an absent one for empty."""
    submission = behaviour.read(body)
    document: Document = dict(strict_json.read(body))  # type: ignore[call-overload]
    for index, item in enumerate(document["tool_outputs"]):
        if "output" not in item:
            raise Refused("missing", where=f"tool_outputs[{index}].output")
    return submission
