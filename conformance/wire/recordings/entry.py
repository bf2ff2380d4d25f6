"""A value of a foreign document and where it stands: what is taken from it is of the kind that was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from conformance.errors import UnreadableInput


@dataclass(frozen=True, slots=True)
class Entry:
    """One value; `place` is the file and the JSON pointer, `hint` says what a file of the format looks like.

    Every method raises UnreadableInput, with the place, where the value is of another kind. Values are never repeated
    in a message: they may be long, hostile or secret.
    """

    value: object
    place: str
    hint: str

    def get(self, *names: str) -> Entry:
        """The first of these members that is there and not null; else an entry whose value is None."""
        members = self._mapping()
        name = next((name for name in names if members.get(name) is not None), names[0])
        return Entry(members.get(name), f"{self.place}/{name}", self.hint)

    def each(self) -> Iterator[Entry]:
        """Every item of a list."""
        if not isinstance(self.value, list):
            self.refuse("a list was expected")
        for at, value in enumerate(self.value):
            yield Entry(value, f"{self.place}/{at}", self.hint)

    def text(self) -> str:
        """A text."""
        if not isinstance(self.value, str):
            self.refuse("a text was expected")
        return self.value

    def status(self) -> int:
        """A status code, as a number, as digits, or with its phrase behind it as in a status line."""
        code = self.value
        if isinstance(code, str):
            digits = code.strip().partition(" ")[0]
            code = int(digits) if digits.isascii() and digits.isdigit() and len(digits) == 3 else code
        if isinstance(code, bool) or not isinstance(code, int) or not 100 <= code <= 999:
            self.refuse("a status of three digits was expected")
        return code

    def members(self) -> Mapping[str, object]:
        """The members of an object."""
        return self._mapping()

    def refuse(self, what: str) -> NoReturn:
        """Raise UnreadableInput for this place."""
        raise UnreadableInput(f"{self.place}: {what}", self.hint)

    def _mapping(self) -> Mapping[str, object]:
        if not isinstance(self.value, Mapping):
            self.refuse("an object was expected")
        return self.value
