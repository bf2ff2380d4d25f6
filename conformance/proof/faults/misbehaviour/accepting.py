"""Which submissions a server accepts that it should refuse, and refuses that it should accept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conformance.proof.faults.misbehaviour.running import with_what_there_is
from conformance.reference.behaviour import Behaviour
from conformance.reference.refusals import Refused
from conformance.reference.submission import RULES, Submission, answers_every_call, waits

#: What a refusal names that denies the operation itself.
_PATH_END = "/submit_tool_outputs"


def unless(tolerated: Callable[[Sequence[str], Sequence[str]], bool]) -> Behaviour:
    """Accept outputs also where `tolerated(got, pending)`; what is missing is treated as an empty text."""

    def rule(status: str, pending: Sequence[str], submission: Submission) -> None:
        if not tolerated([call_id for call_id, _ in submission.outputs], pending):
            answers_every_call(status, pending, submission)

    return Behaviour(rules=(waits, rule), accepted=with_what_there_is)


def and_not(unwanted: Callable[[Sequence[str], Submission], bool], condition: str = "unwanted") -> Behaviour:
    """Refuse outputs that are all right, under another condition, where `unwanted(pending, submission)`."""

    def rule(status: str, pending: Sequence[str], submission: Submission) -> None:  # noqa: ARG001
        if unwanted(pending, submission):
            raise Refused(condition, method="POST", path=_PATH_END)

    return Behaviour(rules=(*RULES, rule))


def in_states(*statuses: str) -> Behaviour:
    """Accept outputs for a run in these states too, and do nothing with them there."""

    def rule(status: str, pending: Sequence[str], submission: Submission) -> None:
        if status not in statuses:
            waits(status, pending, submission)
            answers_every_call(status, pending, submission)

    return Behaviour(rules=(rule,))


def some(got: Sequence[str], pending: Sequence[str]) -> bool:
    """Some of the pending calls, and no other."""
    return bool(got) and set(got) < set(pending)


def strange(got: Sequence[str], pending: Sequence[str]) -> bool:
    """A call that is not pending."""
    return bool(set(got) - set(pending))


def repeated(got: Sequence[str], pending: Sequence[str]) -> bool:
    """Every pending call, one of them twice."""
    return set(got) == set(pending)


def none(got: Sequence[str], pending: Sequence[str]) -> bool:  # noqa: ARG001
    """No call at all."""
    return not got


def out_of_order(pending: Sequence[str], submission: Submission) -> bool:
    """Outputs in another order than their calls."""
    return [call_id for call_id, _ in submission.outputs] != list(pending)


def with_control_characters(pending: Sequence[str], submission: Submission) -> bool:  # noqa: ARG001
    """An output with a control character, U+0000 excepted."""
    return any("\x01" <= character < " " for _, output in submission.outputs for character in output)


def whatever(pending: Sequence[str], submission: Submission) -> bool:  # noqa: ARG001
    """Any outputs."""
    return True


def single_streamed(pending: Sequence[str], submission: Submission) -> bool:
    """The output of a single call, to be answered by a stream."""
    return len(pending) == 1 and submission.stream is True


def stream_absent(pending: Sequence[str], submission: Submission) -> bool:  # noqa: ARG001
    """A body that says nothing of a stream."""
    return "stream" not in submission.keys


def stream_false(pending: Sequence[str], submission: Submission) -> bool:  # noqa: ARG001
    """A body that says that no stream is wanted."""
    return submission.stream is False


def stream_null(pending: Sequence[str], submission: Submission) -> bool:  # noqa: ARG001
    """A body that says null for stream."""
    return submission.stream is None and "stream" in submission.keys
