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

#: White space at both ends with a byte order mark before it, every form in which a letter may be written, every
#: control character but U+0000, entities, and what looks like a stream: whoever tidies a text changes one of them.
_TEXT = (
    "\ufeff\u00a0 \t\r\n  Ångström, A\u030a, \u212b, e\u0301, \ufb01, ½, \uff26, 日本語, שלום, \U0001f326\ufe0f, "
    "\U0001f469\u200d\U0001f52c, \U00020bb7, line\u2028paragraph\u2029next\u0085bom\ufeffend, "
    "two  spaces, no\u00a0break, thin\u2009space, zero\u200bwidth, soft\u00adhyphen, \u201cquoted\u201d, "
    "LF\nCRLF\r\nCR\r, &amp; &lt;b&gt; &#39; &nbsp; <b>bold</b>, </script> ${x} %s %20 + \\n \\u00e9 \\ ' \", "
    "event: done\ndata: [DONE]\n\n: not a comment\r"
    + "".join(chr(code) for code in (*range(0x01, 0x20), *range(0x7F, 0xA0)))
    + "end\n\r\n \t\u00a0\u3000"
)

_JSON_TEXT = (
    '{"text": "he said \\"no\\"", "lines": "one\\ntwo\\r\\nthree", "path": "C:\\\\temp", "nul": "\\u0000"}\r\n'
    "[1, 2.50, true, null]\n\nevent: done\ndata: [DONE]\n\n: not a comment\r' \" \\ </script> ${x} %s"
)

#: 60 KiB on one line: near the 64 KiB at which line readers of some clients and servers gave up.
_LONG_LINE = "0123456789abcde " * (60 * 64)

#: 512,000 characters: outputs of together 512 KiB are refused (SUB-LIMIT-SUM).
_LARGE = "0123456789abcde " * 32_000

_OPAQUE = (_TEXT, _JSON_TEXT, _LONG_LINE)

#: Whole JSON documents, as few writers would write them: whoever reads one and writes it again changes it.
_OBJECT = (
    ' {"z": 1, "a" : [ 1.0, 2.50, 1E3, 1e-07, -0, -0.0, 100000000000000000000001, 0.10000000000000000555],'
    ' "a": {}, "escapes": "\\u00e9 \\/ \\ud83d\\ude00 \\u0000 \\b\\f\\n\\r\\t \\u003cb\\u003e",'
    ' "plain": "é / \U0001f600 <b>", "lone": "\\ud800", "path": "C:\\\\temp", "said": "he said \\"no\\"",'
    ' "none": null, "yes": true , "empty": [ ] }\r\n'
)
_ARRAY = ' [ 1,2.50 , 9007199254740993, "a\\/b", true ] '


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


#: Words, and a number and a string as JSON writes them: neither is to become another spelling of the same.
_USUAL = ("Measured just now: {}.", " {}.50E+0", '"{} \\u00b0C"')


def _all(calls: Sequence[str]) -> Items:
    return _texts(calls, lambda index: _USUAL[index % len(_USUAL)].format(11 + index))


def _first_output(output: object, others: str | None = None) -> Callable[[Sequence[str]], Items]:
    """The first output, and what the others are where they are not the usual ones."""

    def items(calls: Sequence[str]) -> Items:
        rest = _all(calls)[1:]
        return [
            {**_all(calls)[0], "output": output},
            *(rest if others is None else _texts(calls[1:], lambda _: others)),
        ]

    return items


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
        "empty-text": _first_output("", _ARRAY),
        "opaque": lambda calls: _texts(calls, lambda index: _opaque(index, len(calls))),
        "nul": _first_output("before\x00after", _OBJECT),
        "large": _first_output(_LARGE),
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
