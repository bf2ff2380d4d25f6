"""Fuzzing: the mock survives, planted faults are found and shrunk, and what the contract leaves open accuses nobody."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import OwnError, UsageError
from conformance.fuzz import summary
from conformance.fuzz.expectation import Expectation, Mode, addressed, expectation
from conformance.fuzz.judge import judged
from conformance.fuzz.search import Search, search
from conformance.fuzz.waiting_run import Submission, WaitingRun
from conformance.mock.server import Mock
from conformance.model import Author, Chunk, Ended, Exchange, Operation, Request, Response, Status, Transcript
from conformance.reference import behaviour, request_body, submission
from conformance.reference.behaviour import Behaviour
from conformance.reference.refusals import Refused
from conformance.report.curl_command import CurlCommand
from conformance.run import extras, option_conflicts
from conformance.targets.run_polling import PendingRun
from conformance.targets.settings import Settings
from conformance.tests.commands import ALONE
from conformance.tests.commands import pytest as run_pytest

KEY = "key-of-the-fuzzed-mock"
RUN = PendingRun("thread_1", "run_1", ("call_1", "call_2"))


def fuzzed(mock: Mock, mode: Mode, cases: int, seed: int = 1, max_requests: int | None = None) -> Search:
    run = WaitingRun(Settings(mock.base_url, KEY, max_requests=max_requests))
    try:
        return search(run, mode, cases, seed)
    finally:
        assert run.close() == ()


def submitted_to(mock: Mock) -> list[bytes]:
    return [each.request.body for each in mock.requests if each.request.target.endswith("/submit_tool_outputs")]


# What a body deserves.


def entries(*outputs: object, more: dict[str, object] | None = None) -> bytes:
    named = [{"tool_call_id": call, "output": output} for call, output in zip(RUN.calls, outputs, strict=False)]
    return json.dumps({"tool_outputs": named, **(more or {})}).encode()


@pytest.mark.parametrize(
    ("body", "deserved"),
    [
        (entries("", ""), Expectation.RIGHT),
        (entries("", "", more={"stream": None}), Expectation.RIGHT),
        (entries("", 0), Expectation.WRONG),
        (entries("", None), Expectation.WRONG),
        (entries(""), Expectation.WRONG),
        (entries(), Expectation.WRONG),
        (entries("", "", more={"": 0}), Expectation.WRONG),
        (entries("", "", more={"stream": 0}), Expectation.WRONG),
        (b"{}", Expectation.WRONG),
        (b"0", Expectation.WRONG),
        (b"\x00", Expectation.WRONG),
        (b'{"tool_outputs": [{"output": ""}, {"output": ""}]}', Expectation.WRONG),
        (b'{"tool_outputs": [{"tool_call_id": "call_1", "output": ""}, {"tool_call_id": "x", "output": ""}]}',
         Expectation.WRONG),
        # an output left out, a key of an entry that nobody documents, another provider's extension, no body at all
        (b'{"tool_outputs": [{"tool_call_id": "call_1"}, {"tool_call_id": "call_2"}]}', Expectation.OPEN),
        (entries("", "").replace(b'""', b'"", "x": 0', 1), Expectation.OPEN),
        (entries("", "", more={"tool_approvals": []}), Expectation.OPEN),
        (b"", Expectation.OPEN),
    ],
)  # fmt: skip
def test_a_body_is_accused_only_where_facts_and_schema_agree(body: bytes, deserved: Expectation) -> None:
    assert expectation(body, RUN) is deserved


def test_the_pending_ids_take_the_place_of_texts_only() -> None:
    given = {"tool_outputs": [{"tool_call_id": "any", "output": "é"}, {"tool_call_id": 5}, {"tool_call_id": "third"}]}
    named = [{"tool_call_id": "call_1", "output": "é"}, {"tool_call_id": 5}, {"tool_call_id": "third"}]
    assert json.loads(addressed(given, RUN.calls)) == {"tool_outputs": named}
    assert addressed({"tool_outputs": 5}, RUN.calls) == b'{"tool_outputs":5}'
    assert addressed(b"\xff{", RUN.calls) == b"\xff{"


# The mock as it is.


def test_the_mock_survives_and_a_run_serves_until_it_is_accepted() -> None:
    with Mock(KEY) as mock:
        right, wrong = fuzzed(mock, Mode.POSITIVE, 8), fuzzed(mock, Mode.NEGATIVE, 24)
        created = sum(each.request.target.endswith("/runs") for each in mock.requests)
        sent = len(submitted_to(mock))
    assert not right.found and not wrong.found, [*right.found, *wrong.found]
    assert right.cases == {Expectation.RIGHT: 8}
    assert wrong.cases.total() == 24 and wrong.cases[Expectation.WRONG] >= 20
    assert sent == 32
    assert created <= 8 + 1 + wrong.cases[Expectation.RIGHT] + wrong.cases[Expectation.OPEN]


def test_a_seed_sends_the_same_bodies_again_and_another_seed_others() -> None:
    def sent(seed: int) -> list[bytes]:
        with Mock(KEY) as mock:
            fuzzed(mock, Mode.NEGATIVE, 15, seed)
            return submitted_to(mock)

    first = sent(3)
    assert sent(3) == first
    assert sent(4) != first


# The mock with planted faults.


def fails_on_unknown_keys(body: bytes) -> submission.Submission:
    try:
        return behaviour.read(body)
    except Refused as refused:
        raise Refused("fault" if refused.condition == "unknown-key" else "unwanted") from None


def takes_typed_outputs(body: bytes) -> submission.Submission:
    document = request_body.read(body)
    items = document.get("tool_outputs")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and not isinstance(item.get("output"), str | None):
            item["output"] = "text"
    return behaviour.read(json.dumps(document).encode())


def once_takes_typed_outputs() -> Callable[[bytes], submission.Submission]:
    """Wrong the first time only: nobody can shrink that."""
    taken: list[submission.Submission] = []

    def read(body: bytes) -> submission.Submission:
        try:
            return behaviour.read(body)
        except Refused:
            if taken:
                raise
            taken.append(takes_typed_outputs(body))
            return taken[0]

    return read


def nothing_but_an_output(body: dict[str, Any]) -> None:
    assert body.keys() == {"tool_outputs"}
    assert [body["tool_outputs"][at]["output"] for at in (0, 1)] in [[0, ""], [False, ""], [[], ""], [{}, ""]]


def nothing_but_a_key(body: dict[str, Any]) -> None:
    (key,) = body.keys() - {"tool_outputs", "stream"}
    assert (key, bool(body[key])) == ("", False)


def nothing_at_all(body: dict[str, Any]) -> None:
    assert body == {"tool_outputs": []}


def nothing_but_null(body: dict[str, Any]) -> None:
    assert body["stream"] is None
    assert [entry["output"] for entry in body["tool_outputs"]] == ["", ""]


def until_found(mock: Mock, mode: Mode) -> Search:
    """Seed after seed: Hypothesis draws by the constants of our own code too, so what one seed shows may change."""
    searches = (fuzzed(mock, mode, 40, seed) for seed in range(1, 9))
    return next(each for each in searches if each.found)


@pytest.mark.parametrize(
    ("planted", "mode", "requirement", "shrunk"),
    [
        (Behaviour(read=takes_typed_outputs), Mode.NEGATIVE, "submission.output-string", nothing_but_an_output),
        (Behaviour(read=fails_on_unknown_keys), Mode.NEGATIVE, "errors.no-server-fault", nothing_but_a_key),
        ("forgets-a-call-on-refusal", Mode.NEGATIVE, "submission.atomic", nothing_at_all),
        ("refuses-stream-null", Mode.POSITIVE, "request.stream-null", nothing_but_null),
    ],
    ids=["takes-typed-outputs", "fails-on-unknown-keys", "state-changed-by-a-refusal", "refuses-null"],
)
def test_a_planted_fault_is_found_alone_and_shrunk(
    planted: Behaviour | str, mode: Mode, requirement: str, shrunk: Callable[[dict[str, Any]], None]
) -> None:
    said = {"fault": planted} if isinstance(planted, str) else {"behaviour": planted}
    with Mock(KEY, **said) as mock:
        found = until_found(mock, mode)
    (told,) = found.found.values()
    assert told.requirement.id == requirement
    shrunk(json.loads(told.exchange.request.body))


def test_a_refusal_that_says_nothing_is_found() -> None:
    with Mock(KEY, fault="refusal-without-body") as mock:
        found = fuzzed(mock, Mode.NEGATIVE, 3)
    assert {failure.requirement.id for failure in found.failures} == {"errors.message"}


def test_what_does_not_happen_again_is_told_as_it_was_seen() -> None:
    with Mock(KEY, behaviour=Behaviour(read=once_takes_typed_outputs())) as mock:
        found = until_found(mock, Mode.NEGATIVE)
    assert [failure.requirement.id for failure in found.failures] == ["submission.output-string"]


def test_a_should_warns_and_fails_only_where_that_is_wanted() -> None:
    with Mock(KEY, fault="refusal-as-plain-text") as mock:
        settings = Settings(mock.base_url, KEY)
        for strict, status in ((False, Status.WARN), (True, Status.FAIL)):
            run = WaitingRun(settings)
            found = search(run, Mode.NEGATIVE, 3, 1, strict=strict).found
            assert {name: each.status for name, each in found.items()} == {"errors.content-type": status}


def test_a_search_that_cannot_go_on_says_why_and_fails_nobody() -> None:
    with Mock(KEY) as mock:
        found = fuzzed(mock, Mode.NEGATIVE, 40, max_requests=20)
    assert found.stopped is not None and "20 requests" in found.stopped
    assert 0 < found.cases.total() < 10 and not found.found


def test_a_slip_of_ours_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.fuzz.search.judged", lambda *_, **__: 1 / 0)
    with Mock(KEY) as mock, pytest.raises(OwnError, match="ZeroDivisionError"):
        fuzzed(mock, Mode.NEGATIVE, 3)


# What the contract leaves open.


SAID = b'{"error": {"message": "no", "type": "invalid_request_error", "param": null, "code": null}}'


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (200, b"{}", {}),
        (400, SAID, {}),
        (400, b"", {"errors.message": Status.FAIL, "errors.envelope": Status.WARN}),
        (500, SAID, {"errors.no-server-fault": Status.WARN}),
    ],
)
def test_an_open_body_may_be_taken_or_refused(status: int, answer: bytes, told: dict[str, Status]) -> None:
    body = b'{"tool_outputs": [{"tool_call_id": "call_1"}, {"tool_call_id": "call_2"}]}'
    assert expectation(body, RUN) is Expectation.OPEN
    request = Request(Author.HARNESS, "POST", f"/v1{RUN.path}/submit_tool_outputs", (), body)
    head = (("Content-Type", "application/json"),)
    response = Response(Author.IMPLEMENTATION, status, head, (Chunk(0, answer),), Ended.COMPLETE, 0)
    transcript = Transcript("fuzz", (Exchange(Operation.SUBMIT, 0, request, response),))
    found = judged(Submission(RUN, body, transcript), Expectation.OPEN, (), strict=False)
    assert {departure.requirement.id: departure.status for departure in found} == told


# The line that sends a body again.


def sent_by(line: str, folder: Path) -> tuple[list[str], bytes]:
    """What the line gives to curl: its words, and what it would read from standard input."""
    stub = folder / "curl"
    stub.write_text('#!/bin/sh\nprintf "%s\\0" "$@" > words\n[ -t 0 ] || cat > input\n')
    stub.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["sh", "-c", line], cwd=folder, env={"PATH": path, "MY_KEY": KEY}, check=True, input=b"")
    return (folder / "words").read_text().split("\0")[:-1], (folder / "input").read_bytes()


@pytest.mark.parametrize(
    "body",
    [b'{"a": "it\'s $HOME `x` 100% \\n"}', b"\x00\xff%s\\'\r\n", '{"é": "\u202e\u0085"}'.encode(), b"@words", b""],
)
def test_the_line_sends_the_same_bytes_and_holds_no_key(body: bytes, tmp_path: Path) -> None:
    headers = (("Host", "x"), ("Authorization", f"Bearer {KEY}"), ("X-Odd", 'a "$b" `c`'))
    request = Request(Author.HARNESS, "POST", f"/v1/runs?key={KEY}&b='c'", headers, body)
    line = CurlCommand("http://127.0.0.1:1", {KEY: "MY_KEY"}).of(Exchange(Operation.SUBMIT, 0, request, None))
    assert KEY not in line and line.isprintable() and line.isascii()
    words, given = sent_by(line, tmp_path)
    assert words[:4] == ["-N", "-i", "-X", "POST"]
    assert words[4] == f"http://127.0.0.1:1/v1/runs?key={KEY}&b='c'"
    assert words[5:9] == ["-H", f"Authorization: Bearer {KEY}", "-H", 'X-Odd: a "$b" `c`']
    assert (given if words[-1] == "@-" else words[-1].encode()) == body


def test_a_finding_is_told_with_rule_body_line_and_seed() -> None:
    with Mock(KEY, behaviour=Behaviour(read=takes_typed_outputs)) as mock:
        settings = Settings(mock.base_url, KEY)
        found = until_found(mock, Mode.NEGATIVE)
    told = summary.block(found.failures[0], found, settings, "MY_KEY")
    assert told.startswith("FAIL  submission.output-string  MUST  fuzz negative\n")
    assert f"  body      {found.failures[0].exchange.request.body.decode()}\n" in told
    assert '-H "Authorization: Bearer ${MY_KEY}"' in told and KEY not in told
    assert told.endswith(f"seed      {found.seed}")
    assert "40 cases" in summary.summary(found) and f"seed {found.seed}" in summary.summary(found)


# The plugin.


def test_without_the_option_there_is_no_test_and_nothing_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import sys\n"
        "def pytest_sessionfinish():\n"
        "    loaded = [name for name in sys.modules if name.startswith(('schemathesis', 'hypothesis'))]\n"
        "    print('LOADED', loaded, [name for name in sys.modules if 'fuzz' in name])\n"
    )
    done = run_pytest("-s", "-q", "--collect-only", "--rootdir=.", "--confcutdir=.", "--pyargs", "conformance.suite",
                      "-p", "conftest", cwd=tmp_path)  # fmt: skip
    assert "LOADED [] ['conformance.plugin.fuzzing']" in done.stdout, done.stdout[-2000:]
    assert "test_done" in done.stdout and "test_fuzz" not in done.stdout


def test_with_the_option_there_are_two_tests_at_the_end_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUZZ_KEY", KEY)
    words = ("-v", "--pyargs", "conformance.suite", "-k", "fuzz or empty-list:errors.message", "--conformance-fuzz=8",
             "--conformance-fuzz-seed=2", "--conformance-api-key-env=FUZZ_KEY")  # fmt: skip
    with Mock(KEY, fault="refusal-without-body") as mock:
        done = run_pytest(*words, f"--conformance-base-url={mock.base_url}", cwd=tmp_path)
    outcomes = re.findall(r"test_\w+\[(\S+)\] (PASSED|FAILED)", done.stdout)
    assert outcomes[:3] == [("empty-list:errors.message", "FAILED"), ("positive", "PASSED"), ("negative", "FAILED")]
    assert "fuzz: 2 positive + 6 negative request bodies, --conformance-fuzz-seed=2" in done.stdout
    assert "fuzz negative: 6 cases" in done.stdout and '"Authorization: Bearer ${FUZZ_KEY}"' in done.stdout
    assert KEY not in done.stdout
    assert done.returncode == 1 and list(tmp_path.iterdir()) == []


def test_only_the_plan_sends_nothing(pytester: pytest.Pytester) -> None:
    with Mock(KEY) as mock:
        words = ("--conformance-plan", "--conformance-fuzz=8", f"--conformance-base-url={mock.base_url}")
        done = pytester.runpytest_inprocess(*ALONE, "-q", "--pyargs", "conformance.suite", *words)
        assert mock.requests == ()
    assert "2 positive + 6 negative" in done.stdout.str() and done.ret == 0


def test_a_search_cut_short_makes_the_run_incomplete(tmp_path: Path) -> None:
    with Mock() as mock:
        words = ("-k", "fuzz", "--conformance-fuzz=40", "--conformance-max-requests=20")
        done = run_pytest("-q", "--pyargs", "conformance.suite", *words, f"--conformance-base-url={mock.base_url}",
                          cwd=tmp_path)  # fmt: skip
    assert "stopped: the limit of 20 requests is reached" in done.stdout
    assert done.returncode == 2, done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--conformance-fuzz=0",), "1 or more"),
        (("--conformance-fuzz-seed=5",), "--conformance-fuzz"),
        (("--conformance-fuzz=5", "--conformance-base-url=http://127.0.0.1:1/v1", "--conformance-provision=run",
          "--conformance-run=thread:run"), "--conformance-fuzz needs more than the given run"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told_before_anything_starts(
    words: tuple[str, ...], said: str, pytester: pytest.Pytester
) -> None:
    done = pytester.runpytest_inprocess(*ALONE, "-q", "--pyargs", "conformance.suite", *words)
    assert said in done.stderr.str() and "Traceback" not in done.stderr.str()
    assert done.ret == 4


def test_without_schemathesis_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install .*schemathesis"):
        option_conflicts.check({"fuzz": 5})
