"""A gateway as the target: the suite is the client in front of it and the upstream behind it, and records both.

Runs are brought about through the gateway, as its clients do it, so that it knows every id. What was sent on each side
and when is known on one clock.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Protocol

from conformance.contract.gateway_scenarios import PAUSE_MS
from conformance.contract.scenarios import requires
from conformance.errors import ConformanceError
from conformance.mock.server import Mock
from conformance.mock.upstream import Gate, Switch
from conformance.model import Act, Exchange, Operation, Role, Scenario, Side, Transcript
from conformance.targets.contact import make_contact
from conformance.targets.http import Wire
from conformance.targets.outputs import body
from conformance.targets.pace import Pace, RealTime
from conformance.targets.provision import Provisioner
from conformance.targets.run_polling import PendingRun, look, run_path
from conformance.targets.served import wait_for
from conformance.targets.session import Ask, NoConnection, Sent, Session, Untestable
from conformance.targets.settings import Settings
from conformance.wire.sse import Decoder

#: The key that opens the mock behind; a gateway with a key of its own may send any.
API_KEY = "key-of-the-upstream-mock"

#: What may be declared that a gateway changes.
MAPS = ("path", "ids", "auth", "model")

#: Runs that are answered at once.
AT_ONCE = 16

#: Seconds in which a gateway that was started and listens is expected to pass on: one with its routes in a file takes
#: them up two seconds later, and answers 404 by itself until then.
PASSING_ON = 10.0

#: Seconds for which a slow reader stops reading.
_SLOW = 1.0

#: Seconds in which answers behind are seen to end once nobody reads them any more: longer than the silence after
#: which an upstream ends whose client has left.
SETTLING = 6.0

#: What shows whether the gateway passes on: a run that nobody has.
_ANYTHING = look(run_path("thread_nobody", "run_nobody"))

#: What a submission asks in its query: a parameter of the API, escaped as clients escape it.
_QUERY = "?include%5B%5D=step_details.tool_calls%5B%2A%5D.file_search.results%5B%2A%5D.content"


class Reader:
    """Reads one answer as the situation of its request wants it, and tells the upstream how far it is."""

    def __init__(self, ask: Ask, gate: Gate, pause: Callable[[float], None]) -> None:
        self._decoder = Decoder()
        self._gate = gate
        self._events = 0
        self._leaves = "leaves" in ask.situation
        self._slow = "slow" in ask.situation
        self._pause = pause

    def __call__(self, piece: bytes) -> bool:
        """Take a piece; False where the reader leaves."""
        self._events += len(self._decoder.feed(piece))
        self._gate.saw(self._events)
        if self._slow and self._events:
            self._slow = False
            self._pause(_SLOW)
        # Who leaves while more is under way is noticed by whoever writes: only in the silence behind does it show.
        return not (self._leaves and self._events and self._events >= self._gate.events)


class Ends(Protocol):
    """Both ends, and the gateway between them."""

    @property
    def settings(self) -> Settings:
        """How the gateway is reached."""
        ...

    @property
    def session(self) -> Session:
        """For what is asked through the gateway to bring runs about."""
        ...

    @property
    def around(self) -> Session:
        """The same around it."""
        ...

    def answer(self, word: str) -> None:
        """Let the upstream answer so from now on."""
        ...

    def begin(self) -> None:
        """Start the clock of a transcript; what was heard before is let go."""
        ...

    def asked(self, asks: Sequence[Ask], *, direct: bool) -> list[Exchange]:
        """Send requests at once, through the gateway or around it, and record them in front. Raises Untestable."""
        ...

    def heard(self) -> Iterable[Exchange]:
        """What arrived behind since the clock was started, once all of it has ended."""
        ...

    def close(self) -> None:
        """End what was opened."""
        ...


class GatewayTarget:
    """A gateway between `ends`; `traits` are what is declared of it, `facts` are told beside its address.

    `limit` is after how many silent seconds it gives up, where that is declared, and `secrets` are what it is told that
    nobody else may see.
    """

    def __init__(
        self,
        ends: Ends,
        *,
        traits: frozenset[str] = frozenset(),
        facts: Mapping[str, str] | None = None,
        limit: float | None = None,
        secrets: Sequence[str] = (),
    ) -> None:
        self._secrets = tuple(secrets)
        self.traits = traits | {"state", "key", "scripted"}
        self._limit = limit
        self._ends = ends
        self._facts = dict(facts or {})
        self._through = Provisioner(ends.session)
        self._around = Provisioner(ends.around)
        self._contacted = False

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that no report may hold."""
        return (*self._ends.settings.secrets, *self._secrets)

    def describe(self) -> Mapping[str, object]:
        """Which gateway it is."""
        told = self._ends.settings.describe()
        return {"kind": "gateway", "base_url": told["base_url"], **self._facts}

    def plays(self, scenario: Scenario) -> bool:
        """Whether the scenario is one for gateways, and what it needs was declared."""
        # Whoever declares that it gives up within the pause is not asked to sit through it.
        too_long = scenario.answer == "pause" and self._limit is not None and self._limit * 1000 <= PAUSE_MS
        return scenario.role is Role.GATEWAY and requires(scenario) <= self.traits and not too_long

    def cost(self, scenarios: Sequence[Scenario]) -> Mapping[str, int]:
        """How many runs the scenarios take, and how many requests at most."""
        acts = [act for scenario in scenarios for act in scenario.acts]
        runs = sum(AT_ONCE if act.do == "submit-at-once" else act.do == "submit" for act in acts)
        return {"runs": runs, "requests": runs * 7 + len(acts)}

    def exchange(self, scenario: Scenario) -> Transcript:
        """Bring the scenario about and record both sides."""
        if not self._contacted:
            make_contact(self._ends.session, self._through)
            self._contacted = True
        playing = _Playing(scenario, self._ends, self._through, self._around)
        untestable = slip = None
        try:
            playing.play()
        except Untestable as reason:
            untestable = None if playing.front else str(reason)
        except ConformanceError:
            raise
        except Exception as reason:  # our own slip must not end the run, nor be held against the gateway
            slip = self._ends.settings.scrub(f"{type(reason).__name__}: {reason}")
        exchanges = sorted((*playing.front, *_of(playing.front, self._ends.heard())), key=lambda each: each.began_ms)
        return Transcript(
            scenario.id,
            tuple(exchanges),
            traits=scenario.traits | self.traits,
            untestable=untestable,
            slip=slip,
            provenance={"kind": "gateway", "target": dict(self.describe())},
        )

    def close(self) -> tuple[str, ...]:
        """End both ends; what was created ends with them."""
        self._ends.close()
        return ()


