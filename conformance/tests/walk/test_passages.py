"""What was asked behind is put to what was asked in front, whatever a gateway changed of it."""

from __future__ import annotations

import json

from conformance.model import Author, Chunk, Ended, Exchange, Operation, Request, Response, Side, Transcript
from conformance.walk.passages import passages, repeats


def exchange(side: Side, at: int, run: str, output: str, status: int = 200, *, call: str = "call_1") -> Exchange:
    body = json.dumps({"tool_outputs": [{"tool_call_id": call, "output": output}]}).encode()
    path = f"/v1/threads/thread_1/runs/{run}/submit_tool_outputs"
    request = Request(Author.HARNESS, "POST", path, (), body)
    answer = Response(Author.IMPLEMENTATION, status, (), (Chunk(5, b"{}"),), Ended.COMPLETE, 10)
    return Exchange(Operation.SUBMIT, at, request, answer, side=side)


def paired(*exchanges: Exchange, held: str = "") -> dict[int, list[int]]:
    found = passages(Transcript("x", exchanges), frozenset(held.split()))
    return {passage.front.index: [each.index for each in passage.behind] for passage in found}


FRONT, BEHIND = Side.FRONT, Side.BEHIND


def test_at_once_the_run_decides() -> None:
    fronts = [exchange(FRONT, 0, f"run_{number}", "same") for number in range(3)]
    behind = [exchange(BEHIND, 1, f"run_{number}", "same") for number in (2, 0, 1)]
    assert paired(*fronts, *behind) == {0: [4], 1: [5], 2: [3]}


def test_where_ids_are_mapped_the_outputs_decide() -> None:
    fronts = [exchange(FRONT, 0, f"gw_{number}", f"text {number}", call=f"gw_c{number}") for number in range(3)]
    behind = [exchange(BEHIND, 1, f"run_{number}", f"text {number}", call=f"call_{number}") for number in (2, 0, 1)]
    assert paired(*fronts, *behind, held="maps-ids") == {0: [4], 1: [5], 2: [3]}
    found = passages(Transcript("x", (*fronts, *behind)), frozenset({"maps-ids"}))
    assert found[0].mappings.conflicts == []
    assert (
        found[0].mappings.named(b'{"id":"gw_2","text":"gw_2 is a word"}') == b'{"id":"run_2","text":"gw_2 is a word"}'
    )


def test_in_turn_the_time_decides() -> None:
    found = paired(
        exchange(FRONT, 0, "gw_1", "same"), exchange(BEHIND, 3, "run_8", "same"),
        exchange(FRONT, 100, "gw_2", "same"), exchange(BEHIND, 103, "run_9", "same"),
    )  # fmt: skip
    assert found == {0: [1], 2: [3]}


def test_a_repetition_is_a_clients_only_where_the_answer_invited_to_it() -> None:
    for status, excused in ((200, False), (400, False), (429, True), (500, True), (409, True)):
        front = exchange(FRONT, 0, "run_1", "same", status)
        twice = [exchange(BEHIND, at, "run_1", "same", status) for at in (1, 20)]
        (passage,) = passages(Transcript("x", (front, *twice)), frozenset())
        assert len(passage.behind) == 2
        assert (list(repeats(passage)) == []) is excused


def test_an_id_that_becomes_two_is_a_conflict() -> None:
    fronts = [exchange(FRONT, at, "gw_1", "same") for at in (0, 100)]
    behind = [exchange(BEHIND, at + 1, run, "same") for at, run in ((0, "run_1"), (100, "run_2"))]
    (first, _) = passages(Transcript("x", (*fronts, *behind)), frozenset({"maps-ids"}))
    assert [(conflict.one, conflict.names) for conflict in first.mappings.conflicts] == [("gw_1", ("run_1", "run_2"))]
