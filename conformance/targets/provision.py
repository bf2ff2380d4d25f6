"""How a run comes to wait for outputs: one function for each kind of provisioning, in one table.

Provisioning is no part of a transcript, with one exception: where the run is created by a stream, that exchange is
judged too. 200 and 201 are accepted when something is created.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from conformance.contract.lifecycle import FINAL
from conformance.contract.scenarios import without_waiting
from conformance.errors import NotThisApi
from conformance.model import Exchange, Operation, Scenario
from conformance.targets.allotment import allotted
from conformance.targets.cleanup import Cleanup
from conformance.targets.outputs import encoded
from conformance.targets.prompts import MESSAGE, instructions, tools
from conformance.targets.provision_command import finish, provide
from conformance.targets.quoting import quoted
from conformance.targets.run_polling import (
    MOVING,
    PendingRun,
    calls_of_steps,
    document_of,
    id_of,
    json_object,
    look,
    poll,
    run_path,
    run_seen,
)
from conformance.targets.session import Ask, GivenUp, Session, Untestable, body_of, succeeded
from conformance.targets.settings import Settings
from conformance.wire.sse import Decoder

#: Looks at a run that was never seen otherwise, after which it counts as one that nobody works on.
_LOOKS = 5

#: Scenarios of one kind whose provisioning may fail in a row before it is not tried again: every run costs.
_STRIKES = 3

#: Kind of provisioning -> what may move a model that does not call what it was asked to call.
_PERSUASION = MappingProxyType(
    {
        "api": " (--instructions TEXT says more to the model, --model M names another)",
        "assistant": " (--instructions TEXT says more to the model)",
    }
)

#: Answers that say that an operation is not offered at all.
NOT_OFFERED = frozenset({404, 405, 410, 501})


#: The id of a call that is submitted to a run that is over: none is pending, so any is wrong.
_NO_CALL = "call_conformance"


class Provisioned(NamedTuple):
    """A run that waits, and the exchange that created it where that was a stream."""

    run: PendingRun
    exchanges: tuple[Exchange, ...] = ()
    #: False for a run that was over before it asked for anything.
    waits: bool = True


class Provisioner:
    """Brings runs about at one target and remembers what can be used again."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.settings = session.settings
        self.cleanup = Cleanup()
        #: Whether runs are real, so that looking at them makes sense.
        self.stateful = self.settings.provision != "static"
        self._shared: dict[str, PendingRun] = {}
        self._assistants: dict[tuple[int, bool, bool], str] = {}
        self._failures: dict[tuple[int, int, bool], list[str]] = {}
        self._other_thread: str | None = None
        #: The model once made fewer calls at a time than it was asked to make.
        self._calls_fewer = False
        #: The last run that was over before it asked for anything.
        self._over: PendingRun | None = None
        #: Some run was seen in another state than the one it began in.
        self._moves = False
        #: What the program of `--provision command` brought about.
        self._provided: list[PendingRun] = []
        #: Values that it printed and that no report may hold.
        self.secrets: tuple[str, ...] = ()

    def why_not(self, scenario: Scenario) -> str | None:
        """Why this kind of provisioning cannot bring the scenario about; None where it can."""
        return _LIMITS[self.settings.provision](self.settings, scenario)

    def pending(self, scenario: Scenario) -> Provisioned:
        """A run that waits for the outputs of the scenario's calls, or one that is over where that will do.

        Raises Untestable, or NotThisApi where no run ever moves.
        """
        shared = self._shared.pop(scenario.shares, None) if scenario.shares else None
        if shared and self._still_waits(shared):
            return Provisioned(shared)
        self.session.headers = ()
        try:
            return self._provisioned(scenario)
        except GivenUp:
            raise
        except Untestable:
            over = self._run_over() if without_waiting(scenario) else None
            if over is None:
                raise
            return Provisioned(over, waits=False)

    def _provisioned(self, scenario: Scenario) -> Provisioned:
        """A run that waits, unless too many in a row did not come to it."""
        failures = self._failures.setdefault((scenario.calls, scenario.least, scenario.script == "round"), [])
        if len(failures) >= _STRIKES:
            raise Untestable(f"{failures[-1]} (after {_STRIKES} scenarios in a row, not tried again)")
        try:
            provisioned = PROVISIONS[self.settings.provision](self, scenario)
        except GivenUp:
            raise
        except Untestable as reason:
            failures.append(str(reason))
            raise
        failures.clear()
        return provisioned

    def _run_over(self) -> PendingRun | None:
        """A run that is over; None where there is none, or it goes on after all."""
        run = self._over
        if run is not None:
            *_, last = (run_seen(answer).status for answer in self._looks(run.path))
            self._over = run if last in FINAL else None
        return self._over

    def _looks(self, path: str) -> Iterator[Exchange]:
        """Looks at a run until it moves no more by itself, or time is up."""
        for answer in poll(self.session, path):
            status = run_seen(answer).status
            self.cleanup.saw(path, status)
            yield answer
            if status not in MOVING:
                return

    def _still_waits(self, run: PendingRun) -> bool:
        """Whether a run that was kept can serve once more: it may have expired since it was last seen."""
        self.session.headers = run.headers
        return run_seen(self.session.ask(look(run.path))).status == "requires_action"

    def give_back(self, scenario: Scenario, run: PendingRun | None, *, reusable: bool) -> None:
        """Keep the run for the next scenario that shares it, while it still waits."""
        if scenario.shares and run and reusable:
            self._shared[scenario.shares] = run

    def adopt_thread(self, thread_id: str, prefix: str | None = None) -> None:
        """Keep a thread that was created at first contact as the other thread."""
        self.cleanup.created("/threads", thread_id, prefix)
        self._other_thread = thread_id

    def other_thread(self) -> str:
        """A real thread that is not the run's."""
        if self._other_thread is None:
            self._other_thread = self.created("/threads", dict(self.settings.create_thread))
        return self._other_thread

    def assistant(self, scenario: Scenario) -> str:
        """An assistant whose functions are the scenario's calls; made once for all scenarios that are alike."""
        key = _alike(scenario)
        if key not in self._assistants:
            self._assistants[key] = self.created(
                "/assistants",
                {
                    "model": self.settings.model,
                    "name": "conformance",
                    "instructions": instructions(scenario, self.settings.instructions),
                    "tools": tools(scenario),
                    **self.settings.create_assistant,
                },
            )
        return self._assistants[key]

    def created(self, path: str, document: dict[str, object]) -> str:
        """Create something and return its id. Raises Untestable, or NotThisApi where nobody can be created at all."""
        with self.cleanup.creating(path):
            *_, answer = self.session.ask_politely(Ask(Operation.OTHER, "POST", path, encoded(document)))
            created = id_of(document_of(answer))
            if created is not None:
                self.cleanup.created(path, created)
                return created
        if path == "/assistants" and answer.response and answer.response.status in NOT_OFFERED:
            raise NotThisApi(
                f"no assistant can be created: {refusal(answer, self.settings)}",
                "Name one that is there, with --provision assistant.",
            )
        raise Untestable(f"nothing could be provisioned: {refusal(answer, self.settings)}")

    def provided(self, scenario: Scenario) -> PendingRun:
        """A run that the program of `--provision command` brought to wait. Raises Untestable."""
        provided = provide(self.settings, scenario)
        self._provided.append(provided.run)
        self.secrets += provided.secrets
        self.session.headers = provided.run.headers
        return provided.run

    def finish(self) -> tuple[str, ...]:
        """Call that program: its runs are no longer needed; returns what went wrong, one line each."""
        runs, self._provided = self._provided, []
        reason = finish(self.settings, runs) if runs else None
        return () if reason is None else (reason,)

    @property
    def _persuasion(self) -> str:
        """What helps where the model was asked to call, and did not."""
        return _PERSUASION.get(self.settings.provision, "")

    def attempts(self, scenario: Scenario) -> tuple[Scenario, ...]:
        """The scenario as it is asked for, once and again: with as few calls as do once the model has made fewer."""
        fewest = replace(scenario, calls=scenario.least)
        return (fewest if self._calls_fewer else scenario, fewest)

    def made_fewer_calls(self) -> None:
        """Remember that the model makes fewer calls at a time than it is asked to make."""
        self._calls_fewer = True

    def waiting(self, thread_id: str, run_id: str) -> PendingRun:
        """The run once it waits for outputs. Raises Untestable with the statuses seen where it never does."""
        path = run_path(thread_id, run_id)
        statuses: list[str] = []
        for answer in self._looks(path):
            seen = run_seen(answer)
            if seen.status is None:
                raise Untestable(f"the run cannot be read: {refusal(answer, self.settings)}")
            statuses.append(self.settings.scrub(seen.status))
        self._moves = self._moves or seen.status not in MOVING or len(set(statuses)) > 1
        if seen.status != "requires_action":
            self._over = PendingRun(thread_id, run_id, (_NO_CALL,)) if seen.status in FINAL else self._over
            self._check_moves(statuses)
            told = ", ".join(dict.fromkeys(statuses))
            raise Untestable(f"the run never asked for outputs; statuses seen: {told}{self._persuasion}")
        calls = seen.calls
        if calls is None:
            calls = calls_of_steps(self.session.ask(steps(path)))
        if calls is None:
            raise Untestable("the run asks for outputs, but neither it nor its steps name usable call ids")
        return PendingRun(thread_id, run_id, calls)

    def _check_moves(self, statuses: list[str]) -> None:
        """Raise NotThisApi where a run that we made was looked at time and again, and none has ever moved."""
        if not self._moves and len(statuses) >= _LOOKS and self.settings.provision != "run":
            raise NotThisApi(
                f"a run was still {statuses[-1]} at the last of {len(statuses)} looks "
                f"in {self.settings.timeout:g} s, so it seems that no worker handles it",
                "A mock that only plays the answers is judged with --provision static; "
                "where a model is at work, --timeout SECONDS gives it longer.",
            )


