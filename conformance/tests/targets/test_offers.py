"""What a target is said not to offer, the members that we create with, and functions that have a name alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.contract.scenarios import BY_ID, not_offered
from conformance.mock.server import Mock
from conformance.model import Status
from conformance.run import matrix, options
from conformance.run.loop import Run
from conformance.run.plan import plan
from conformance.targets.http import HttpTarget
from conformance.targets.settings import Settings
from conformance.tests.commands import conformance
from conformance.tests.pace import limit
from conformance.verdict.judge import judge
from conformance.wire.json_schema import own_schema


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    server = Mock()
    yield server
    server.close()


def target(mock: Mock, **more: Any) -> HttpTarget:
    return HttpTarget(Settings(mock.base_url, timeout=limit(), **more))


def test_what_is_not_offered_is_not_planned_and_offering_it_is_a_note(mock: Mock) -> None:
    asked = target(mock, offers=frozenset({"plain"}))
    planned = plan(asked)
    streamed = [each for each in planned.scenarios if not_offered(each, asked.traits)]
    assert [each.id for each in streamed] == ["stream-one-call"]
    assert planned.cells["stream-one-call"] == frozenset()
    assert "said not to offer" in str(asked.why_not(BY_ID["stream-three-calls"]))
    subject = judge(asked.exchange(BY_ID["stream-one-call"]))
    asked.close()
    assert subject.verdicts == ()
    assert str(subject.reason).startswith("not planned: ")
    assert subject.notes == ("a streamed submission was answered, though --offers leaves it out",)


def test_what_is_left_out_and_asked_for_is_not_planned_and_no_error(mock: Mock) -> None:
    words = ["server", f"--base-url={mock.base_url}", "--offers=plain", "-k"]
    played = conformance(*words, "stream-one-call")
    assert played.returncode == 5
    assert "NOT JUDGED  stream-one-call\n  reason    not planned: it needs what" in played.stdout
    assert "ERROR" not in played.stdout
    for name in ("stream-three-calls", "stream-one-call:done.last"):
        left = conformance(*words, name)
        assert left.returncode == 5
        assert f"not planned: {name.partition(':')[0]} needs what this target is said not to offer" in left.stderr


def test_what_is_not_offered_and_refused_is_no_note(mock: Mock) -> None:
    asked = target(mock, offers=frozenset({"streamed"}))
    stream, plain = (judge(asked.exchange(BY_ID[name])) for name in ("stream-one-call", "json-one-call"))
    asked.close()
    assert stream.notes == ()
    assert {verdict.status for verdict in stream.verdicts} == {Status.PASS}
    assert plain.notes == ("a plain submission was answered, though --offers leaves it out",)


def test_we_create_with_the_members_that_are_said(mock: Mock) -> None:
    created: dict[str, dict[str, object]] = {
        "create_assistant": {"name": "mine", "metadata": {"tenant": "7"}},
        "create_thread": {"metadata": {"a": "b"}},
        "create_run": {"max_completion_tokens": 99, "metadata": {"c": "d"}},
    }
    asked = target(mock, **created)
    began = len(mock.requests)
    transcript = asked.exchange(BY_ID["json-one-call"])
    asked.close()
    assert transcript.untestable is None
    bodies = {
        heard.request.target.rpartition("/")[2]: json.loads(heard.request.body)
        for heard in mock.requests[began:]
        if heard.request.method == "POST" and heard.request.body
    }
    assert bodies["assistants"].items() >= created["create_assistant"].items()
    assert bodies["threads"] == created["create_thread"]
    assert bodies["runs"].items() >= created["create_run"].items()
    assert bodies["runs"]["tools"] == bodies["assistants"]["tools"]


def test_a_function_may_have_a_name_alone(mock: Mock) -> None:
    asked = target(mock)
    began = len(mock.requests)
    subject = judge(asked.exchange(BY_ID["json-bare-function"]))
    asked.close()
    requests = [heard.request for heard in mock.requests[began:]]
    (tools,) = (json.loads(each.body)["tools"] for each in requests if each.target.endswith("/assistants"))
    assert tools == [{"type": "function", "function": {"name": "get_temperature"}}]
    assert {verdict.status for verdict in subject.verdicts} == {Status.PASS}


def test_a_run_of_less_is_green(mock: Mock) -> None:
    asked = target(mock, offers=frozenset({"plain"}))
    chosen = plan(asked)
    few = [s for s in chosen.scenarios if s.id in ("json-one-call", "stream-one-call")]
    report = Run(asked, plan(asked, few)).finished()
    assert {subject.name: len(subject.verdicts) > 0 for subject in report.subjects} == {
        "json-one-call": True,
        "stream-one-call": False,
    }


def test_the_list_of_targets_knows_every_option_of_the_command() -> None:
    rows = own_schema("targets")["properties"]["server"]["items"]["properties"]
    assert {option.name for option in options.TARGET} == rows.keys() - matrix.OURS - {"strict"}
