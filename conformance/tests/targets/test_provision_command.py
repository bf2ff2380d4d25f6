"""Runs that somebody's program brings to wait: what it is told, what it prints, and what becomes of bad answers."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.scenarios import BY_ID
from conformance.errors import UsageError
from conformance.mock.server import Mock
from conformance.model import Operation
from conformance.run.target_options import settings as read
from conformance.targets.http import HttpTarget
from conformance.targets.settings import Settings
from conformance.tests.pace import limit

PROGRAM = Path(__file__).parents[3] / "docs" / "drivers" / "provision.py"
KEY = "sk-canary-0123456789"
TENANT = "Bearer tenant-canary-0123456789"


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    server = Mock(KEY)
    yield server
    server.close()


def target(mock: Mock, *command: str, key: str | None = KEY) -> HttpTarget:
    return HttpTarget(
        Settings(mock.base_url, key, timeout=limit(), provision="command", provision_command=(sys.executable, *command))
    )


def test_the_program_of_the_documents_brings_scenarios_about(
    mock: Mock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    asked = target(mock, str(PROGRAM))
    for name in ("json-three-calls", "stream-next-round", "empty-list", "other-thread"):
        transcript = asked.exchange(BY_ID[name])
        assert (transcript.untestable, transcript.slip) == (None, None), name
        assert any(exchange.operation is Operation.SUBMIT for exchange in transcript.exchanges)
    assert asked.why_not(BY_ID["json-bare-function"]) is not None
    assert asked.close() == ()


def printing(tmp_path: Path, text: str, code: int = 0) -> str:
    """A program that notes what it is told and prints a text."""
    program = tmp_path / "program.py"
    program.write_text(
        "import json, os, sys\n"
        f"told = {{k: v for k, v in os.environ.items() if k.startswith('CONFORMANCE_')}}\n"
        f"open({str(tmp_path / 'told')!r}, 'a').write(json.dumps(told) + '\\n')\n"
        f"print({text!r})\nsys.exit({code})\n"
    )
    return str(program)


def told(tmp_path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (tmp_path / "told").read_text().splitlines()]


@pytest.mark.parametrize(
    ("text", "code", "why"),
    [
        ("", 0, "printed no JSON object: nothing"),
        ("[1]", 0, "printed no JSON object: [1]"),
        ('{"thread_id": "t"}', 0, "the object lacks 'run_id' (schemas/own/provisioned.json)"),
        ('{"thread_id": "t", "run_id": 1}', 0, "/run_id must be of type string"),
        ('{"thread_id": "t", "run_id": "r", "headers": {"A B": "c"}}', 0, "invalid header"),
        ("the database is locked", 3, "exited with code 3 and said: the database is locked"),
    ],
)
def test_what_is_no_run_makes_the_scenario_untestable(
    mock: Mock, tmp_path: Path, text: str, code: int, why: str
) -> None:
    asked = target(mock, printing(tmp_path, text, code))
    transcript = asked.exchange(BY_ID["json-one-call"])
    asked.close()
    assert why in str(transcript.untestable)


def test_it_is_told_what_is_wanted_and_in_the_end_what_is_not_any_more(mock: Mock, tmp_path: Path) -> None:
    said = {"thread_id": "thread_x", "run_id": "run_x", "calls": ["a", {"id": "b", "name": "f"}, "c"]}
    asked = target(mock, printing(tmp_path, f"creating …\n{json.dumps(said)}\ncreated"))
    transcript = asked.exchange(BY_ID["json-three-calls"])
    assert asked.close() == ()
    submission = next(each for each in transcript.exchanges if each.operation is Operation.SUBMIT)
    assert submission.request.target == "/v1/threads/thread_x/runs/run_x/submit_tool_outputs"
    outputs = json.loads(submission.request.body)["tool_outputs"]
    assert [output["tool_call_id"] for output in outputs] == ["a", "b", "c"]
    wanted, done = told(tmp_path)
    assert wanted == {
        "CONFORMANCE_BASE_URL": mock.base_url,
        "CONFORMANCE_SCENARIO": "json-three-calls",
        "CONFORMANCE_CALLS": "3",
        "CONFORMANCE_CALLS_LEAST": "1",
        "CONFORMANCE_ROUNDS": "1",
        "CONFORMANCE_STREAM": "false",
    }
    assert json.loads(done["CONFORMANCE_DONE"]) == [{"thread_id": "thread_x", "run_id": "run_x"}]


def test_its_headers_go_with_every_request_about_the_run_and_are_kept_secret(mock: Mock, tmp_path: Path) -> None:
    said = {"thread_id": "t", "run_id": "r", "calls": ["a"], "headers": {"Authorization": TENANT, "X-Tenant": "7"}}
    asked = target(mock, printing(tmp_path, json.dumps(said)), key=None)
    transcript = asked.exchange(BY_ID["json-one-call"])
    asked.close()
    sent = [dict(exchange.request.headers) for exchange in transcript.exchanges]
    assert {(fields["Authorization"], fields["X-Tenant"]) for fields in sent} == {(TENANT, "7")}
    assert TENANT in asked.secrets


def test_the_end_that_fails_is_listed(mock: Mock, tmp_path: Path) -> None:
    asked = target(mock, printing(tmp_path, '{"thread_id": "t", "run_id": "r", "calls": ["a"]}'))
    asked.exchange(BY_ID["json-one-call"])
    printing(tmp_path, "", 1)
    assert "exited with code 1 when it was called with CONFORMANCE_DONE" in "".join(asked.close())


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"provision": "command"}, "belong together"),
        ({"provision_command": "true"}, "belong together"),
        ({"provision": "command", "provision_command": "no-such-program-here"}, "there is no program"),
        ({"provision": "command", "provision_command": "'"}, "cannot be read"),
        ({"provision": "static", "create_run": '{"a": 1}'}, "--create-run does nothing with --provision static"),
        ({"create_thread": "[]"}, "--create-thread: this is not a JSON object"),
        ({"offers": ["streams"]}, "invalid --offers: streams"),
    ],
)
def test_options_that_cannot_be_meant(said: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read({"base_url": "http://127.0.0.1:1/v1", **said}, {})


def test_a_command_is_read_as_a_shell_reads_it() -> None:
    words = (sys.executable, "a b.py", "--flag")
    said = {"base_url": "http://h/v1", "provision": "command", "provision_command": shlex.join(words)}
    assert read(said, {}).provision_command == words