def _alike(scenario: Scenario) -> tuple[int, bool, bool]:
    """What decides about the assistant of a scenario: its functions, how many there are, and whether once more."""
    return (scenario.calls, scenario.script == "round", "bare-function" in scenario.traits)


def by_api(provisioner: Provisioner, scenario: Scenario) -> Provisioned:
    """Create assistant, thread, message and run, and persuade the model.

    The tools are given to the run, too: some servers know them from there alone.
    """

    def assistant(wanted: Scenario) -> dict[str, object]:
        return {"assistant_id": provisioner.assistant(wanted), "tools": tools(wanted)}

    return _persuaded(provisioner, scenario, assistant)


def by_assistant(provisioner: Provisioner, scenario: Scenario) -> Provisioned:
    """Let a ready assistant run with our functions and instructions."""
    settings = provisioner.settings

    def assistant(wanted: Scenario) -> dict[str, object]:
        said = {"instructions": instructions(wanted, settings.instructions), "tools": tools(wanted)}
        return {"assistant_id": settings.assistant_id, **said}

    return _persuaded(provisioner, scenario, assistant)


def by_given_run(provisioner: Provisioner, scenario: Scenario) -> Provisioned:
    """Take the given run that is meant for the scenario."""
    given = allotted(provisioner.settings)[scenario.id]
    run = provisioner.waiting(given.thread_id, given.run_id)
    calls = given.call_ids or run.calls
    _check_count(scenario, calls)
    return Provisioned(PendingRun(given.thread_id, given.run_id, calls))


