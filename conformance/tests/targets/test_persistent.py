"""A client that is started once: what it is handed, what it answers, and what becomes of one that does not."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from conformance.contract.scenarios import BY_ID
from conformance.errors import UsageError
from conformance.model import Status, Subject
from conformance.targets.assignment import Assignment
from conformance.targets.client import ClientTarget, Driven
from conformance.targets.drivers import Command
from conformance.targets.outcome_file import LIMIT, BadOutcome
from conformance.targets.outcome_lines import OutcomeLines
from conformance.targets.persistent import Persistent
from conformance.tests.pace import limit
from conformance.verdict.judge import judge

DRIVERS = Path(__file__).parents[3] / "docs" / "drivers"

#: Scenarios that need the whole of a client.
SOME = ("plain-second-round", "plain-refused-calls", "streamed-three-calls", "streamed-cr", "streamed-error-bare")

#: Answers as the text of the output for the call `do` says, once it was noted that it was started.
PROGRAM = """
import json, os, pathlib, sys, time
assert os.environ["CONFORMANCE_PERSISTENT"] == "true"
with open(pathlib.Path(__file__).with_suffix(".started"), "a") as started:
    started.write("x")
for line in sys.stdin:
    given = json.loads(line)
    exec(json.loads(given["CONFORMANCE_TOOL_OUTPUTS"])["do"])
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


@pytest.fixture
def driver(program: Path) -> Iterator[Persistent]:
    made = Persistent((sys.executable, "-u", str(program)), timeout=limit())
    yield made
    made.close()


def started(program: Path) -> int:
    return len(program.with_suffix(".started").read_text())


def play(
    driver: Persistent, what: str, name: str = "plain-one-call", enough: Callable[[], bool] = lambda: False
) -> Driven:
    given = Assignment(name, "http://127.0.0.1:1/v1", "http://127.0.0.1:1", "a", "t", "r", False, {"do": what})
    return driver(given, enough)


def test_it_is_started_once_and_handed_every_variable(driver: Persistent, program: Path) -> None:
    for name in ("one", "two", "three"):
        driven = play(driver, 'print(json.dumps({"exit": 0, "text": given["CONFORMANCE_SCENARIO"]}))', name)
        assert driven.outcome is not None
        assert (driven.outcome.exit_code, driven.outcome.document) == (0, {"text": name})
    assert started(program) == 1


def test_whatever_else_it_prints_is_kept_beside_the_scenario(driver: Persistent) -> None:
    first = play(
        driver, 'print("{not an outcome}"); print("one", file=sys.stderr); print(json.dumps({"exit": 1}))', "first"
    )
    second = play(driver, 'print("two"); print(json.dumps({"exit": 0}))', "second")
    assert second.outcome is not None and second.outcome.document is None
    assert sorted((first.printed or b"").split(b"\n")) == [b"", b"one", b"{not an outcome}"]
    assert second.printed == b"two\n"


@pytest.mark.parametrize(
    ("what", "code", "says"),
    [
        ("sys.exit(3)", 3, "exited with code 3"),
        ("os.kill(os.getpid(), 9)", -9, "ended by signal 9"),
        ('print("Traceback: it broke"); os._exit(1)', 1, "saying: Traceback: it broke"),
    ],
)
def test_a_crash_is_of_its_scenario_alone(driver: Persistent, program: Path, what: str, code: int, says: str) -> None:
    driven = play(driver, what)
    assert driven.outcome is not None and driven.outcome.exit_code == code
    assert says in driven.ending
    after = play(driver, 'print(json.dumps({"exit": 0}))')
    assert after.outcome is not None and after.outcome.exit_code == 0
    assert started(program) == 2


def test_silence_ends_it_and_the_next_scenario_starts_another(program: Path) -> None:
    driver = Persistent((sys.executable, "-u", str(program)), timeout=0.5)
    silent = play(driver, "time.sleep(600)")
    driver.close()
    assert silent.outcome is not None and silent.outcome.exit_code is None
    assert "did not end within 0.5 s" in silent.ending


def test_enough_of_it_ends_it(driver: Persistent) -> None:
    driven = play(driver, "time.sleep(600)", enough=lambda: True)
    assert driven.outcome is not None and driven.outcome.exit_code is None


