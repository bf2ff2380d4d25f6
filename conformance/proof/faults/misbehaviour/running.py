"""What becomes of a run whose outputs were accepted, or refused, by a server that does it wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.reference import objects
from conformance.reference.behaviour import goes_on, stays
from conformance.reference.refusals import Refused
from conformance.reference.runs import Run
from conformance.reference.submission import RULES, Rule, Submission, answers_every_call, waits


def with_what_there_is(run: Run, submission: Submission) -> None:
    """Go on; outputs that are missing are treated as empty."""
    step = run.pending_step()
    calls = [] if step is None else step["step_details"]["tool_calls"]
    run.resume({**{call["id"]: "" for call in calls}, **dict(submission.outputs)})


def if_any(run: Run, submission: Submission) -> None:
    """Go on if there is any output; without one nothing happens."""
    if submission.outputs:
        goes_on(run, submission)


def waits_for_the_rest(run: Run, submission: Submission) -> None:
    """Wait for the calls that were not answered."""
    answered = {call_id for call_id, _ in submission.outputs}
    calls = run.document["required_action"]["submit_tool_outputs"]["tool_calls"]
    left = [call for call in calls if call["id"] not in answered]
    if left:
        run.document = objects.run_waiting(run.document, left)
    else:
        with_what_there_is(run, submission)


def once_more(run: Run, submission: Submission) -> None:
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
        once_more(run, submission)

    goes_on(run, submission)
    run.acceptance = replace(run.acceptance, rules=(rule,), accepted=accepted)


def fails(run: Run, submission: Submission) -> None:  # noqa: ARG001
    """Fail the run."""
    if run.pending_ids():
        run.document = objects.run_ended(run.document, "failed", run.clock.now, run.spent())
        run.transitions.clear()


def forgets_a_call(run: Run, submission: Submission) -> None:
    """Wait for one call less."""
    if len(run.pending_ids()) > 1:
        calls = run.document["required_action"]["submit_tool_outputs"]["tool_calls"]
        run.document = objects.run_waiting(run.document, calls[1:])
    stays(run, submission)


def goes_on_anyway(run: Run, submission: Submission) -> None:
    """Go on as if the outputs had been accepted."""
    with_what_there_is(run, submission)
    run.look()


def closes(run: Run, submission: Submission) -> None:  # noqa: ARG001
    """Refuse whatever comes next."""
    run.acceptance = replace(run.acceptance, rules=(*RULES, unwanted))


def unwanted(status: str, pending: Sequence[str], submission: Submission) -> None:  # noqa: ARG001
    """Refuse any outputs."""
    raise Refused("unwanted")


def remembers(run: Run, submission: Submission) -> None:
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
    run.acceptance = replace(run.acceptance, rules=rules, accepted=with_what_there_is)


def waits_in_the_queue(run: Run, submission: Submission) -> None:
    """Accept the outputs and, where no stream was asked for, let the run be queued for ever."""
    goes_on(run, submission)
    if not submission.stream:
        while len(run.transitions) > 1:
            run.transitions.pop()
