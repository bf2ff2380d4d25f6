"""JSON as RFC 8259 has it: bytes to plain Python values, or one exception that says what is wrong and where.

orjson reads first. It also refuses JSON that is legal (a lone surrogate escape, `1e999`, an integer of a thousand
digits), so its refusal is a question, and the strict reader here decides. That reader is iterative and linear, and
accepts nothing beyond the grammar: no NaN or Infinity, no comments, no byte order mark, no bytes that are not UTF-8.

What comes back holds nothing but dict, list, str, int, float, bool and None. Of a key that repeats, the last value
wins. A lone surrogate escape stays a lone surrogate in the str. Integers beyond 64 bits may come as floats, and
numbers beyond the floats as an infinity, which is the one way an infinity can come about.
"""

from __future__ import annotations

import re
import sys
from typing import Final, NoReturn

import orjson

#: Arrays and objects inside one another; more is refused, as RFC 8259 §9 allows. Real documents have about ten. Python
#: compares and prints documents by recursion and allows a thousand calls: half of them are left to whoever asks.
MAX_DEPTH: Final = 500

#: Python refuses longer integers, because converting them takes quadratic time: they become floats.
_MAX_INT_DIGITS: Final = sys.get_int_max_str_digits() or sys.int_info.default_max_str_digits
#: Repetitions of keys that are reported; a hostile text could repeat a long path without end.
_MAX_REPEATED: Final = 20
#: How many characters of the text a reason repeats.
_SHOWN: Final = 20

_SPACE: Final = re.compile(r"[ \t\n\r]*+")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*+)(\.[0-9]++)?([eE][+-]?[0-9]++)?")
_CHARACTERS: Final = re.compile(r'[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+')
_ESCAPE: Final = re.compile(r"\\(?:u(....)|(.))")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ESCAPED: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS: Final = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}
_NOT_IN_STRING: Final = {"": "a string does not end", "\\": "an unknown escape in a string"}

#: Stands for a document that the fast reader refused.
_REFUSED: Final = object()
#: Stands for "another value follows" where a value could stand.
_MORE: Final = object()