def _of(front: Sequence[Exchange], heard: Iterable[Exchange]) -> list[Exchange]:
    """What was asked behind for what is recorded in front: neither how runs came about, nor what comes beside."""
    operations = {each.operation for each in front}
    began = min((each.began_ms for each in front), default=0)
    return [each for each in heard if each.operation in operations and each.began_ms >= began - 1]


class _Playing:
    """One scenario while it is played."""

    def __init__(self, scenario: Scenario, ends: Ends, through: Provisioner, around: Provisioner) -> None:
        self.front: list[Exchange] = []
        self._scenario = scenario
        self._ends = ends
        self._through = through
        self._around = around
        self._run: PendingRun | None = None

    def play(self) -> None:
        """Act after act; what they need is brought about before. Raises Untestable where that fails."""
        self._ends.answer("plainly")
        brought = [self._brought(act) for act in self._scenario.acts]
        self._ends.answer(self._scenario.answer)
        self._ends.begin()
        for act, runs in zip(self._scenario.acts, brought, strict=True):
            _ACTS[act.do](self, act, runs)

    def submit(self, act: Act, runs: Sequence[PendingRun]) -> None:
        """Submit to each of the runs, at once."""
        self._run = runs[0]
        direct = "direct" in act.situation
        self.front += self._ends.asked([_submission(act, run, at) for at, run in enumerate(runs)], direct=direct)

    def look(self, act: Act, runs: Sequence[PendingRun]) -> None:  # noqa: ARG002
        """Look at the run that was submitted to last."""
        if self._run is not None:
            self.front += self._ends.asked([look(self._run.path)], direct=False)

    def _brought(self, act: Act) -> list[PendingRun]:
        """The runs that an act submits to."""
        count = {"submit": 1, "submit-at-once": AT_ONCE}.get(act.do, 0)
        provisioner = self._around if "direct" in act.situation else self._through
        return [provisioner.pending(self._scenario).run for _ in range(count)]