def test_one_that_is_interrupted_ends(driver: Persistent) -> None:
    driver.interrupt()
    driven = play(driver, "time.sleep(600)")
    assert driven.outcome is not None and driven.outcome.exit_code is None


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ('print(json.dumps({"exit": "none"}))', "not an integer"),
        ('print(json.dumps({"exit": 0, "status": 7}))', "its outcome line: 7 is not one of"),
        ("sys.exit(0)", "before it answered: a persistent program reads scenarios until its input ends"),
    ],
)
def test_what_is_no_outcome_is_held_against_nobody(driver: Persistent, what: str, says: str) -> None:
    assert says in str(play(driver, what).unknown)


def test_a_second_outcome_is_not_that_of_the_next_scenario(driver: Persistent) -> None:
    play(driver, 'os.write(1, json.dumps({"exit": 1}).encode() + b"\\n" + b\'{"exit": 7}\\n\')')
    after = play(driver, 'print("working"); print(json.dumps({"exit": 0}))')
    assert after.outcome is not None and after.outcome.exit_code == 0
    assert (after.printed or b"").splitlines()[1:] == [b"working"]
    assert b"before this scenario was given" in (after.printed or b"")
    assert b"[" not in (play(driver, 'print(json.dumps({"exit": 0}))').printed or b"")


@pytest.mark.parametrize("order", ['{"exit": 0, "text": long}', '{"text": long, "exit": 0}'])
def test_an_outcome_line_that_is_too_long_is_named_as_that(driver: Persistent, program: Path, order: str) -> None:
    driven = play(driver, f'long = "x" * 5_000_000; print(json.dumps({order}))')
    assert driven.unknown == f"its outcome line: it is longer than {LIMIT} bytes"
    after = play(driver, 'print(json.dumps({"exit": 0}))')
    assert after.outcome is not None and after.outcome.exit_code == 0
    assert started(program) == 1


@pytest.mark.parametrize("cut", [1, LIMIT // 2, LIMIT + 40, LIMIT + 50])
def test_a_long_line_is_an_outcome_by_its_member_wherever_it_is_cut(cut: int) -> None:
    found: list[Mapping[str, object] | BadOutcome] = []
    lines = OutcomeLines(found.append)
    line = b'{"text": "' + b"x" * (LIMIT + 30) + b'", "exit": 0}\n'
    log = b'{"text": "' + b"x" * (LIMIT + 30) + rb'", "said": ", \\"exit\\": 0"}' + b"\n"
    for each in (line, log):
        assert lines.take(each[:cut]) + lines.take(each[cut:]) == each
    assert lines.take(b'{"exit": 1}') + lines.take(b"") + lines.take(b"") == b""
    assert [type(each) for each in found] == [BadOutcome, dict]


def test_two_at_a_time_are_two_programs(driver: Persistent, program: Path) -> None:
    both_under_way = threading.Barrier(2)

    def played() -> None:
        met: list[int] = []

        def enough() -> bool:
            if not met:
                met.append(both_under_way.wait(limit()))
            return False

        play(driver, 'time.sleep(0.1); print(json.dumps({"exit": 0}))', enough=enough)

    both = [threading.Thread(target=played) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert started(program) == 2


def test_a_command_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no command"):
        Persistent(("no-such-program-here",), timeout=1)


def test_the_smallest_client_says_the_same_both_ways() -> None:
    """A program of the documents, in scenarios that need the whole of it."""
    command = (sys.executable, str(DRIVERS / "smallest" / "client.py"))
    seen = []
    for kind in (Command, Persistent):
        driver = kind(command, timeout=limit())
        target = ClientTarget(driver)
        seen.append([verdicts(judge(target.exchange(BY_ID[name]))) for name in SOME])
        target.close()
    assert seen[0] == seen[1]
    assert {status for scenario in seen[0] for status in scenario.values()} <= {Status.PASS, Status.NOT_APPLICABLE}


def verdicts(subject: Subject) -> dict[str, Status]:
    return {verdict.requirement: verdict.status for verdict in subject.verdicts}
