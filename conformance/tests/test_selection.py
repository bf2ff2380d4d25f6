"""`-k` means in `judge`, which starts no pytest, what it means in pytest."""

from __future__ import annotations

import pytest
from _pytest.mark.expression import Expression

from conformance.errors import UsageError
from conformance.run.selection import selection

NAMES = ("stream-one-call:done.last", "json-one-call:response.moved-on", "stream-error:errors.stream-event", "a:B")

EXPRESSIONS = (
    *("", "done", "DONE.last", "stream-one-call:done.last", "stream and not done", "not stream or done"),
    *("done or moved and json", "(done or moved) and json", "not (done or json)", "not not done", "a:b", "notdone"),
    *("  done  ", "((done))", "not\tdone", "done and stream or json and not moved", "nota or b", "x[y]", "a/b"),
)


def theirs(expression: str, name: str) -> bool:
    def part_of(word: str, /, **_: object) -> bool:
        return word.lower() in name.lower()

    return bool(Expression.compile(expression).evaluate(part_of))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_selects_what_pytest_selects(expression: str) -> None:
    ours = selection(expression)
    assert [ours(name) for name in NAMES] == [theirs(expression, name) for name in NAMES]


@pytest.mark.parametrize(
    "expression", ["(", ")", "and", "done and", "or done", "done json", "not", "(done", "a,b", "a ; b"]
)
def test_what_pytest_refuses_is_refused_with_its_place(expression: str) -> None:
    with pytest.raises(SyntaxError):
        Expression.compile(expression)
    with pytest.raises(UsageError, match="-k"):
        selection(expression)


def test_absurd_nesting_is_refused_rather_than_followed() -> None:
    with pytest.raises(UsageError, match="nesting"):
        selection("(" * 10_000 + "x" + ")" * 10_000)
    with pytest.raises(UsageError, match="nesting"):
        selection("not " * 10_000 + "x")
