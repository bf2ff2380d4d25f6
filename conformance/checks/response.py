"""The plain answer to a submission: 200 and the run, under way again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter

from conformance.checks.events import lacking
from conformance.checks.order.run import not_of_path
from conformance.checks.shared.timestamps import wrong_seconds
from conformance.contract.schema import accepts, explain
from conformance.model import Ended, Finding, Operation
from conformance.walk.documents import find, shown, text
from conformance.walk.history import calls_of, run_of_path
from conformance.walk.http_response import got_status, media_type, served
from conformance.walk.observation import Observation
from conformance.walk.occasions import ANSWER, CLOSE, RUN
from conformance.walk.registry import check
from conformance.walk.submission_facts import Submitted

#: Ends of a body that are the server's doing; what its reader broke off is not.
_CUT_OFF = frozenset({Ended.SHORT, Ended.RESET, Ended.TIMEOUT})


#: Looks after which a run that is still queued is reported as stuck: a hang is counted, never timed.
_MANY_LOOKS = 10


@check("response.status-200", on=[ANSWER])
def status_200(observation: Observation) -> Iterable[Finding] | None:
    """The status of an accepted plain submission is 200."""
    sent, response = observation.submitted, observation.response
    if sent is None or sent.stream or response is None or not served(response):
        return None
    if sent.refusable or sent.faults & {"unrecorded", "approvals", "concurrent"}:
        return None  # a lone answer may be one to a creation
    if response.status == 200:
        return ()
    return [observation.finding("another-status", "a submission has another status", "200", got_status(response))]


@check("response.content-type", on=[RUN])
def content_type(observation: Observation) -> Iterable[Finding] | None:
    """The run comes as application/json."""
    response = observation.response
    if response is None or observation.hidden_type:
        return None
    kind = media_type(response)
    if kind == "application/json":
        return ()
    return [
        observation.finding(
            "another-type", "the run has another media type", "application/json", kind or "no Content-Type"
        )
    ]


@check("response.run-object", on=[RUN])
def run_object(observation: Observation) -> Iterable[Finding]:
    """The body is a run by the corrected schema, and all of it came: a client waits in vain for the rest."""
    response = observation.response
    if response is not None and response.ended in _CUT_OFF:
        return [
            observation.finding(
                "cut-off", "the answer was cut off", "a body ended by HTTP framing", f"{response.ended} end"
            )
        ]
    if observation.not_json is not None:
        return [observation.finding("not-json", "the answer is not JSON", "a run", str(observation.not_json))]
    if accepts("RunObject", observation.as_sent):
        return ()
    if find(observation.document, "object") != "thread.run" and find(observation.document, "id") is None:
        got = shown(observation.document)
        return [observation.finding("another-document", "the answer is another document", "a run", got, pointer="")]
    return [
        observation.finding(
            "misfit",
            f"the run does not fit its schema at {found.pointer or '/'}",
            found.expected,
            found.got,
            pointer=found.pointer,
        )
        for found in explain("RunObject", observation.as_sent)
    ]


@check("response.run-fields", on=[RUN])
def run_fields(observation: Observation) -> Iterable[Finding] | None:
    """The run carries all fields of the published schema."""
    document = observation.doc()
    return None if document is None else lacking(observation, document)


@check("response.run-ids", on=[RUN])
def run_ids(observation: Observation) -> Iterable[Finding] | None:
    """The run is the one of the path; a static answer is not asked for that."""
    document, sent = observation.doc(), observation.submitted
    if document is None or sent is None or sent.run_id is None:
        return None
    return not_of_path(observation, document, "id", sent.run_id) + not_of_path(
        observation, document, "thread_id", sent.thread_id
    )


@check("response.moved-on", on=[RUN, CLOSE])
def moved_on(observation: Observation) -> Iterable[Finding] | None:
    """The run no longer waits for what was submitted, neither in the answer nor whenever it is read later."""
    if observation.ended:
        return _still_waiting(observation)
    document, sent = observation.doc(), observation.submitted
    if document is None or sent is None:
        return None
    status = text(document, "status")
    if status == "requires_action":
        waiting = {call.id for call in calls_of(document) or ()}
        again = sorted(waiting & set(sent.ids))
        if not again:
            return ()
        got = f"requires_action for {', '.join(again)}"
        return [
            observation.finding(
                "still-waiting", "the run still waits for what was submitted", "queued", got, pointer="/status"
            )
        ]
    if status in ("queued", "in_progress", "completed") and find(document, "required_action") is not None:
        got = shown(find(document, "required_action"))
        said = f"a run that is {status} still carries required_action"
        return [
            observation.finding(
                "action-kept", said, "null, or no such field", got, details=(status,), pointer="/required_action"
            )
        ]
    return ()


def _still_waiting(observation: Observation) -> list[Finding] | None:
    """A finding for each accepted submission whose run asks for it again, at the last read of any round since.

    How a stream left the run is shown by the stream: after one, only the reads of later rounds are looked at.
    """
    taken = [
        (index, sent)
        for index, sent, response in observation.submissions
        if response is not None and served(response) and sent.items and not sent.refusable
    ]
    since: dict[int, list[tuple[int, Submitted]]] = {}
    for (index, sent), following in zip(taken, [*taken, None][1:], strict=True):
        if not sent.stream or following is not None:
            since.setdefault(following[0] if sent.stream and following else index, []).append((index, sent))
    found = []
    for place, asked in _asked_since(observation):
        own = run_of_path(observation.transcript.exchanges[place].request.target)
        for index, sent in since.get(place, ()):
            again = sorted(id_ for id_ in set(sent.ids) if (own is None and id_ in asked) or own in asked.get(id_, ()))
            if again:
                got = f"requires_action for {', '.join(again)}"
                found.append(
                    observation.finding(
                        "still-waiting-later", "the run was read later and still waits for what was submitted",
                        "a run that goes on", got, pointer="/status", exchange=index,
                    )
                )  # fmt: skip
    return sorted(found, key=attrgetter("exchange")) or None


def _asked_since(observation: Observation) -> Iterator[tuple[int, Mapping[str, set[str | None]]]]:
    """Each submission, the last first, and the calls that runs asked for after it, with those runs.

    A run is looked at as it was last read before a later submission, or at the end. What was yielded grows.
    """
    asked: dict[str, set[str | None]] = {}
    places = [index for index, _, _ in observation.submissions]
    for first, second in reversed([*zip(places, [*places, None][1:], strict=True)]):
        looks = observation.history.between(Operation.GET_RUN, first, second)
        run = looks[-1].documents[0] if looks and looks[-1].documents else None
        if run is not None and text(run, "status") == "requires_action":
            for call in calls_of(run) or ():
                asked.setdefault(call.id, set()).add(text(run, "id"))
        yield first, asked


@check("response.leaves-queue", on=[CLOSE])
def leaves_queue(observation: Observation) -> Iterable[Finding] | None:
    """A run whose outputs were accepted plainly is not queued at every one of many looks."""
    found, looked = [], False
    submissions = observation.submissions
    for number, (index, sent, response) in enumerate(submissions):
        if response is None or not served(response) or sent.stream or not sent.items or sent.refusable:
            continue
        until = submissions[number + 1][0] if number + 1 < len(submissions) else None
        statuses = _statuses_between(observation, index, until)
        if len(statuses) < _MANY_LOOKS:
            continue
        looked = True
        if set(statuses) == {"queued"}:
            said, got = "the run never left the queue", f"queued at {len(statuses)} looks of {len(statuses)}"
            found.append(
                observation.finding("queued", said, "a run that goes on", got, pointer="/status", exchange=index)
            )
    return found if looked else None


def _statuses_between(observation: Observation, first: int, second: int | None) -> list[str | None]:
    """What the run of a submission was at every look between it and the next."""
    own = run_of_path(observation.transcript.exchanges[first].request.target)
    looks = observation.history.between(Operation.GET_RUN, first, second)
    runs = (look.documents[0] for look in looks if look.documents)
    return [text(run, "status") for run in runs if own in (None, text(run, "id"))]


@check("response.seconds", on=[RUN])
def seconds(observation: Observation) -> Iterable[Finding] | None:
    """Timestamps are integer seconds."""
    document = observation.doc()
    return None if document is None else wrong_seconds(observation, "RunObject", document)
