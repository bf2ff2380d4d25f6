"""What is remembered is bounded in bytes: what nobody has asked for the longest goes first."""

from __future__ import annotations

from conformance.reference.remembered import Remembered

#: Bytes beside which what a request costs of itself does not matter.
MUCH = 10**9


def test_the_longest_untouched_is_forgotten_first() -> None:
    kept = Remembered(most=3 * MUCH)
    for name in "abc":
        kept.touch(name)
        assert list(kept.took(MUCH - 10**6)) == []
    kept.touch("a")
    kept.touch("d")
    assert list(kept.took(MUCH)) == ["b"]
    kept.touch("a")
    assert list(kept.took(2 * MUCH)) == ["c", "d"]


def test_what_is_gone_takes_no_room() -> None:
    kept = Remembered(most=2 * MUCH)
    for _ in range(5):
        kept.touch("a")
        assert list(kept.took(MUCH)) == []
        kept.forget("a")


def test_more_than_is_ever_remembered_is_forgotten_at_once() -> None:
    kept = Remembered(most=MUCH)
    kept.touch("a")
    assert list(kept.took(2 * MUCH)) == ["a"]
    assert list(kept.took(2 * MUCH)) == []
