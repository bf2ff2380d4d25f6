"""Nobody is accused for what the contract allows, whatever of it comes together."""

from __future__ import annotations

from collections import Counter
from functools import cache, partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.contract.requirements import REQUIREMENTS
from conformance.model import Finding, Operation, Role, Status, Subject, Transcript, Verdict
from conformance.proof.variations import (
    VARIATIONS,
    Varied,
    accusations,
    accused,
    again,
    against,
    shrunk,
    variations,
    vary,
)
from conformance.proof.variations.draw import Recorder, Replay, cut, shuffled, some
from conformance.proof.variations.refusals import REFUSALS
from conformance.proof.variations.registry import LAYERS, variation
from conformance.run.chance import Seeded
from conformance.tests.proof.drawn import Drawn, seeded
from conformance.verdict.judge import judge

#: A new one each time would make the tests of one commit differ; `conformance prove` takes any.
SEED = "variations"
COUNT = 400


@cache
def drawn() -> tuple[Varied, ...]:
    return tuple(variations(COUNT, partial(seeded, SEED)))


@cache
def judged() -> tuple[Subject, ...]:
    return tuple(judge(varied.transcript) for varied in drawn())


@cache
def used() -> Counter[str]:
    return Counter(name for varied in drawn() for name in varied.names)


def test_no_legal_exchange_is_accused() -> None:
    guilty = [varied for varied, subject in zip(drawn(), judged(), strict=True) if against(subject)]
    assert [accusation.text(SEED) for accusation in accused(guilty)] == []


@settings(deadline=None, derandomize=True, database=None, max_examples=25)
@given(st.data())
def test_no_legal_exchange_that_hypothesis_draws_is_accused(data: st.DataObject) -> None:
    varied = vary(Drawn(data))
    assert accusations(varied.transcript) == (), varied.names


@pytest.mark.parametrize("name", VARIATIONS)
def test_each_variation_matters_to_nobody_by_itself(name: str) -> None:
    """It changes some exchange, and none of those it changes is accused."""
    changed = 0
    for number in range(400):
        varied = vary(Seeded(f"{name}/{number}"), among=[name])
        if varied.names:
            assert accusations(varied.transcript) == (), varied.names
            changed += 1
        if changed == 2:
            return
    pytest.fail("it never changes anything")


def test_every_variation_says_what_it_does_and_has_its_layer() -> None:
    for found in VARIATIONS.values():
        assert found.does.endswith("."), found.name
        assert found.layer in LAYERS
    assert {found.layer for found in VARIATIONS.values()} == set(LAYERS)


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="comments"):
        variation("comments")(lambda _draw, frames: frames)


def test_the_drawn_exchanges_show_nearly_everything() -> None:
    """What passes is what was looked at: a generator that shows nothing proves nothing."""
    passed = {v.requirement for subject in judged() for v in subject.verdicts if v.status is Status.PASS}
    rules = {row.id for row in REQUIREMENTS.values() if row.role is Role.SERVER and row.excluded is None}
    assert rules - passed <= {"submission.split-refused", "submission.concurrent"}
    assert len(used()) > 0.9 * len(VARIATIONS)


def test_the_conversations_are_of_every_kind() -> None:
    turns = [turn for varied in drawn() for turn in varied.conversation.turns]
    assert {turn.operation for turn in turns} == {*Operation}
    assert {turn.status for turn in turns} >= {200, 400, 401, 404, 409, 422, 429, 500}
    calls = {len(turn.body["tool_outputs"]) for turn in turns if turn.operation is Operation.SUBMIT and turn.served}
    assert calls >= {1, 2, 3, 4, 5, 6}
    ends = {turn.events[-2].name for turn in turns if turn.streamed}
    words = {"completed", "incomplete", "failed", "cancelled", "expired", "requires_action"}
    assert ends >= {"error", *(f"thread.run.{word}" for word in words)}
    assert {
        len([t for t in v.conversation.turns if t.operation is Operation.SUBMIT and t.served]) for v in drawn()
    } >= {
        1,
        2,
        3,
    }


def test_a_seed_and_a_number_give_the_same_again() -> None:
    for varied in drawn()[:20]:
        same = vary(seeded(SEED, varied.number))
        assert same.transcript == varied.transcript
        assert again(varied.recipe).transcript == varied.transcript
        assert again(varied.recipe).names == varied.names


def _broken(transcript: Transcript) -> bool:
    """A rule of nobody's: no comment, and no line that ends in CR alone."""
    bodies = [b"".join(c.data for c in e.response.chunks) for e in transcript.exchanges if e.response is not None]
    return any(b"\r:" in body or b"\n: ping" in body for body in bodies)


def test_what_is_accused_is_shrunk_to_what_it_takes() -> None:
    found = next(v for v in drawn() if _broken(v.transcript) and "comments" in v.names and len(v.names) > 3)
    least = shrunk(found, _broken)
    assert _broken(least.transcript)
    assert set(least.names) <= {"comments", "keep-alives", "line-ends", "mixed-line-ends"}
    assert len(least.names) <= 2
    assert len(least.recipe.drawn) < len(found.recipe.drawn)
    assert least.number == found.number


def test_a_wrong_accusation_is_told_with_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    def severe(transcript: Transcript) -> Subject:
        found = (Finding("comment", "a comment", "none", "one", 0),) if _broken(transcript) else ()
        row = REQUIREMENTS["framing.utf8"]
        status = Status.FAIL if found else Status.PASS
        return Subject("x", (Verdict(row.id, row.level, row.role, "x", status, found),))

    monkeypatch.setattr("conformance.proof.variations.accusation.judge", severe)
    guilty = next(v for v in drawn() if _broken(v.transcript) and "comments" in v.names)
    (accusation,) = accused([drawn()[0], guilty]) if not _broken(drawn()[0].transcript) else accused([guilty])
    told = accusation.text("seed")
    assert told.startswith(f"variation seed/{guilty.number} (")
    assert told.endswith("framing.utf8: a comment")
    assert len(accusation.varied.names) <= 2


@pytest.mark.parametrize("name", REFUSALS)
def test_each_refusal_may_have_the_status_it_usually_has(name: str) -> None:
    assert all(400 <= status < 500 for status in REFUSALS[name].statuses)


def test_tapes_replay_as_near_as_bounds_allow() -> None:
    recorder = Recorder(Seeded("x"))
    drawn_once = (recorder.integers(3, 9), recorder.choice("abc"), cut(recorder, "abcdef", 4))
    replay = Replay(recorder.tape)
    assert (replay.integers(3, 9), replay.choice("abc"), cut(replay, "abcdef", 4)) == drawn_once
    assert Replay((7,)).integers(2, 4) == 4
    assert Replay(()).choice("abc") == "a"


@given(st.data())
@settings(deadline=None, derandomize=True, database=None, max_examples=50)
def test_what_is_cut_or_shuffled_stays_whole(data: st.DataObject) -> None:
    draw = Drawn(data)
    assert "".join(cut(draw, "abcdef", 5)) == "abcdef"
    assert sorted(shuffled(draw, "abcdef")) == list("abcdef")
    assert set(some(draw, "abc")) <= set("abc")
