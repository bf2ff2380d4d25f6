"""JSON as RFC 8259 has it: what is legal is read, what is not is refused with a reason, nothing else happens."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.tests.work import steps
from conformance.wire.strict_json import MAX_DEPTH, NotJson, read, read_strict

quietly = settings(deadline=None, derandomize=True, database=None, max_examples=60)

#: Legal JSON that the fast reader refuses.
LEGAL = {
    "a lone high surrogate": (b'"\\ud800"', "\ud800"),
    "a lone low surrogate": (b'"a\\udc00b"', "a\udc00b"),
    "surrogates in the wrong order": (b'"\\udc00\\ud800"', "\udc00\ud800"),
    "a lone one beside a pair": (b'"\\ud83d\\ude00\\ud83d"', "\U0001f600\ud83d"),
    "a lone one in a name": (b'{"\\ud800":1}', {"\ud800": 1}),
    "a number beyond the floats": (b"[1e999,-1e999]", [math.inf, -math.inf]),
    "an exponent of many digits": (b"1e" + b"9" * 1000, math.inf),
    "an integer of a thousand digits": (b"9" * 1000, 10**1000 - 1),
    "an integer beyond what Python converts": (b"-" + b"9" * 100_000, -math.inf),
    "every escape beside it": (b'"\\ud800\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"', '\ud800"\\/\b\f\n\r\té'),
    "white space around it": (b" \t\r\n[ 1e999 , { } , [ ] ]\n", [math.inf, {}, []]),
    "every kind of value beside it": (
        b'{"a":[true,false,null,0,-0.5,1E+2,"",{}],"b":1e999}',
        {"a": [True, False, None, 0, -0.5, 100.0, "", {}], "b": math.inf},
    ),
}


@pytest.mark.parametrize("case", LEGAL)
def test_what_only_the_fast_reader_refuses_is_read(case: str) -> None:
    data, expected = LEGAL[case]
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(data)
    assert read(data) == expected


#: What is no JSON, with the offset and the reason told.
REFUSED = {
    "nothing": (b"", 0, "a value was expected at byte 0, where the text ends"),
    "white space": (b" \n", 2, "a value was expected at byte 2, where the text ends"),
    "NaN": (b"NaN", 0, "a value was expected at byte 0: 'NaN'"),
    "Infinity": (b'{"a":Infinity}', 5, "a value was expected at byte 5: 'Infinity}'"),
    "minus infinity": (b"-Infinity", 0, "a value was expected at byte 0: '-Infinity'"),
    "two values": (b'{"a":1}}', 7, "extra data after the value at byte 7: '}'"),
    "an end marker": (b"[DONE]", 1, "a value was expected at byte 1: 'DONE]'"),
    "half a word": (b"tru", 0, "a value was expected at byte 0: 'tru'"),
    "a word in capitals": (b"True", 0, "a value was expected at byte 0: 'True'"),
    "a leading zero": (b"01", 1, "extra data after the value at byte 1: '1'"),
    "a plus sign": (b"+1", 0, "a value was expected at byte 0: '+1'"),
    "no digit after the point": (b"[1.]", 2, "',' or ']' was expected at byte 2: '.]'"),
    "a trailing comma in an array": (b"[1,]", 3, "a value was expected at byte 3: ']'"),
    "a trailing comma in an object": (b'{"a":1,}', 7, "a name in double quotes was expected at byte 7: '}'"),
    "a name without quotes": (b"{a:1}", 1, "a name in double quotes was expected at byte 1: 'a:1}'"),
    "no colon": (b'{"a" 1}', 5, "':' was expected at byte 5: '1}'"),
    "no comma": (b'{"a":1 "b":2}', 7, "',' or '}' was expected at byte 7: '\"b\":2}'"),
    "an open array": (b"[1", 2, "',' or ']' was expected at byte 2, where the text ends"),
    "the wrong bracket": (b"[1}", 2, "',' or ']' was expected at byte 2: '}'"),
    "an open string": (b'"abc', 4, "a string does not end at byte 4, where the text ends"),
    "an unknown escape": (b'"\\x41"', 1, "an unknown escape in a string at byte 1: '\\\\x41\"'"),
    "half an escape": (b'"\\u12"', 1, "an unknown escape in a string at byte 1: '\\\\u12\"'"),
    "an underscore in an escape": (b'"\\u1_23"', 1, "an unknown escape in a string at byte 1: '\\\\u1_23\"'"),
    "a raw line feed": (b'"a\nb"', 2, "a control character in a string at byte 2: '\\nb\"'"),
    "another white space": (b"\x0c1", 0, "a value was expected at byte 0: '\\x0c1'"),
    "a comment": (b"1 // one", 2, "extra data after the value at byte 2: '// one'"),
    "a byte order mark": (b"\xef\xbb\xbf1", 0, "a value was expected at byte 0: '\\ufeff1'"),
    "bytes that are not UTF-8": (b'"\xff"', 1, "not UTF-8 at byte 1: ff, invalid start byte"),
    "an encoded surrogate": (b'"\xed\xa0\x80"', 1, "not UTF-8 at byte 1: ed, invalid continuation byte"),
    "UTF-16": ("[1]".encode("utf-16-le"), 1, "a value was expected at byte 1: '\\x001\\x00]\\x00'"),
    "an offset in bytes": ('["é",é]'.encode(), 6, "a value was expected at byte 6: 'é]'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_json_is_refused_with_place_and_reason(case: str) -> None:
    data, offset, reason = REFUSED[case]
    for reader in (read, read_strict):
        with pytest.raises(NotJson) as refusal:
            reader(data)
        assert (refusal.value.offset, refusal.value.reason) == (offset, reason)


NESTS = {
    "arrays": lambda depth: b"[" * depth + b"]" * depth,
    "objects": lambda depth: b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1),
    "arrays with a number": lambda depth: b"[" * depth + b"1e999" + b"]" * depth,
    "both": lambda depth: b'[{"a":' * (depth // 2) + (b"[]" if depth % 2 else b"1") + b"}]" * (depth // 2),
}


@pytest.mark.parametrize("nest", NESTS)
def test_depth_is_bounded(nest: str) -> None:
    for reader in (read, read_strict):
        reader(NESTS[nest](MAX_DEPTH))
        for depth in (MAX_DEPTH + 1, 1024, 1025, 100_000):
            with pytest.raises(NotJson, match=f"more than {MAX_DEPTH} arrays and objects inside one another"):
                reader(NESTS[nest](depth))


def test_many_brackets_are_no_depth() -> None:
    flat = b"[" + b"[]," * 5000 + b'"' + b"[" * 5000 + b'"]'
    assert read(flat) == orjson.loads(flat)


POINTERS = {
    "none": (b'{"a":{"a":1},"b":[{"a":1},{"a":2}]}', ()),
    "at the top": (b'{"a":1,"a":2}', ("/a",)),
    "told once": (b'{"a":1,"a":2,"a":3}', ("/a",)),
    "inside": (b'{"a":[0,{"b":1,"c":2,"b":3}]}', ("/a/1/b",)),
    "in an object that is overwritten": (b'{"a":{"b":1,"b":2},"a":1}', ("/a/b", "/a")),
    "escaped": (b'{"a/b~c":1,"a/b~c":2}', ("/a~1b~0c",)),
    "written differently": (b'{"a":1,"\\u0061":2}', ("/a",)),
    "an empty name": (b'{"":1,"":2}', ("/",)),
}


@pytest.mark.parametrize("case", POINTERS)
def test_repeated_keys_are_told_and_the_last_value_wins(case: str) -> None:
    data, pointers = POINTERS[case]
    assert read_strict(data) == (json.loads(data), pointers)


def test_repeated_keys_are_not_told_without_end() -> None:
    data = b"{" + b",".join(b'"k%d":1,"k%d":2' % (i, i) for i in range(1000)) + b"}"
    assert read_strict(data)[1] == tuple(f"/k{i}" for i in range(20))


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@quietly
@given(documents, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_every_document_comes_back(document: object, ascii_only: bool, indent: int | str | None) -> None:
    data = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode()
    assert read_strict(data) == (document, ())


@quietly
@given(documents, st.data())
def test_damaged_documents_are_refused_where_the_standard_library_refuses(
    document: object, data: st.DataObject
) -> None:
    text = bytearray(json.dumps(document).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b"", b",", b"]", b'"', b"\\", b"1", b"e"])
        )
    damaged = bytes(text)
    try:
        expected: object = json.loads(damaged, parse_constant=_refuse)
    except ValueError:
        for reader in (read, read_strict):
            with pytest.raises(NotJson):
                reader(damaged)
    else:
        assert read_strict(damaged)[0] == expected


def _refuse(constant: str) -> object:
    raise ValueError(constant)


@quietly
@given(st.binary(max_size=30))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        fast: object = read(data)
    except NotJson:
        with pytest.raises(NotJson):
            read_strict(data)
    else:
        assert read_strict(data)[0] == fast


#: Texts of about this many bytes that the strict reader has to read.
SHAPES: dict[str, Callable[[int], bytes]] = {
    "many numbers": lambda size: b"[" + b"1e999," * (size // 6) + b"0]",
    "one long string": lambda size: b'"\\ud800' + b"x" * size + b'"',
    "many escapes": lambda size: b'"' + b"\\ud800" * (size // 6) + b'"',
    "one long integer": lambda size: b"9" * size,
    "one long fraction": lambda size: b"1." + b"9" * size + b"e999",
    "white space": lambda size: b"[1e999" + b" " * size + b"]",
    "one repeated key": lambda size: b'{"a":1e999' + b',"a":1' * (size // 6) + b"}",
    "a repeated key deep inside": lambda size: (
        b'{"key":' * 900 + b'{"a":1e999' + b',"a":1' * (size // 6) + b"}" + b"}" * 900
    ),
    "never ending arrays": lambda size: b"[" * size,
    "no JSON at all": lambda size: b"<" * size,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_work_is_linear(shape: str) -> None:
    def tried(size: int) -> None:
        data = SHAPES[shape](size)
        for reader in (read, read_strict):
            try:
                reader(data)
            except NotJson as refusal:
                assert len(refusal.reason) < 200

    small, large = steps(lambda: tried(3_000)), steps(lambda: tried(24_000))
    assert large <= 9 * small, "eight times the bytes: linear is 8, quadratic 64"
