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
from conformance.verdict.refused_alike import told_once

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
    for subject in told_once([judge(each) for each in KINDS]):
        assert primary(subject) == {"submission.accepted"}
        said = next(v.findings[0].got for v in subject.verdicts if v.requirement == "submission.accepted")
        assert "X-Tenant" in said


def test_where_one_is_accepted_the_others_keep_their_reason() -> None:
    accepted = judge(conversation(pending(), submit(answer(run_document("queued")), streamed=False)))
    subjects = [judge(KINDS[1]), judge(KINDS[3]), accepted]
    assert list(told_once(subjects)) == subjects


def test_what_another_breach_explains_stays_explained_by_that() -> None:
    beta = refusal(400, "OpenAI-Beta is unknown here.", code="unknown_beta")
    subjects = [judge(conversation(pending(*TWO), submit(beta, BOTH[::-1]))) for _ in range(2)]
    assert [primary(subject) for subject in told_once(subjects)] == [{"request.beta-accepted"}] * 2
    assert list(told_once(subjects)) == subjects


def test_different_words_are_different_reasons() -> None:
    other = judge(conversation(pending(), submit(refusal(400, "no"), streamed=False)))
    subjects = [judge(KINDS[1]), other]
    assert list(told_once(subjects)) == subjects


def test_a_single_refusal_shows_nothing_of_the_others() -> None:
    subjects = [judge(KINDS[1])]
    assert list(told_once(subjects)) == subjects
