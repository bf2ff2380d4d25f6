"""The wrong ways: one row for each stateful fault of `proof/faults/state.py`, by its name.

A row replaces one decision of the server, or the few that a lie needs together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from conformance.mock import bodies, submission
from conformance.mock.behaviour import Behaviour, by_both_ids, goes_on, needs_its_key, read, stays
from conformance.mock.refusals import Refused
from conformance.mock.runs import Run
from conformance.mock.state import State
from conformance.mock.submission import RULES, Rule, Submission, answers_every_call, waits
from conformance.proof import objects
from conformance.proof.objects import Document, to_json

#: Stands in a submission for every call that is pending: what a server makes of a body it cannot read.
_EVERY = (("*", ""),)

_PATH_END = "/submit_tool_outputs"


# How a body is read.


def _rewritten(change: Callable[[Document], Document]) -> Behaviour:
    """Read bodies as if they had been sent otherwise."""
    return Behaviour(read=lambda body: submission.read(change(bodies.read(body))))


def _items(change: Callable[[Document], Document]) -> Callable[[Document], Document]:
    def changed(document: Document) -> Document:
        items = document.get("tool_outputs")
        if not isinstance(items, list):
            return document
        return {**document, "tool_outputs": [change(item) if isinstance(item, dict) else item for item in items]}

    return changed


def _null_is_empty(item: Document) -> Document:
    return {**item, "output": ""} if item.get("output", "") is None else item


def _as_text(item: Document) -> Document:
    output = item.get("output")
    return item if output is None or isinstance(output, str) else {**item, "output": to_json(output).decode()}


def _known_keys(document: Document) -> Document:
    return {key: value for key, value in document.items() if key in ("tool_outputs", "stream")}


def _stream_word(document: Document) -> Document:
    value = document.get("stream")
    return {**document, "stream": value.lower() == "true"} if isinstance(value, str) else document


def _taken_for_all(condition: str, where: str = "") -> Behaviour:
    """Take a body that is refused under a condition, about a place, for the outputs of every call."""

    def lenient(body: bytes) -> Submission:
        try:
            return read(body)
        except Refused as refused:
            if refused.condition == condition and str(refused.document["error"]["param"]).endswith(where):
                return Submission(_EVERY, stream=False)
            raise

    def every(status: str, pending: Sequence[str], submission: Submission) -> None:
        if submission.outputs != _EVERY:
            answers_every_call(status, pending, submission)

    return Behaviour(read=lenient, rules=(waits, every), accepted=_with_what_there_is)


# Which submissions are accepted.


def _unless(tolerated: Callable[[Sequence[str], Sequence[str]], bool]) -> Behaviour:
    """Accept outputs also where `tolerated(got, pending)`; what is missing is taken for an empty text."""

    def rule(status: str, pending: Sequence[str], submission: Submission) -> None:
        if not tolerated([call_id for call_id, _ in submission.outputs], pending):
            answers_every_call(status, pending, submission)

    return Behaviour(rules=(waits, rule), accepted=_with_what_there_is)


def _and_not(unwanted: Callable[[Sequence[str], Submission], bool], condition: str = "unwanted") -> Behaviour:
    """Refuse outputs that are all right, under another condition, where `unwanted(pending, submission)`."""

    def rule(status: str, pending: Sequence[str], submission: Submission) -> None:  # noqa: ARG001
        if unwanted(pending, submission):
            raise Refused(condition, method="POST", path=_PATH_END)

    return Behaviour(rules=(*RULES, rule))


def _in_states(*statuses: str) -> Behaviour:
    """Accept outputs for a run in these states too, and do nothing with them there."""

    def rule(status: str, pending: Sequence[str], submission: Submission) -> None:
        if status not in statuses:
            waits(status, pending, submission)
            answers_every_call(status, pending, submission)

    return Behaviour(rules=(rule,))


def _some(got: Sequence[str], pending: Sequence[str]) -> bool:
    return bool(got) and set(got) < set(pending)


def _strange(got: Sequence[str], pending: Sequence[str]) -> bool:
    return bool(set(got) - set(pending))


def _repeated(got: Sequence[str], pending: Sequence[str]) -> bool:
    return set(got) == set(pending)


def _none(got: Sequence[str], pending: Sequence[str]) -> bool:  # noqa: ARG001
    return not got


def _out_of_order(pending: Sequence[str], submission: Submission) -> bool:
    return [call_id for call_id, _ in submission.outputs] != list(pending)


def _with_control_characters(pending: Sequence[str], submission: Submission) -> bool:  # noqa: ARG001
    return any("\x01" <= character < " " for _, output in submission.outputs for character in output)


def _any(pending: Sequence[str], submission: Submission) -> bool:  # noqa: ARG001
    return True


def _single_streamed(pending: Sequence[str], submission: Submission) -> bool:
    return len(pending) == 1 and submission.stream is True


def _stream_absent(pending: Sequence[str], submission: Submission) -> bool:  # noqa: ARG001
    return "stream" not in submission.keys


def _stream_false(pending: Sequence[str], submission: Submission) -> bool:  # noqa: ARG001
    return submission.stream is False


def _stream_null(pending: Sequence[str], submission: Submission) -> bool:  # noqa: ARG001
    return submission.stream is None and "stream" in submission.keys


# What happens to a run whose outputs were accepted.


def _with_what_there_is(run: Run, submission: Submission) -> None:
    step = run.pending_step()
    calls = [] if step is None else step["step_details"]["tool_calls"]
    run.resume({**{call["id"]: "" for call in calls}, **dict(submission.outputs)})


def _if_any(run: Run, submission: Submission) -> None:
    if submission.outputs:
        goes_on(run, submission)


def _waits_for_the_rest(run: Run, submission: Submission) -> None:
    answered = {call_id for call_id, _ in submission.outputs}
    calls = run.document["required_action"]["submit_tool_outputs"]["tool_calls"]
    left = [call for call in calls if call["id"] not in answered]
    if left:
        run.document = objects.run_waiting(run.document, left)
    else:
        _with_what_there_is(run, submission)


def _once_more(run: Run, submission: Submission) -> None:
    """Accept the same calls once more as if the run were still waiting as it waits now."""
    waiting, step, answered = run.document, run.pending_step(), {call_id for call_id, _ in submission.outputs}

    def rule(status: str, pending: Sequence[str], submission: Submission) -> None:
        if {call_id for call_id, _ in submission.outputs} != answered:
            waits(status, pending, submission)
            answers_every_call(status, pending, submission)

    def accepted(run: Run, submission: Submission) -> None:
        if step is not None and {call_id for call_id, _ in submission.outputs} == answered:
            run.document, run.steps[step["id"]] = waiting, step
            run.rounds -= 1
        _once_more(run, submission)

    goes_on(run, submission)
    run.behaviour = replace(run.behaviour, rules=(rule,), accepted=accepted)


# What happens to a run whose outputs were refused.


def _fails(run: Run, submission: Submission) -> None:  # noqa: ARG001
    if run.pending_ids():
        run.document = objects.run_ended(run.document, "failed", run.clock.now, run.spent())
        run.scenes.clear()


def _forgets_a_call(run: Run, submission: Submission) -> None:
    if len(run.pending_ids()) > 1:
        calls = run.document["required_action"]["submit_tool_outputs"]["tool_calls"]
        run.document = objects.run_waiting(run.document, calls[1:])
    stays(run, submission)


def _goes_on_anyway(run: Run, submission: Submission) -> None:
    _with_what_there_is(run, submission)
    run.look()


def _closes(run: Run, submission: Submission) -> None:  # noqa: ARG001
    run.behaviour = replace(run.behaviour, rules=(*RULES, _unwanted))


def _unwanted(status: str, pending: Sequence[str], submission: Submission) -> None:  # noqa: ARG001
    raise Refused("unwanted")


def _remembers(run: Run, submission: Submission) -> None:
    """Keep what was refused, and accept the rest of it alone."""
    kept = {call_id for call_id, _ in submission.outputs}
    pending = set(run.pending_ids())
    if not kept or not kept < pending:
        return

    def rest(status: str, pending: Sequence[str], submission: Submission) -> None:
        got = {call_id for call_id, _ in submission.outputs}
        if got | kept != set(pending):
            answers_every_call(status, pending, submission)

    rules: tuple[Rule, ...] = (waits, rest)
    run.behaviour = replace(run.behaviour, rules=rules, accepted=_with_what_there_is)


# Who is let in, and to which run.


def _without_a_key(api_key: str | None, headers: Mapping[str, str]) -> None:
    if headers.get("authorization") or headers.get("api-key"):
        needs_its_key(api_key, headers)


def _with_any_key(api_key: str | None, headers: Mapping[str, str]) -> None:
    if not (headers.get("authorization") or headers.get("api-key")):
        needs_its_key(api_key, headers)


def _anywhere(state: State, run_id: str) -> Run | None:
    return next((thread.runs[run_id] for thread in state.threads.values() if run_id in thread.runs), None)


def _whatever_thread(*, known: bool) -> Callable[[State, str, str], Run]:
    """Find a run by its id alone where the thread is known, or where it is not."""

    def find(state: State, thread_id: str, run_id: str) -> Run:
        run = _anywhere(state, run_id)
        if run is not None and (thread_id in state.threads) is known:
            return run
        return by_both_ids(state, thread_id, run_id)

    return find


def _some_run(state: State, thread_id: str, run_id: str) -> Run:
    """The run that holds the thread, where no run has the id."""
    thread = state.threads.get(thread_id)
    active = thread.active_run() if thread is not None and _anywhere(state, run_id) is None else None
    return active or by_both_ids(state, thread_id, run_id)


def _tells_strangers(state: State, thread_id: str, run_id: str) -> Run:
    thread = state.threads.get(thread_id)
    if thread is not None and run_id not in thread.runs and _anywhere(state, run_id) is not None:
        raise Refused("stranger")
    return by_both_ids(state, thread_id, run_id)


MISBEHAVIOURS: Mapping[str, Behaviour] = MappingProxyType(
    {
        # refuses what is to be accepted
        "serves-nowhere": _and_not(_any, "no-path"),
        "refuses-its-key": _and_not(_any, "wrong-key"),
        "refuses-beta": _and_not(_any, "unknown-beta"),
        "asks-for-stream-key": _and_not(_stream_absent, "no-stream-key"),
        "refuses-stream-false": _and_not(_stream_false, "stream-value"),
        "refuses-stream-null": _and_not(_stream_null, "stream-value"),
        "refuses-single-streamed": _and_not(_single_streamed),
        "refuses-other-order": _and_not(_out_of_order),
        "refuses-control-characters": _and_not(_with_control_characters),
        "never-forgives": Behaviour(refused=_closes),
        # accepts what is to be refused
        "accepts-partial": _unless(_some),
        "waits-for-the-rest": replace(_unless(_some), accepted=_waits_for_the_rest),
        "remembers-refused-outputs": Behaviour(refused=_remembers),
        "accepts-unknown-ids": _unless(_strange),
        "accepts-duplicates": _unless(_repeated),
        "resumes-on-nothing": _unless(_none),
        "accepts-nothing-quietly": replace(_unless(_none), accepted=_if_any),
        "accepts-missing-outputs": _taken_for_all("missing", "tool_outputs"),
        "accepts-missing-id": _taken_for_all("missing", "tool_call_id"),
        "accepts-malformed": _taken_for_all("malformed"),
        "accepts-null-output": _rewritten(_items(_null_is_empty)),
        "turns-outputs-into-text": _rewritten(_items(_as_text)),
        "accepts-unknown-keys": _rewritten(_known_keys),
        "reads-stream-words": _rewritten(_stream_word),
        "executes-twice": Behaviour(accepted=_once_more),
        "accepts-again": _in_states("queued", "in_progress"),
        "accepts-when-completed": _in_states("completed"),
        "accepts-when-cancelled": _in_states("cancelled", "cancelling"),
        "accepts-when-expired": _in_states("expired"),
        # is mistaken in whom it serves
        "serves-without-key": Behaviour(key=_without_a_key),
        "serves-any-key": Behaviour(key=_with_any_key),
        "serves-unknown-thread": Behaviour(find=_whatever_thread(known=False)),
        "serves-other-thread": Behaviour(find=_whatever_thread(known=True)),
        "serves-unknown-run": Behaviour(find=_some_run),
        "tells-strangers": Behaviour(find=_tells_strangers),
        # changes what is to stay, and leaves what is to change
        "fails-on-refusal": Behaviour(refused=_fails),
        "forgets-a-call-on-refusal": Behaviour(accepted=_with_what_there_is, refused=_forgets_a_call),
        "goes-on-after-refusal": Behaviour(refused=_goes_on_anyway),
        "never-resumes": Behaviour(accepted=stays),
    }
)
