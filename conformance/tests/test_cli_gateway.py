"""`conformance gateway` as people run it: with a command that starts the gateway, and with one that does not."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.model import Side
from conformance.tests.commands import conformance, environment
from conformance.wire import cassette

GATEWAY = (sys.executable, "-m", "conformance.relay")
SOME = ("--scenario", "relay-plain", "--scenario", "relay-streamed", "--scenario", "relay-refused")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as there:
        return int(there.getsockname()[1])


def base_url(port: int) -> str:
    return f"http://127.0.0.1:{port}/v1"


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_a_right_gateway_passes_and_its_cassettes_are_judged_the_same(tmp_path: Path) -> None:
    port = free_port()
    done = conformance(
        "gateway", "--base-url", base_url(port), *SOME, "--format", "json", "--out", str(tmp_path),
        "--", *GATEWAY, "--port", str(port),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    *subjects, _ = map(json.loads, done.stdout.splitlines())
    assert [subject["scenario"] for subject in subjects] == list(SOME[1::2])
    assert {subject["verdict"] for subject in subjects} == {"pass"}
    assert not listens(port)
    assert sorted(path.name for path in (tmp_path / "cassettes").iterdir()) == sorted(f"{n}.jsonl" for n in SOME[1::2])
    kept = cassette.read((tmp_path / "cassettes" / "relay-plain.jsonl").read_text("utf-8").splitlines(), "x")
    assert [exchange.side for exchange in kept.exchanges] == [Side.FRONT, Side.BEHIND] * 2
    again = conformance("judge", "--role", "gateway", str(tmp_path / "cassettes"), "--format", "json")
    assert again.returncode == 0
    *judged, _ = map(json.loads, again.stdout.splitlines())
    assert sum(row["judged"] for row in judged) == sum(row["judged"] for row in subjects)


def test_a_habit_is_found_and_the_command_that_repeats_it_is_named(tmp_path: Path) -> None:
    port = free_port()
    words = ("--", *GATEWAY, "--port", str(port), "--habit", "joins-events")
    done = conformance("gateway", "--base-url", base_url(port), *SOME, "--out", str(tmp_path), *words)
    assert done.returncode == 1
    assert "FAIL  relay.events-arrive  MUST  relay-streamed" in done.stdout
    assert "arrived as part of another one" in done.stdout
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["target"] == {"kind": "gateway", "base_url": base_url(port)}
    assert report["again"].startswith(f"conformance gateway --base-url={base_url(port)} -- ")


def test_a_gateway_that_runs_already_is_judged_where_its_upstream_is_said() -> None:
    port, upstream = free_port(), free_port()
    words = (*GATEWAY, "--port", str(port), base_url(upstream))
    with subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.readline()
        listen = f"127.0.0.1:{upstream}"
        done = conformance("gateway", "--base-url", base_url(port), "--listen", listen, "--scenario", "relay-plain")
        running.terminate()
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "the gateway does not know its upstream"),
        (("--listen", "9000"), ": not HOST:PORT"),
        (("--listen", "127.0.0.1:99999"), ": not HOST:PORT"),
        (("--gateway-timeout", "-1", "--", "true"), "--gateway-timeout -1"),
        (("--scenario", "no-such", "--listen", "127.0.0.1:0"), "no gateway scenario has the id 'no-such'"),
        (("--", "no-such-program"), "there is no command 'no-such-program'"),
        (("--base-url", "http://h:99999999/v1", "--", "true"), "--base-url: the URL cannot be read: its port"),
        (("--base-url", "htp://h/v1", "--", "true"), "--base-url 'htp://h/v1': not an http:// or https:// URL"),
    ],
)
def test_what_cannot_be_done_is_said(words: tuple[str, ...], said: str) -> None:
    done = conformance("gateway", "--base-url", base_url(free_port()), *words)
    assert done.returncode == 4, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_gateway_that_ends_before_it_listens_is_told_with_its_own_words() -> None:
    words = ("--", sys.executable, "-c", "print('no licence')")
    done = conformance("gateway", "--base-url", base_url(free_port()), *words)
    assert done.returncode == 5, "nothing was judged"
    assert "the gateway ended with exit code 0 before it answered: no licence" in done.stderr


def test_a_gateway_that_never_listens_is_waited_for_as_long_as_is_said() -> None:
    words = ("--wait", "0.1", "--", sys.executable, "-c", "import time; time.sleep(60)")
    done = conformance("gateway", "--base-url", base_url(free_port()), *words)
    assert done.returncode == 5, "nothing was judged"
    assert "the gateway does not listen on" in done.stderr


def test_a_port_that_is_taken_is_not_taken_for_the_gateway() -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        url = base_url(int(there.getsockname()[1]))
        done = conformance("gateway", "--base-url", url, "--", *GATEWAY, "--port", "0")
    assert done.returncode == 4
    assert "something listens on" in done.stderr
