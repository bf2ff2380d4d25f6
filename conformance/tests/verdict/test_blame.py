"""One defect, one primary finding: the table of causes is sound, and effects keep their status."""

from fnmatch import fnmatchcase

import pytest

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Finding, Status
from conformance.reference.events import DONE
from conformance.tests.verdict.streams import HAPPY, judged, without
from conformance.verdict.blame import ROWS, blame


def test_every_cause_is_a_requirement_and_every_pattern_names_one():
    for row in ROWS:
        assert row.cause in REQUIREMENTS
        for pattern in row.effects:
            assert any(fnmatchcase(requirement, pattern) for requirement in REQUIREMENTS), (row.cause, pattern)


def test_no_cause_is_explained_by_its_own_effects():
    """Also where two findings could explain each other: the one that stands earlier in the table is the cause."""
    ids = sorted({row.cause for row in ROWS})
    told = blame({requirement: _finding(event=1, about=("run",)) for requirement in ids})
    for requirement in ids:
        cause, seen = requirement, set()
        while not told[cause][0].primary:
            assert cause not in seen
            seen.add(cause)
            cause = str(told[cause][0].because)


def _finding(
    exchange: int = 0, event: int | None = None, pointer: str | None = None, about: tuple[str, ...] = ()
) -> tuple[Finding, ...]:
    return (Finding("another", "it is off", "this", "that", exchange, event=event, pointer=pointer, about=about),)


def test_an_effect_says_what_it_follows_from():
    told = blame({"order.terminal-present": _finding(), "done.present": _finding()})
    assert told["order.terminal-present"][0].primary
    assert (told["done.present"][0].primary, told["done.present"][0].because) == (False, "order.terminal-present")


def test_a_cause_explains_nothing_in_another_exchange():
    told = blame({"order.terminal-present": _finding(0), "done.present": _finding(1)})
    assert told["done.present"][0].primary


def test_a_cause_of_one_event_explains_nothing_at_another():
    told = blame({"events.object": _finding(event=3), "events.schema": _finding(event=4)})
    assert told["events.schema"][0].primary


@pytest.mark.parametrize(
    ("cause", "effect", "follows"),
    [
        ({"pointer": "/attachments"}, {"pointer": "/content/0/text/value"}, False),
        ({"pointer": "/content"}, {"pointer": "/content/0/text/value"}, True),
        ({"pointer": "/content/0/text/value"}, {"pointer": "/content"}, True),
        ({"pointer": "/content"}, {"pointer": "/content_type"}, False),
    ],
)
def test_one_member_of_a_document_explains_nothing_about_another(cause, effect, follows):
    told = blame({"events.schema": _finding(event=3, **cause), "content.message-text": _finding(event=3, **effect)})
    assert told["content.message-text"][0].primary is not follows


@pytest.mark.parametrize(
    ("cause", "effect", "follows"),
    [("step a", "step a", True), ("step a", "step b", False), ("step", "step b", True), ("step", "message b", False)],
)
def test_one_step_explains_nothing_about_another(cause, effect, follows):
    found = {"order.step-life": _finding(event=3, about=(cause,)), "order.step-closed": _finding(about=(effect,))}
    assert blame(found)["order.step-closed"][0].primary is not follows


def test_what_comes_before_a_cause_does_not_follow_from_it():
    found = {"framing.event-name": _finding(event=3), "order.run-path": _finding(event=2)}
    assert blame(found)["order.run-path"][0].primary


@pytest.mark.parametrize("cut", range(1, len(HAPPY)))
def test_a_stream_cut_off_at_any_event_has_one_primary_finding(cut):
    subject = judged(HAPPY[:cut])
    primary = {verdict.requirement for verdict in subject.verdicts for found in verdict.findings if found.primary}
    assert primary == ({"done.present"} if cut == len(HAPPY) - 1 else {"order.terminal-present"})
    for verdict in subject.verdicts:
        assert verdict.status is not Status.ERROR
        assert all(found.because in primary for found in verdict.findings if not found.primary)


def test_the_done_marker_alone_has_a_single_cause():
    subject = judged([event for event in HAPPY if event == DONE])
    primary = {verdict.requirement for verdict in subject.verdicts for found in verdict.findings if found.primary}
    assert primary == {"order.terminal-present"}


def test_a_missing_message_end_is_told_once():
    subject = judged(without(HAPPY, "thread.message.completed"))
    primary = {verdict.requirement for verdict in subject.verdicts for found in verdict.findings if found.primary}
    assert primary == {"order.message-life"}
