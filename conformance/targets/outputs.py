"""The bodies that an act submits: one row for each word of `scenarios.OUTPUTS` and for each way to say `stream`.

Bodies are written compactly and without escapes beyond those JSON demands: characters go over the wire as UTF-8, so a
server that decodes a body in the wrong way, or cuts it within a character, is seen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

#: One entry of `tool_outputs`, right or wrong.
Item = dict[str, object]
Items = list[Item]

_UNICODE = (
    "Ångström, e\u0301 combining, 日本語, שלום, \U0001f326\ufe0f, \U0001f469\u200d\U0001f52c, \U00020bb7, "
    "line\u2028paragraph\u2029next\u0085bom\ufeffend, "
) + "".join(chr(code) for code in (*range(0x01, 0x20), *range(0x7F, 0xA0)))

_JSON_TEXT = (
    '{"text": "he said \\"no\\"", "lines": "one\\ntwo\\r\\nthree", "path": "C:\\\\temp", "nul": "\\u0000"}\r\n'
    "[1, 2.50, true, null]\n\nevent: done\ndata: [DONE]\n\n: not a comment\r' \" \\ </script> ${x} %s"
)

#: 60 KiB on one line: near the 64 KiB at which line readers of some clients and servers gave up.
_LONG_LINE = "0123456789abcde " * (60 * 64)

_OPAQUE = (_UNICODE, _JSON_TEXT, _LONG_LINE)


def _opaque(index: int, calls: int) -> str:
    """The text for one of so many calls: where they are fewer than the texts, the last one gets all that are left."""
    return "\n".join(_OPAQUE[index:]) if index == calls - 1 < len(_OPAQUE) else _OPAQUE[index % len(_OPAQUE)]


def unknown_like(known: str) -> str:
    """An id of the same form that names something else: a malformed one would be refused for its form.

    Only the last twelve characters behind the last underscore change, digits to digits, letters to letters, and
    hexadecimal digits to hexadecimal digits, so that a UUID stays one.
    """
    prefix, underscore, tail = known.rpartition("_")
    return prefix + underscore + tail[:-12] + tail[-12:].translate(_OTHERS)


def _rotated(letters: str, by: int) -> str:
    return letters[by:] + letters[:by]


_RANGES = (("0123456789", 5), ("abcdef", 3), ("ABCDEF", 3), ("ghijklmnopqrstuvwxyz", 7), ("GHIJKLMNOPQRSTUVWXYZ", 7))
_OTHERS = {ord(a): b for letters, by in _RANGES for a, b in zip(letters, _rotated(letters, by), strict=True)}


def _texts(calls: Sequence[str], text: Callable[[int], object]) -> Items:
    return [{"tool_call_id": call, "output": text(index)} for index, call in enumerate(calls)]


def _all(calls: Sequence[str]) -> Items:
    return _texts(calls, lambda index: f"Measured just now: {11 + index}.")


def _first_output(output: object) -> Callable[[Sequence[str]], Items]:
    return lambda calls: [{**_all(calls)[0], "output": output}, *_all(calls)[1:]]


#: Word -> the list to be submitted for the pending calls.
_ITEMS: Mapping[str, Callable[[Sequence[str]], Items]] = MappingProxyType(
    {
        "all": _all,
        "reversed": lambda calls: _all(calls)[::-1],
        "first": lambda calls: _all(calls)[:1],
        "rest": lambda calls: _all(calls)[1:],
        "foreign": lambda calls: [*_all(calls), *_all([unknown_like(calls[0])])],
        "swapped": lambda calls: [*_all([unknown_like(calls[0])]), *_all(calls)[1:]],
        "twice": lambda calls: [_all(calls)[0], *_all(calls)],
        "none": lambda calls: [],  # noqa: ARG005
        "no-id": lambda calls: [{"output": _all(calls)[0]["output"]}, *_all(calls)[1:]],
        "null": _first_output(None),
        "number": _first_output(11),
        "boolean": _first_output(output=True),
        "object": _first_output({"value": 11}),
        "array": _first_output(["11"]),
        "empty-text": _first_output(""),
        "opaque": lambda calls: _texts(calls, lambda index: _opaque(index, len(calls))),
        "nul": _first_output("before\x00after"),
        "other-text": lambda calls: _texts(calls, lambda index: f"Measured later: {21 + index}."),
    }
)

#: Word -> what lies beside `tool_outputs`, and whether that key is there at all.
_REST: Mapping[str, dict[str, object]] = MappingProxyType({"extra-key": {"conformance_unknown_key": "value"}})

#: How `stream` is said.
_STREAM: Mapping[str, dict[str, object]] = MappingProxyType(
    {
        "absent": {},
        "false": {"stream": False},
        "null": {"stream": None},
        "true": {"stream": True},
        "string": {"stream": "true"},
    }
)


def body(outputs: str, stream: str, calls: Sequence[str]) -> bytes:
    """The body for a row of `scenarios.OUTPUTS` and a word for `stream`, given the ids of the pending calls."""
    document: dict[str, object] = {}
    if outputs != "missing":
        document["tool_outputs"] = _ITEMS.get(outputs, _all)(calls)
    whole = encoded(document | _REST.get(outputs, {}) | _STREAM[stream])
    return whole[: len(whole) // 2] if outputs == "malformed" else whole


def encoded(document: object) -> bytes:
    """A document as compact JSON in UTF-8."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
