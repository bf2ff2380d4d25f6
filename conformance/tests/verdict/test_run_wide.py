"""A server that wants something else of every submission is told that once."""

from __future__ import annotations

from conformance.model import Subject
from conformance.tests.checks.miniatures import (
    answer,
    call,
    conversation,
    outputs,
    pending,
    refusal,
    run_document,
    submit,
)
from conformance.verdict.judge import judge
from conformance.verdict.run_wide import settled

WANTS = refusal(400, "The header X-Tenant is required.")
TWO = (call("1"), call("2"))
BOTH = outputs(_1="a", _2="b")
#: A submission of every kind of which a rule says that it is accepted.
KINDS = (
    conversation(pending(), submit(WANTS, streamed=False)),
    conversation(pending(*TWO), submit(WANTS, BOTH[::-1])),
    conversation(pending(), submit(WANTS, outputs(_1="line\nline\u0001"))),
    conversation(pending(), submit(WANTS, content={"tool_outputs": outputs(_1="a"), "stream": None})),
    conversation(pending(), submit(WANTS, content={"tool_outputs": outputs(_1="a"), "stream": False})),
)


def primary(subject: Subject) -> set[str]:
    return {v.requirement for v in subject.verdicts if any(found.primary for found in v.findings)}


def test_all_refused_alike_is_one_finding_with_the_words_of_the_answer() -> None:
    told = settled([judge(each) for each in KINDS])
    assert {rule for subject in told for rule in primary(subject)} == {"submission.accepted"}
    accepted = [v for subject in told for v in subject.verdicts if v.requirement == "submission.accepted"]
    assert all("X-Tenant" in found.got for verdict in accepted for found in verdict.findings)
    assert {verdict.because for verdict in accepted if not verdict.findings} == {"submission.accepted"}


def test_where_one_is_accepted_the_others_keep_their_reason() -> None:
    accepted = judge(conversation(pending(), submit(answer(run_document("queued")), streamed=False)))
    subjects = [judge(KINDS[1]), judge(KINDS[3]), accepted]
    assert list(settled(subjects)) == subjects


def test_what_another_breach_explains_stays_explained_by_that() -> None:
    beta = refusal(400, "OpenAI-Beta is unknown here.", code="unknown_beta")
    subjects = [judge(conversation(pending(*TWO), submit(beta, BOTH[::-1]))) for _ in range(2)]
    assert [primary(subject) for subject in settled(subjects)] == [{"request.beta-accepted"}] * 2
    assert list(settled(subjects)) == subjects


def test_different_words_are_different_reasons() -> None:
    other = judge(conversation(pending(), submit(refusal(400, "no"), streamed=False)))
    subjects = [judge(KINDS[1]), other]
    assert list(settled(subjects)) == subjects


def test_a_single_refusal_shows_nothing_of_the_others() -> None:
    subjects = [judge(KINDS[1])]
    assert list(settled(subjects)) == subjects
