"""A run that waits at a target, for one body after the other; another takes its place only once outputs were taken."""

from __future__ import annotations

from typing import NamedTuple

from conformance.fuzz.expectation import Generated, addressed
from conformance.model import Exchange, Operation, Scenario, Transcript
from conformance.targets.contact import make_contact
from conformance.targets.http import Wire
from conformance.targets.provision import Provisioner
from conformance.targets.run_polling import PendingRun, look, run_seen
from conformance.targets.session import Ask, Session
from conformance.targets.settings import Settings
from conformance.wire.strict_json import NotJson, read

#: Calls that are pending at once: the fewest with which outputs can be some, too many, or in another order.
CALLS = 2

#: What is provisioned; nobody plays it, so it holds no acts.
_SCENARIO = Scenario("fuzz", "a run that waits for whatever body comes", (), frozenset(), calls=CALLS, least=CALLS)


class Submission(NamedTuple):
    """A body as it was sent to a run, and the looks at that run before and after it."""

    run: PendingRun
    body: bytes
    transcript: Transcript


class WaitingRun:
    """Brings a run about at a target and submits to it; what was created is removed by `close`.

    A session of its own, so that its limit of requests is counted by itself.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        #: How many runs were brought about.
        self.runs = 0
        self._wire = Wire(settings)
        self._session = Session(settings, self._wire.send)
        self._provisioner = Provisioner(self._session)
        self._contacted = False
        self._run: PendingRun | None = None
        #: The last look at the run, taken while it waited.
        self._seen: tuple[Exchange, ...] = ()

    def submit(self, generated: Generated) -> Submission:
        """Send a body.

        Raises Untestable where no run comes to wait, UnreachableTarget or NotThisApi at first contact, BudgetReached
        at the limit of requests.
        """
        self._session.begin()
        run = self._run or self._provisioned()
        body = addressed(generated, run.calls)
        streamed = _asks_for_stream(body)
        ask = Ask(Operation.SUBMIT, "POST", f"{run.path}/submit_tool_outputs", body, streamed=streamed)
        before, self._run = self._seen, None
        sent = tuple(self._session.ask_politely(ask))
        self._seen = self._look(run)
        if self._still_waits(run, sent[-1]):
            self._run = run
        traits = frozenset({"state"} if self._provisioner.stateful else ())
        return Submission(run, body, Transcript("fuzz", (*before, *sent, *self._seen), traits))

    def close(self) -> tuple[str, ...]:
        """Remove everything that was created; what could not be removed is returned, one line each."""
        self._session.lift_limit()
        try:
            return self._provisioner.cleanup.clear(self._session)
        finally:
            self._wire.close()

    def _provisioned(self) -> PendingRun:
        if not self._contacted:
            make_contact(self._session, self._provisioner)
            self._contacted = True
        run = self._provisioner.pending(_SCENARIO).run
        self.runs += 1
        self._seen = self._look(run)
        return run

    def _look(self, run: PendingRun) -> tuple[Exchange, ...]:
        return tuple(self._session.ask_politely(look(run.path))) if self._provisioner.stateful else ()

    def _still_waits(self, run: PendingRun, sent: Exchange) -> bool:
        if not self._provisioner.stateful:
            return True
        taken = sent.response is not None and 200 <= sent.response.status < 300
        seen = run_seen(self._seen[-1])
        self._provisioner.cleanup.saw(run.path, seen.status)
        return not taken and seen.status == "requires_action" and seen.calls == run.calls


def _asks_for_stream(body: bytes) -> bool:
    try:
        document = read(body)
    except NotJson:
        return False
    return isinstance(document, dict) and document.get("stream") is True
