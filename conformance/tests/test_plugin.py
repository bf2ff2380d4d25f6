"""The plugin: one test a planned cell in our sessions, nothing at all in anybody else's."""

from __future__ import annotations

import http.client
import json
import re
import shlex
import socket
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conformance.mock.server import Mock
from conformance.plugin import pytest_session  # noqa: F401 - loaded once here, not anew in every session of these tests
from conformance.targets import builtin_mock  # noqa: F401 - likewise
from conformance.tests.commands import ALONE, CHECKOUT, PATIENCE
from conformance.tests.commands import pytest as run_pytest
from conformance.tests.targets.servers import RawServer, answer, static

Session = Callable[..., pytest.RunResult]


@pytest.fixture
def suite(pytester: pytest.Pytester) -> Session:
    """A pytest session on the installed suite, in an empty folder."""
    return lambda *words: pytester.runpytest_inprocess(*ALONE, "--pyargs", "conformance.suite", *words)


def outcomes(out: str) -> dict[str, int]:
    last = next(line for line in reversed(out.splitlines()) if " in " in line)
    return {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", last.partition(" in ")[0])}


def test_in_a_foreign_session_it_has_two_hooks_and_loads_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(
        "import sys\n"
        "def test_theirs(pytestconfig):\n"
        "    manager = pytestconfig.pluginmanager\n"
        "    plugin = manager.get_plugin('conformance.plugin')\n"
        "    hooks = {caller.name for caller in manager.get_hookcallers(plugin)}\n"
        "    assert hooks == {'pytest_addoption', 'pytest_configure'}\n"
        "    assert not manager.has_plugin('conformance.session')\n"
        "    loaded = {name for name in sys.modules if name.startswith('conformance')}\n"
        "    ours = {'plugin', 'run', 'run.options', 'errors'}\n"
        "    assert loaded == {'conformance', *(f'conformance.{name}' for name in ours)}\n"
        "    assert not [name for name in ('httpx', 'orjson', 'jsonschema_rs', 'asyncio') if name in sys.modules]\n"
    )
    done = run_pytest("-q", cwd=tmp_path)
    assert outcomes(done.stdout) == {"passed": 1}, done.stdout
    assert "conformance" not in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == ["test_theirs.py"]


def test_all_its_options_carry_its_name(tmp_path: Path) -> None:
    shown = run_pytest("--help", cwd=tmp_path).stdout
    ours = shown[shown.index("conformance of submit_tool_outputs:") :].split("\n\n")[0]
    names = re.findall(r"^  (--[a-z-]+)", ours, re.M)
    assert len(names) > 10
    assert all(name.startswith("--conformance-") for name in names)


def test_every_planned_cell_is_one_test_and_nothing_is_sent_to_collect_them(suite: Session) -> None:
    with Mock() as mock:
        done = suite("--collect-only", "-q", f"--conformance-base-url={mock.base_url}")
        assert mock.requests == ()
    nodes = [line.partition("::")[2] for line in done.stdout.str().splitlines() if "::" in line]
    assert "test_done[stream-one-call:done.last]" in nodes
    assert len(nodes) == len(set(nodes)) > 900


def test_a_family_that_nothing_is_planned_of_has_no_test(suite: Session) -> None:
    with RawServer(static) as server:
        words = (f"--conformance-base-url={server.base_url}", "--conformance-provision=static")
        listed = suite("--collect-only", "-q", *words).stdout.str()
        done = suite("-rs", *words)
    assert "test_response[json-one-call:response.status-200]" in listed
    assert "test_surface" not in listed
    assert "NOTSET" not in listed
    assert "empty parameter set" not in done.stdout.str()
    assert outcomes(done.stdout.str())["passed"] > 20, done.stdout.str()


def client(habit: str) -> str:
    return (
        f"--conformance-client={shlex.join((sys.executable, '-S', '-m', 'conformance.mock.client', '--habit', habit))}"
    )


def test_a_client_is_judged_in_a_servers_place(suite: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    done = suite("-k", "three-calls", client("first-output-only"), "--conformance-out=out")
    shown = done.stdout.str()
    assert "test_sending[plain-three-calls:sending.every-call]" in shown
    assert "repeat    conformance client -k 'plain-three-calls:sending.every-call' --" in shown
    assert outcomes(shown)["failed"] == 2
    assert outcomes(shown)["passed"] > 20
    assert sorted(path.name for path in Path("out/clients").iterdir()) == [
        "plain-three-calls.txt",
        "streamed-three-calls.txt",
    ]


def test_every_planned_cell_of_a_client_is_one_test(suite: Session) -> None:
    nodes = [
        line.partition("::")[2]
        for line in suite("--collect-only", "-q", client("none")).stdout.str().splitlines()
        if "::" in line
    ]
    assert {"test_reading[streamed-crlf:reading.line-ends]", "test_retry[plain-not-found:retry.not-refused]"} < set(
        nodes
    )
    assert len(nodes) == len(set(nodes)) > 900
    assert {node.partition("[")[0] for node in nodes} == {
        "test_sending", "test_retry", "test_reading", "test_outcome", "test_joined"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--conformance-client=",), "--conformance-client: no command"),
        (("--conformance-azure",), "--conformance-client: no command"),
        (("--conformance-client=no-such-program",), "there is no command 'no-such-program'"),
        (("--conformance-client=true", "--conformance-base-url=http://127.0.0.1/v1"), "--conformance-base-url"),
        (("--conformance-client=true", "--conformance-timeout=0"), "--conformance-timeout 0"),
    ],
)
def test_what_cannot_be_meant_of_a_client_is_a_usage_error(suite: Session, words: tuple[str, ...], said: str) -> None:
    done = suite(*words)
    assert done.ret == 4
    assert said in done.stderr.str()


def test_a_scenario_is_exchanged_once_for_all_its_tests(suite: Session) -> None:
    with Mock() as mock:
        done = suite("-q", "-k", "stream-one-call", f"--conformance-base-url={mock.base_url}")
        submits = [r for r in mock.requests if r.request.target.endswith("submit_tool_outputs")]
    assert outcomes(done.stdout.str())["passed"] > 40
    assert len(submits) == 1
    assert "conformance: plan: 1 scenario" in suite("-k", "json-one-call:response").stdout.str()


def test_a_checkout_without_options_judges_the_mock_and_says_so() -> None:
    done = run_pytest("conformance/suite/test_done.py", "-k", "stream-one-call", cwd=CHECKOUT)
    assert "conformance: the built-in mock (no --conformance-base-url was given)" in done.stdout
    assert set(outcomes(done.stdout)) == {"passed", "deselected"}


@pytest.fixture
def without_done() -> Iterator[str]:
    """The reference server behind a door that loses the last event of every stream."""
    with Mock() as mock:
        inner = urlsplit(mock.base_url)

        def forward(connection: socket.socket, request: bytes) -> None:
            head, _, body = request.partition(b"\r\n\r\n")
            first, *rest = head.decode().split("\r\n")
            method, target, _ = first.split(" ")
            headers = dict(line.split(": ", 1) for line in rest)
            client = http.client.HTTPConnection(str(inner.hostname), inner.port, timeout=PATIENCE)
            client.request(method, target, body, headers)
            reply = client.getresponse()
            content = reply.read().replace(b"event: done\ndata: [DONE]\n\n", b"")
            client.close()
            kind = reply.headers["Content-Type"]
            connection.sendall(answer(reply.status, content, content_type=kind))

        with RawServer(forward) as server:
            yield server.base_url


def test_a_failure_is_one_block_without_a_traceback(without_done: str, suite: Session, tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    words = (f"--conformance-base-url={without_done}", "-k", "stream-one-call:done", f"--junitxml={report}")
    done = suite(*words)
    assert done.ret == 1, done.stdout.str()
    assert "FAIL  done.present  MUST  stream-one-call" in done.stdout.str()
    for label in ("expected", "got", "at", "rule", "why", "source", "repeat"):
        assert re.search(rf"^  {label}\b", done.stdout.str(), re.M), label
    assert "Traceback" not in done.stdout.str()
    assert "def test_done" not in done.stdout.str()
    cases = {case.get("name"): case for case in ET.parse(report).iter("testcase")}
    told = {p.get("name"): p.get("value") for p in cases["test_done[stream-one-call:done.present]"].iter("property")}
    assert told == {"requirement": "done.present", "level": "MUST", "scenario": "stream-one-call", "status": "fail"}


def test_what_cannot_be_tested_is_skipped_with_its_reason_and_not_green(
    without_done: str, suite: Session, tmp_path: Path
) -> None:
    words = (f"--conformance-base-url={without_done}", "-k", "stream-one-call:done.last or stream-one-call:done.data")
    done = suite(*words, "-rs")
    assert outcomes(done.stdout.str()).get("skipped"), done.stdout.str()
    assert "untestable: " in done.stdout.str()
    assert "INCOMPLETE" in done.stdout.str() or "FAIL" in done.stdout.str() or "NOTHING JUDGED" in done.stdout.str()
    assert done.ret != 0


def test_a_dead_server_is_told_once(suite: Session) -> None:
    done = suite("--conformance-base-url=http://127.0.0.1:9/v1")
    assert done.ret == 5
    assert done.stdout.str().count("nothing answers at") == 2  # once where pytest stops, once in our summary
    assert "Traceback" not in done.stdout.str()


def test_bad_options_are_a_usage_error(suite: Session) -> None:
    done = suite("--conformance-base-url=nonsense")
    assert done.ret == 4
    assert "--base-url 'nonsense': not an http:// or https:// URL" in done.stderr.str()
    assert "Traceback" not in done.stderr.str()


def test_the_report_is_written_where_it_is_wanted(suite: Session, tmp_path: Path) -> None:
    done = suite("-k", "json-one-call", f"--conformance-out={tmp_path / 'out'}")
    assert done.ret == 0, done.stdout.str()
    document = json.loads((tmp_path / "out/report.json").read_text())
    assert [subject["scenario"] for subject in document["subjects"]] == ["json-one-call"]
    assert document["planned"] == document["plan"]["cells"]
