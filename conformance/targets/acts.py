"""What a scenario does, act by act: one function for each word of `Act.do`, in one table.

Every exchange of an act is recorded. Acts that look at a run or move it make no sense where runs are not real, and are
left out there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from conformance.contract.lifecycle import FINAL
from conformance.contract.scenarios import without_waiting
from conformance.model import Act, Exchange, Operation, Scenario
from conformance.targets.outputs import body, unknown_like
from conformance.targets.own_rules import check_submission
from conformance.targets.provision import Provisioner, refusal, steps
from conformance.targets.run_polling import MOVING, PendingRun, calls_of_steps, look, poll, run_path, run_seen
from conformance.targets.session import Ask, Session, Untestable

#: Trait -> the statuses one of which the run must have before the last submission, or the situation never came about.
_STATUS_FIRST: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "next-round": frozenset({"requires_action"}),
        "second-round": frozenset({"requires_action"}),
        "wrong-state": FINAL,
        "cancelled-run": frozenset({"cancelled"}),
        "expired-run": frozenset({"expired"}),
    }
)


class Play:
    """One scenario while it is played: what was recorded and what is known of its run."""

    def __init__(self, scenario: Scenario, session: Session, provisioner: Provisioner) -> None:
        self.scenario = scenario
        self.session = session
        self.provisioner = provisioner
        self.exchanges: list[Exchange] = []
        #: The run; None until it was provisioned.
        self.run: PendingRun | None = None
        #: A submission, or its path with another method, was answered: there is something to judge.
        self.judgeable = False
        self._statuses: list[str] = []
        self._accepted = False

    @property
    def still_waits(self) -> bool:
        """Whether the run may serve another scenario: nothing was accepted, and it was last seen waiting."""
        return not self._accepted and self._statuses[-1:] == ["requires_action"]

    @property
    def pending(self) -> PendingRun:
        """The run that was provisioned."""
        if self.run is None:
            raise Untestable("no run was provisioned")
        return self.run

    def record(self, exchange: Exchange) -> None:
        """Keep an exchange."""
        self.exchanges.append(exchange)

    def record_judged(self, exchange: Exchange) -> None:
        """Keep an exchange that there is something to judge in, and whether outputs were accepted."""
        self.record(exchange)
        self.judgeable = True
        if exchange.operation is Operation.SUBMIT and exchange.response is not None:
            self._accepted |= 200 <= exchange.response.status < 300

    def look(self, exchange: Exchange) -> str | None:
        """Keep a look at the run and learn from it its status and the calls it waits for."""
        self.record(exchange)
        seen = run_seen(exchange)
        self.provisioner.cleanup.saw(self.pending.path, seen.status)
        if seen.status is not None:
            self._statuses.append(seen.status)
        if seen.status == "requires_action":
            calls = seen.calls or self._calls_of_steps() or self.pending.calls
            self.run = replace(self.pending, calls=calls)
        return seen.status

    def check_status(self) -> None:
        """Raise Untestable where the run is not in the status that the last submission is about."""
        status = self._statuses[-1] if self._statuses else None
        for trait in sorted(self.scenario.traits & _STATUS_FIRST.keys()):
            if self.provisioner.stateful and status not in _STATUS_FIRST[trait]:
                seen = ", ".join(dict.fromkeys(map(self.session.settings.scrub, self._statuses))) or "none"
                raise Untestable(f"the run did not get where the scenario needs it; statuses seen: {seen}")

    def _calls_of_steps(self) -> tuple[str, ...] | None:
        exchange = self.session.ask(steps(self.pending.path))
        self.record(exchange)
        return calls_of_steps(exchange)


def play(playing: Play) -> None:
    """Provision, then act after act. Raises Untestable where the situation does not come about."""
    playing.run, created, waits = playing.provisioner.pending(playing.scenario)
    for exchange in created:
        playing.record(exchange)
    acts = playing.scenario.acts if waits else without_waiting(playing.scenario)
    last_submission = max((index for index, act in enumerate(acts) if act.do == "submit"), default=None)
    for index, act in enumerate(acts):
        if index == last_submission:
            playing.check_status()
        word, _, method = act.do.partition(":")
        if word in STATELESS or playing.provisioner.stateful:
            ACTS[word](playing, act, method)


def _get_run(playing: Play, act: Act, method: str) -> None:  # noqa: ARG001
    for exchange in playing.session.ask_politely(look(playing.pending.path)):
        playing.look(exchange)


def _submit(playing: Play, act: Act, method: str) -> None:  # noqa: ARG001
    path, calls = _address(playing, act), playing.pending.calls
    written = body(act.outputs, act.stream, calls)
    check_submission(act, path, written, calls)
    ask = Ask(Operation.SUBMIT, "POST", path, written, act.situation, streamed=act.stream == "true")
    if "concurrent" in act.situation:
        for exchange in playing.session.ask_twice_at_once(ask):
            playing.record_judged(exchange)
        return
    for exchange in playing.session.ask_politely(ask):
        playing.record_judged(exchange)
    if exchange.response is not None and exchange.response.status == 429:
        raise Untestable("the submission was answered 429 to the last")


def _method(playing: Play, act: Act, method: str) -> None:
    content = None if method in ("GET", "DELETE") else body("all", "absent", playing.pending.calls)
    ask = Ask(Operation.OTHER, method, f"{playing.pending.path}/submit_tool_outputs", content, act.situation)
    for exchange in playing.session.ask_politely(ask):
        playing.record_judged(exchange)


def _settle(playing: Play, act: Act, method: str) -> None:  # noqa: ARG001
    for exchange in poll(playing.session, playing.pending.path):
        if playing.look(exchange) not in MOVING:
            return


def _expire(playing: Play, act: Act, method: str) -> None:  # noqa: ARG001
    for exchange in poll(playing.session, playing.pending.path):
        if playing.look(exchange) in FINAL:
            return


def _cancel(playing: Play, act: Act, method: str) -> None:  # noqa: ARG001
    for exchange in playing.session.ask_politely(Ask(Operation.OTHER, "POST", f"{playing.pending.path}/cancel")):
        playing.record(exchange)
    if exchange.response is None or exchange.response.status >= 300:
        raise Untestable(f"the run could not be cancelled: {refusal(exchange, playing.session.settings)}")


def _list_steps(playing: Play, act: Act, method: str) -> None:  # noqa: ARG001
    for exchange in playing.session.ask_politely(steps(playing.pending.path)):
        playing.record(exchange)


def _list_messages(playing: Play, act: Act, method: str) -> None:  # noqa: ARG001
    path = playing.pending.path.partition("/runs/")[0] + "/messages"
    for exchange in playing.session.ask_politely(look(path, Operation.LIST_MESSAGES)):
        playing.record(exchange)


#: The first word of `Act.do` -> what is done.
ACTS: Mapping[str, Callable[[Play, Act, str], None]] = MappingProxyType(
    {
        "get-run": _get_run,
        "submit": _submit,
        "method": _method,
        "settle": _settle,
        "expire": _expire,
        "cancel": _cancel,
        "list-steps": _list_steps,
        "list-messages": _list_messages,
    }
)

#: Acts that make sense where runs are not real.
STATELESS = frozenset({"submit", "method"})


def _address(playing: Play, act: Act) -> str:
    """Where a submission goes: to the run, or to what the act's situation names in its place."""
    thread_id, run_id = playing.pending.thread_id, playing.pending.run_id
    if "unknown-thread" in act.situation:
        thread_id = unknown_like(thread_id)
    if "other-thread" in act.situation:
        thread_id = playing.provisioner.other_thread()
    if "unknown-run" in act.situation:
        run_id = unknown_like(run_id)
    return f"{run_path(thread_id, run_id)}/submit_tool_outputs"