def by_command(provisioner: Provisioner, scenario: Scenario) -> Provisioned:
    """Let somebody's program bring a run to wait."""
    run = provisioner.provided(scenario)
    calls = run.calls or provisioner.waiting(run.thread_id, run.run_id).calls
    _check_count(scenario, calls)
    return Provisioned(replace(run, calls=calls))


def by_fixed_ids(provisioner: Provisioner, scenario: Scenario) -> Provisioned:  # noqa: ARG001
    """Make ids up: a stateless mock accepts any."""
    calls = tuple(f"call_{number}" for number in range(1, scenario.calls + 1))
    return Provisioned(PendingRun("thread_conformance", "run_conformance", calls))


#: Kind of provisioning -> how a run comes to wait.
PROVISIONS: Mapping[str, Callable[[Provisioner, Scenario], Provisioned]] = MappingProxyType(
    {"api": by_api, "assistant": by_assistant, "run": by_given_run, "command": by_command, "static": by_fixed_ids}
)


def _no_limit(settings: Settings, scenario: Scenario) -> str | None:  # noqa: ARG001
    return None


def _given_limit(settings: Settings, scenario: Scenario) -> str | None:
    return None if scenario.id in allotted(settings) else "no given run is left for it"


def _declared_limit(settings: Settings, scenario: Scenario) -> str | None:  # noqa: ARG001
    return "its functions are declared by somebody else" if "bare-function" in scenario.traits else None