_ACTS: Mapping[str, Callable[[_Playing, Act, Sequence[PendingRun]], None]] = MappingProxyType(
    {"submit": _Playing.submit, "submit-at-once": _Playing.submit, "get-run": _Playing.look}
)


def _submission(act: Act, run: PendingRun, number: int) -> Ask:
    """A submission of an act to a run; where there are several each says something else."""
    written = body(act.outputs, act.stream, run.calls)
    if number:
        document = json.loads(written)
        document["tool_outputs"][0]["output"] += f" ({number})"
        written = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    query = _QUERY if "queried" in act.situation else ""
    path = f"{run.path}/submit_tool_outputs{query}"
    return Ask(Operation.SUBMIT, "POST", path, written, act.situation, streamed=act.stream == "true")


class SocketEnds:
    """Both ends on sockets, the upstream at `host` and `port`, a free one where it is 0.

    `started` is told where the upstream is, sees to it that the gateway passes on to it, and says how the gateway is
    reached. `key` is what the upstream asks for, None where the gateway has one of its own. `patience` are the seconds
    for which the gateway may answer by itself before it passes anything on. Raises UsageError where the address cannot
    be had.
    """

    def __init__(
        self,
        started: Callable[[str], Settings],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        key: str | None = API_KEY,
        patience: float = 0.0,
    ) -> None:
        self._gate, self._switch, pace = Gate(), Switch(keyed=key is not None), RealTime()
        self._mock = Mock(key, host=host, port=port, behaviour=self._switch.behaviour, hold=self._gate.hold)
        try:
            self.settings = settings = started(self._mock.base_url)
        except BaseException:
            self._mock.close()
            raise
        direct = replace(
            settings, base_url=self._mock.base_url, api_key=key or API_KEY, headers=(), query=(), proxy=None
        )
        self._pace: Pace = pace
        self._wires = {False: Wire(settings), True: Wire(direct)}
        self.session = Session(settings, self._wires[False].send, pace=pace)
        self.around = Session(direct, self._wires[True].send, pace=pace)
        self._epoch = 0.0
        self._answer = "plainly"
        if patience:
            wait_for(self._not_passed_on, patience, pace=pace)

    def answer(self, word: str) -> None:
        """Let the upstream answer so from now on."""
        self._answer = word
        self._switch.to(word)

    def begin(self) -> None:
        """Start the clock of a transcript."""
        self._epoch = time.monotonic()

    def asked(self, asks: Sequence[Ask], *, direct: bool) -> list[Exchange]:
        """Send requests at once, each in a thread of its own."""
        self._gate.begin(self._answer)
        works = [lambda ask=ask: self._sent(ask, self._wires[direct]) for ask in asks]
        return sorted(self._pace.at_once(works), key=lambda each: each.request.target)

    def heard(self) -> Iterable[Exchange]:
        """What arrived behind since the clock was started, once every answer has ended."""
        self._mock.finish(SETTLING)
        offset = round((self._mock.began - self._epoch) * 1000)
        for recorded in self._mock.requests:
            if recorded.ms + offset >= 0:
                yield replace(recorded.exchange, began_ms=recorded.ms + offset, side=Side.BEHIND)

    def close(self) -> None:
        """Close all connections and the upstream."""
        for wire in self._wires.values():
            wire.close()
        self._mock.close()

    def _not_passed_on(self) -> str | None:
        """Why the upstream has heard nothing after one more request; None where it has."""
        try:
            self._wires[False].send(_ANYTHING)
        except NoConnection as reason:
            return str(reason)
        return None if self._mock.requests else "the gateway answers by itself"

    def _sent(self, ask: Ask, wire: Wire) -> Exchange:
        began = time.monotonic()
        try:
            sent: Sent = wire.send(ask, Reader(ask, self._gate, self._pace.pause))
        except NoConnection as reason:
            raise Untestable(f"the gateway can no longer be reached: {reason}") from reason
        return replace(sent.exchange, began_ms=int((began - self._epoch) * 1000))
