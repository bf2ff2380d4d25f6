"""TOML of strangers: read as plain values, or refused before it takes memory."""

from __future__ import annotations

import tomllib
import tracemalloc

import pytest

from conformance.wire import toml

DEEP = toml.MAX_DEPTH


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a." * 22_000 + "a = 1", "line 1: a key has more than 8 names"),
        ("x = 1\n[" + "a . " * 22_000 + "a]", "line 2: a key has more"),
        ('"a\\"b".' * 9 + "c = 1", "a key has more"),
        ("'a'." * 9 + "c = 1", "a key has more"),
        ("x = {" + "a." * 9 + "b = 1}", "a key has more"),
        ("x = " + "[" * 100_000, "inside one another"),
        ("x = " + "[" * (DEEP + 1) + "]" * (DEEP + 1), "inside one another"),
        ("x = " + "{a = " * DEEP + "1" + "}" * DEEP, "inside one another"),
        ("x = " + "9" * 100_000, "not TOML"),
        ("x = 0x" + "f" * 100_000, "too large"),
        ("x = 1e999", "too large"),
        ("x = nan", "too large"),
        ("x", "not TOML"),
        ("\x00", "not TOML"),
    ],
)
def test_what_no_list_holds_is_refused_in_words_before_it_is_read(text: str, said: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(toml.NotToml, match=said):
            toml.read(text)
        assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "text",
    [
        """x = "a.b.c.d.e.f.g.h.i.j.k" # a.b.c.d.e.f.g.h.i.j.k""",
        "x = 'a.b.c.d.e.f.g.h.i.j.k\"'",
        'x = """\na.b.c.d.e.f.g.h.i.j.k "quoted" \\" ""\n"""\ny = 1',
        "x = '''\na.b.c.d.e.f.g.h.i.j.k\n'''\ny = 1",
        "a.b.c.d.e.f.g.h = 1",
        "x = 1.5\ny = [1.5, 2.5, 3.5, 1.5, 2.5, 3.5, 1.5, 2.5, 3.5]",
        "x = " + "[" * (DEEP - 1) + "]" * (DEEP - 1),
    ],
)
def test_what_people_write_is_read_as_it_is(text: str) -> None:
    assert toml.read(text) == tomllib.loads(text)


def test_dates_and_times_become_text() -> None:
    read = toml.read("a = 2026-12-31\nb = 07:32:00\nc = 2026-12-31T07:32:00Z\nd = [2026-12-31]")
    assert read == {"a": "2026-12-31", "b": "07:32:00", "c": "2026-12-31T07:32:00+00:00", "d": ["2026-12-31"]}


@pytest.mark.parametrize(
    "text", ['"""' * 100_001, '"\\' * 200_000, "'" * 200_000, "a" + " " * 400_000, "a " * 200_000, '"""\\' * 100_000]
)
def test_no_text_is_read_twice(text: str) -> None:
    with pytest.raises(toml.NotToml):
        toml.read(text)
