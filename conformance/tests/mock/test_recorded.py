"""A log of requests holds whatever tells something, and is bounded where nothing new is told."""

from __future__ import annotations

from conformance.mock.recorded import Log, Played, Recorded
from conformance.model import Author, Ended, Request, Response


def request(method: str, target: str, answer: bytes = b"{}", *, ms: int = 0) -> Recorded:
    played = Played()
    played.begin(Response(Author.HARNESS, 200, (), (), Ended.COMPLETE, 0))
    played.add(answer, 0)
    return Recorded(ms, Request(Author.IMPLEMENTATION, method, target, (), b""), played)


def test_looks_that_tell_nothing_new_are_let_go_beyond_the_bound_and_nothing_else_is() -> None:
    log = Log(limit=100_000, kept=10)
    log.add(request("POST", "/submit", ms=1))
    for ms in range(2_000):
        log.add(request("GET", "/run", b'{"status": "completed"}', ms=ms))
    log.add(request("GET", "/messages"))
    for _ in range(2_000):
        log.add(request("POST", "/submit"))
    kept = [(each.request.method, each.request.target, each.ms) for each in log]
    assert kept[:2] == [("POST", "/submit", 1), ("GET", "/run", 0)]
    looks = [ms for method, target, ms in kept if target == "/run"]
    assert looks == [*range(10), *range(1_990, 2_000)]
    assert ("GET", "/messages", 0) in kept
    assert sum(target == "/submit" for _, target, _ in kept) == 2_001


def test_a_look_that_tells_something_else_ends_the_row() -> None:
    log = Log(limit=0, kept=1)
    for number in range(1_000):
        log.add(request("GET", "/run", b"%d" % (number // 100)))
    assert len(list(log)) == 20


def test_within_its_bound_everything_is_kept() -> None:
    log = Log()
    for _ in range(3_000):
        log.add(request("GET", "/run"))
    assert len(list(log)) == 3_000


def test_what_is_too_much_to_remember_is_counted() -> None:
    log = Log(most=100_000)
    for _ in range(60):
        log.add(request("POST", "/submit"))
    assert len(list(log)) + log.unrecorded == 60
    assert 0 < log.unrecorded < 60