class NotJson(ValueError):
    """The bytes are not JSON, or nest too deeply."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        #: For people: what was wrong and where; what is repeated of the text is short and escaped.
        self.reason = reason
        #: The byte at which reading ended.
        self.offset = offset


def read(data: bytes) -> object:
    """The document in these bytes.

    Raises NotJson, and nothing else, whatever the bytes are.
    """
    return read_either(data)[0]


def read_either(data: bytes) -> tuple[object, bool]:
    """The document, and whether the fast reader took it: then it holds no unpaired surrogate and no infinity.

    Raises NotJson, and nothing else, whatever the bytes are.
    """
    try:
        document: object = orjson.loads(data)
    except orjson.JSONDecodeError:
        document = _REFUSED  # and let go of the refusal, which holds the whole text
    if document is _REFUSED:
        return _Reader(data).document(), False
    if _may_nest_too_deeply(data) and _depth(document) > MAX_DEPTH:
        return _Reader(data).document(), True
    return document, True


def read_strict(data: bytes) -> tuple[object, tuple[str, ...]]:
    """The document, and the JSON pointers (RFC 6901) of keys that repeat in an object: of the first twenty repetitions.

    Tens of times slower than `read`. Raises NotJson, and nothing else, whatever the bytes are.
    """
    reader = _Reader(data)
    return reader.document(), tuple(dict.fromkeys(reader.repeated))


def _may_nest_too_deeply(data: bytes) -> bool:
    return len(data) > 2 * MAX_DEPTH and data.count(b"[") + data.count(b"{") > MAX_DEPTH


def _depth(document: object) -> int:
    """How many arrays and objects stand inside one another."""
    depth = 0
    level = [document]
    while containers := [value for value in level if isinstance(value, (dict, list))]:
        depth += 1
        level = [child for value in containers for child in (value.values() if isinstance(value, dict) else value)]
    return depth


class _Object:
    """An object that is being read: its members so far, and the name whose value comes next."""

    __slots__ = ("members", "name")

    def __init__(self) -> None:
        self.members: dict[str, object] = {}
        self.name = ""


class _Reader:
    """Reads one document with a stack of its own in place of recursion."""

    def __init__(self, data: bytes) -> None:
        #: The JSON pointers of names at their first repetitions.
        self.repeated: list[str] = []
        self._at = 0
        self._open: list[_Object | list[object]] = []
        try:
            self._text = data.decode()
        except UnicodeDecodeError as bad:
            reason = f"not UTF-8 at byte {bad.start}: {data[bad.start : bad.end].hex(' ')}, {bad.reason}"
            raise NotJson(reason, bad.start) from None

    def document(self) -> object:
        while True:
            value = self._begin()
            while value is not _MORE and self._open:
                value = self._put(value)
            if value is not _MORE:
                if self._next():
                    self._refuse("extra data after the value")
                return value

    def _begin(self) -> object:
        """A scalar or an empty container; `_MORE` where a container was opened."""
        first = self._next()
        if first == '"':
            return self._string()
        if first == "[":
            return self._array()
        if first == "{":
            return self._object()
        if first in _LITERALS:
            word, value = _LITERALS[first]
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return value
        return self._number()

    def _put(self, value: object) -> object:
        """Puts the value into the open container, and gives that where it is complete, else `_MORE`."""
        container = self._open[-1]
        if isinstance(container, list):
            container.append(value)
            complete: object = container
            bracket = "]"
        else:
            container.members[container.name] = value
            complete = container.members
            bracket = "}"
        after = self._next()
        if after == bracket:
            self._at += 1
            self._open.pop()
            return complete
        if after != ",":
            self._refuse(f"',' or '{bracket}' was expected")
        self._at += 1
        if isinstance(container, _Object):
            self._name(container)
        return _MORE

    def _array(self) -> object:
        self._enter()
        if self._next() == "]":
            self._at += 1
            return []
        self._open.append([])
        return _MORE

    def _object(self) -> object:
        self._enter()
        if self._next() == "}":
            self._at += 1
            return {}
        container = _Object()
        self._open.append(container)
        self._name(container)
        return _MORE

    def _enter(self) -> None:
        if len(self._open) == MAX_DEPTH:
            self._refuse(f"more than {MAX_DEPTH} arrays and objects inside one another")
        self._at += 1

    def _name(self, container: _Object) -> None:
        if self._next() != '"':
            self._refuse("a name in double quotes was expected")
        container.name = self._string()
        if self._next() != ":":
            self._refuse("':' was expected")
        self._at += 1
        if container.name in container.members and len(self.repeated) < _MAX_REPEATED:
            self.repeated.append(self._pointer())

    def _pointer(self) -> str:
        """The JSON pointer of the value that comes next."""
        steps = (str(len(step)) if isinstance(step, list) else step.name for step in self._open)
        return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)

    def _string(self) -> str:
        start = self._at + 1
        self._at = _end_of_run(_CHARACTERS, self._text, start)
        after = self._text[self._at : self._at + 1]
        if after != '"':
            self._refuse(_NOT_IN_STRING.get(after, "a control character in a string"))
        raw = self._text[start : self._at]
        self._at += 1
        return _unescaped(raw) if "\\" in raw else raw

    def _number(self) -> int | float:
        number = _NUMBER.match(self._text, self._at)
        if number is None:
            self._refuse("a value was expected")
        self._at = number.end()
        if number.lastindex is None and len(number[0]) <= _MAX_INT_DIGITS:
            return int(number[0])
        return float(number[0])

    def _next(self) -> str:
        """Passes over white space; the character there, empty at the end."""
        self._at = _end_of_run(_SPACE, self._text, self._at)
        return self._text[self._at : self._at + 1]

    def _refuse(self, reason: str) -> NoReturn:
        offset = len(self._text[: self._at].encode())
        shown = self._text[self._at : self._at + _SHOWN]
        where = f"at byte {offset}: {shown!r}" if shown else f"at byte {offset}, where the text ends"
        raise NotJson(f"{reason} {where}", offset)


def _end_of_run(pattern: re.Pattern[str], text: str, at: int) -> int:
    run = pattern.match(text, at)
    return at if run is None else run.end()


def _unescaped(raw: str) -> str:
    text = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else _ESCAPED[escape[2]], raw)
    if _SURROGATE.search(text) is None:
        return text
    # Two escapes that form a pair become one character; UTF-16 joins those and lets the lone ones through.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
