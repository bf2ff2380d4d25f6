"""pytest's `-k` grammar over `scenario:requirement`, for doors that do not start pytest.

expression = and-part ("or" and-part)* · and-part = not-part ("and" not-part)* · not-part = "not" not-part |
"(" expression ")" | word. A word holds where it is part of the name, in any case; nothing at all holds nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from conformance.errors import UsageError, did_you_mean
from conformance.model import Role

#: Whether a name is selected.
Selection = Callable[[str], bool]

_TOKEN = re.compile(r"[ \t]*(?:(?P<word>(?::?\w|:|\+|-|\.|\[|\]|\\|/)+)|(?P<sign>[()])|(?P<end>\Z))")

#: Words of the grammar itself.
_SIGNS = frozenset({"and", "or", "not"})

#: Deeper nesting than anybody writes by hand; the reader descends once for each level.
_DEPTH = 50


def selection(expression: str) -> Selection:
    """Read an expression. Raises UsageError with the place where it breaks off."""
    return _Reader(expression).whole()


def nothing_selected(expression: str, role: Role, why_not: Callable[[str], str | None] = lambda _: None) -> str:
    """What to say where an expression selects nothing of what can be asked of a role: two lines, with near ids.

    `why_not` says for the id of a scenario why nothing is planned in it, for others None.
    """
    lists = "`conformance list scenarios` and `conformance list requirements` show all ids."
    left_out = next((f"not planned: {name} {why}" for name in _words(expression) if (why := why_not(name))), None)
    hint = left_out or _elsewhere(expression, role) or _unplanned(expression) or near(expression, _ids(role)) or lists
    return f"nothing selected: -k {expression!r} matches nothing here\n  {hint}"


def near(expression: str, names: Iterable[str]) -> str | None:
    """A question for ids that are near to the words of an expression which no id holds; None where none is."""
    known = tuple(names)
    lost = [word for word in _words(expression) if not any(word.lower() in name for name in known)]
    return next(filter(None, (did_you_mean(word, known) for word in lost)), None)


def _words(expression: str) -> list[str]:
    """The words of an expression, each once, in the order of the alphabet."""
    words = {part for match in _TOKEN.finditer(expression) for part in (match["word"] or "").split(":") if part}
    return sorted(words - _SIGNS)


def _elsewhere(expression: str, role: Role) -> str | None:
    """Which command judges what an expression names, where it is about another role; None where it is not."""
    for other in (each for each in Role if each is not role):
        named = {*_words(expression)} & {*_ids(other)}
        if named:
            return f"{min(named)} is about {other}s, which `conformance {other}` judges."
    return None


def _unplanned(expression: str) -> str | None:
    """Where a requirement is judged that an expression names and no plan can hold; None where it names none."""
    from conformance.contract.requirements import REQUIREMENTS  # noqa: PLC0415 - only where nothing is selected

    named = [word for word in _words(expression) if word in REQUIREMENTS and REQUIREMENTS[word].luck]
    if not named:
        return None
    return f"{named[0]} cannot be triggered on demand: run it without -k, and it is judged when it is observed."


def _ids(role: Role) -> list[str]:
    """The ids of everything that can be selected for a role."""
    from conformance.contract.requirements import REQUIREMENTS  # noqa: PLC0415 - only where nothing is selected
    from conformance.contract.scenarios import BY_ID  # noqa: PLC0415 - see above

    scenarios = [row.id for row in BY_ID.values() if row.role is role]
    return [*scenarios, *(row.id for row in REQUIREMENTS.values() if row.role is role)]


class _Reader:
    def __init__(self, expression: str) -> None:
        self._text = expression
        self._at = 0
        self._depth = 0
        self._token = self._next()

    def whole(self) -> Selection:
        if not self._token:
            return lambda _: False
        found = self._either()
        if self._token:
            self._refuse("'and', 'or' or the end")
        return found

    def _either(self) -> Selection:
        parts = [self._both()]
        while self._took("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda name: any(part(name) for part in parts)

    def _both(self) -> Selection:
        parts = [self._one()]
        while self._took("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda name: all(part(name) for part in parts)

    def _one(self) -> Selection:
        self._depth += 1
        if self._depth > _DEPTH:
            self._refuse("less nesting")
        found = self._negated_or_grouped_or_word()
        self._depth -= 1
        return found

    def _negated_or_grouped_or_word(self) -> Selection:
        if self._took("not"):
            negated = self._one()
            return lambda name: not negated(name)
        if self._took("("):
            grouped = self._either()
            if not self._took(")"):
                self._refuse("')'")
            return grouped
        if self._token in ("", "and", "or", ")"):
            self._refuse("a word, 'not' or '('")
        word = self._token.lower()
        self._token = self._next()
        return lambda name: word in name.lower()

    def _took(self, token: str) -> bool:
        if self._token != token:
            return False
        self._token = self._next()
        return True

    def _next(self) -> str:
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            rest = self._text[self._at :].lstrip()
            raise UsageError(
                f"-k: invalid expression at {rest[:20]!r}", "Use words, 'and', 'or', 'not' and parentheses."
            )
        self._at = match.end()
        return match["word"] or match["sign"] or ""

    def _refuse(self, expected: str) -> None:
        got = repr(self._token) if self._token else "the end"
        raise UsageError(
            f"-k {self._text!r}: expected {expected}, got {got}", "Use pytest's grammar: -k 'stream and not done'"
        )