#: Kind of provisioning -> why it cannot bring a scenario about. What a scenario needs is known to `scenarios.requires`.
_LIMITS: Mapping[str, Callable[[Settings, Scenario], str | None]] = MappingProxyType(
    {
        "api": _no_limit,
        "assistant": _no_limit,
        "run": _given_limit,
        "command": _declared_limit,
        "static": _declared_limit,
    }
)


def steps(path: str) -> Ask:
    """The request for the steps of a run."""
    return look(f"{path}/steps", Operation.LIST_STEPS)


def refusal(exchange: Exchange, settings: Settings) -> str:
    """An unwelcome answer for people: request, status, and what it says of itself."""
    asked = f"{exchange.request.method} {exchange.request.target.partition('?')[0]}"
    if exchange.response is None:
        return settings.scrub(f"{asked}: {exchange.failure}")
    what = "" if not succeeded(exchange) else ", but with no JSON object that has an id"
    return settings.scrub(f"{asked} was answered {exchange.response.status}{what}: {quoted(exchange)}".rstrip(": "))


def _persuaded(
    provisioner: Provisioner, scenario: Scenario, assistant: Callable[[Scenario], dict[str, object]]
) -> Provisioned:
    """A run of an assistant that is made for as many calls as are wanted."""
    for wanted in provisioner.attempts(scenario):
        created = _asked_to_run(provisioner, wanted, assistant(wanted))
        if len(created.run.calls) >= wanted.calls:
            return created
        provisioner.made_fewer_calls()
    _check_count(scenario, created.run.calls)
    return created


def _asked_to_run(provisioner: Provisioner, scenario: Scenario, assistant: dict[str, object]) -> Provisioned:
    settings = provisioner.settings
    thread_id = provisioner.created("/threads", dict(settings.create_thread))
    path = run_path(thread_id, "").removesuffix("/runs/")
    provisioner.created(f"{path}/messages", {"role": "user", "content": MESSAGE})
    ours = {"tool_choice": "required", "metadata": {"conformance_scenario": scenario.id}}
    wanted = {**assistant, **ours, **settings.create_run}
    if not settings.create_streamed:
        run_id = provisioner.created(f"{path}/runs", wanted)
        provisioner.cleanup.run(thread_id, run_id)
        return Provisioned(provisioner.waiting(thread_id, run_id))
    ask = Ask(Operation.CREATE_RUN, "POST", f"{path}/runs", encoded(wanted | {"stream": True}), streamed=True)
    exchanges = tuple(provisioner.session.ask_politely(ask))
    run_id = _run_of_stream(exchanges[-1], settings)
    provisioner.cleanup.run(thread_id, run_id)
    return Provisioned(provisioner.waiting(thread_id, run_id), exchanges)


def _run_of_stream(exchange: Exchange, settings: Settings) -> str:
    for event in Decoder().feed(body_of(exchange)):
        document = json_object(event.data)
        run_id = id_of(document) if document.get("object") == "thread.run" else None
        if run_id is not None:
            return run_id
    raise Untestable(f"the stream that creates a run names none: {refusal(exchange, settings)}")


def _check_count(scenario: Scenario, calls: tuple[str, ...]) -> None:
    if len(calls) < scenario.least:
        needs = f"{scenario.least} pending call{'s' * (scenario.least != 1)}"
        raise Untestable(f"the scenario needs {needs}, the run asks for {len(calls)}")
