"""One defect, one primary finding: the table of causes is sound, and effects keep their status."""

from fnmatch import fnmatchcase

import pytest

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Finding, Status
from conformance.reference.events import DONE
from conformance.tests.verdict.streams import HAPPY, judged, without
from conformance.verdict.blame import CAUSES, blame


def test_every_cause_is_a_requirement_and_every_pattern_names_one():
    for cause, patterns in CAUSES.items():
        assert cause in REQUIREMENTS
        for pattern in patterns:
            assert any(fnmatchcase(requirement, pattern) for requirement in REQUIREMENTS), (cause, pattern)


def test_no_cause_is_explained_by_its_own_effects():
    effects = {
        cause: {
            other
            for other in CAUSES
            if other != cause and any(fnmatchcase(other, pattern) for pattern in CAUSES[cause])
        }
        for cause in CAUSES
    }

    def reaches(start: str, seen: set[str]) -> set[str]:
        for other in effects[start] - seen:
            seen |= {other} | reaches(other, seen | {other})
        return seen

    assert not [cause for cause in effects if cause in reaches(cause, set())]


def _finding(exchange: int = 0, event: int | None = None) -> tuple[Finding, ...]:
    return (Finding("another", "it is off", "this", "that", exchange, event=event),)


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
