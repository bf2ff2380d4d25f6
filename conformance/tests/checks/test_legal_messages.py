"""Legal messages: parts of every kind, and pieces in every grouping."""

from __future__ import annotations

import pytest

from conformance.model import Transcript
from conformance.tests.checks.miniatures import (
    ENDED,
    RESUMED,
    Block,
    Document,
    accused,
    conversation,
    delta,
    image,
    pending,
    piece,
    stream,
    submit,
    text,
    told,
)  # fmt: skip


def shows(deltas: list[Block], *content: Document) -> Transcript:
    """A submission's stream with one message, completed with the content."""
    return conversation(pending(), submit(stream(*RESUMED, *told("a", deltas, *content), *ENDED)))


def pictured(index: int, **fields: object) -> Document:
    return {"index": index, "type": "image_file", "image_file": {"file_id": "file_1", "detail": "auto"}, **fields}


def refused(index: int, value: str) -> Document:
    return {"index": index, "type": "refusal", "refusal": value}


CITED = {
    "type": "file_citation", "text": "[1]", "start_index": 0, "end_index": 3, "file_citation": {"file_id": "file_1"}
}  # fmt: skip
QUOTED = {**CITED, "file_citation": {"file_id": "file_1", "quote": "q"}}
PATHED = {"type": "file_path", "text": "sandbox:/x", "start_index": 4, "end_index": 14,
          "file_path": {"file_id": "file_2"}}  # fmt: skip
LINKED = {"type": "url_citation", "text": "[2]", "start_index": 15, "end_index": 18,
          "url_citation": {"url": "https://example.com", "title": "t"}}  # fmt: skip
SOUND = {"type": "audio", "audio": {"id": "x"}}

PARTS = {
    "several pieces": shows([delta("a", piece(0, "he")), delta("a", piece(0, "")), delta("a", piece(0, "llo"))],
                            text("hello")),
    "no deltas, no content": shows([]),
    "no deltas, an empty text": shows([], text("")),
    "deltas of nothing, an empty text": shows([delta("a", piece(0, ""))], text("")),
    "deltas of nothing, no content": shows([delta("a", piece(0, ""))]),
    "an image in a delta": shows([delta("a", pictured(0))], image()),
    "an image without deltas": shows([], image()),
    "an image by address": shows(
        [delta("a", {"index": 0, "type": "image_url", "image_url": {"url": "https://example.com/x.png"}})],
        {"type": "image_url", "image_url": {"url": "https://example.com/x.png", "detail": "low"}},
    ),
    "image and text in one delta": shows([delta("a", pictured(0), piece(1, "hello"))], image(), text("hello")),
    "image and text in one delta, then more text": shows(
        [delta("a", pictured(0), piece(1, "hel")), delta("a", piece(1, "lo"))], image(), text("hello")
    ),
    "text, image, text": shows(
        [delta("a", piece(0, "x")), delta("a", pictured(1)), delta("a", piece(2, "y"))], text("x"), image(), text("y")
    ),
    "an image the completed message leaves out": shows([delta("a", pictured(0), piece(1, "x"))], text("x")),
    "an image no delta told of": shows([delta("a", piece(0, "x"))], image(), text("x")),
    "back to an earlier part": shows(
        [delta("a", piece(0, "x")), delta("a", pictured(1)), delta("a", piece(0, "y"))], text("xy"), image()
    ),
    "back to an earlier text": shows(
        [delta("a", piece(0, "a")), delta("a", piece(1, "b")), delta("a", piece(0, "c")), delta("a", piece(1, "d"))],
        text("ac"), text("bd"),
    ),
    "several parts in one delta": shows(
        [delta("a", piece(0, "a"), piece(1, "b")), delta("a", piece(0, "c"), piece(1, "d"))], text("ac"), text("bd")
    ),
    "two pieces of one part in one delta": shows([delta("a", piece(0, "hel"), piece(0, "lo"))], text("hello")),
    "parts of one delta in another order": shows(
        [delta("a", piece(0, "a"), piece(1, "b")), delta("a", piece(1, "d"), piece(0, "c"))], text("ac"), text("bd")
    ),
    "a delta of nothing": shows([delta("a"), delta("a", piece(0, "x")), delta("a")], text("x")),
    "a role alone": shows([delta("a", role="assistant"), delta("a", piece(0, "x"))], text("x")),
    "a role beside a piece": shows([delta("a", piece(0, "x"), role="assistant")], text("x")),
    "an empty list": shows([delta("a", content=[]), delta("a", piece(0, "x"))], text("x")),
    "a part without text": shows([delta("a", {"index": 0, "type": "text"}), delta("a", piece(0, "x"))], text("x")),
    "a text without value": shows(
        [delta("a", {"index": 0, "type": "text", "text": {}}), delta("a", piece(0, "x"))], text("x")
    ),
    "annotations only": shows(
        [delta("a", piece(0, "[1]")), delta("a", {"index": 0, "type": "text", "text": {"annotations": [
            {"index": 0, **CITED}]}})],
        text("[1]", [CITED]),
    ),
    "empty annotations in the first delta only": shows(
        [delta("a", piece(0, "x", [])), delta("a", piece(0, "y"))], text("xy")
    ),
    "empty annotations in every delta": shows([delta("a", piece(0, "x", [])), delta("a", piece(0, "y", []))], text("xy")),
    "annotations with extras": shows([delta("a", piece(0, "[1]", [{"index": 0, **QUOTED}]))], text("[1]", [CITED])),
    "annotations of all kinds": shows(
        [delta("a", piece(0, "[1] sandbox:/x [2]", [{"index": 0, **CITED}])),
         delta("a", piece(0, "", [{"index": 1, **PATHED}, {"index": 2, **LINKED}]))],
        text("[1] sandbox:/x [2]", [CITED, PATHED, LINKED]),
    ),
    "an annotation in pieces": shows(
        [delta("a", piece(0, "[1]", [{"index": 0, "type": "file_citation", "text": "[1]"}])),
         delta("a", piece(0, "", [{"index": 0, "type": "file_citation", "start_index": 0, "end_index": 3,
                                   "file_citation": {"file_id": "file_1"}}]))],
        text("[1]", [CITED]),
    ),
    "annotations of two parts": shows(
        [delta("a", piece(0, "[1]", [{"index": 0, **CITED}]), piece(1, "[1]", [{"index": 0, **CITED}]))],
        text("[1]", [CITED]), text("[1]", [CITED]),
    ),
    "a refusal": shows([delta("a", refused(0, "I ca")), delta("a", refused(0, "n't"))],
                       {"type": "refusal", "refusal": "I can't"}),
    "a refusal after text": shows([delta("a", piece(0, "x")), delta("a", refused(1, "no"))], text("x"),
                                  {"type": "refusal", "refusal": "no"}),
    "a refusal without refusal": shows(
        [delta("a", {"index": 0, "type": "refusal"}), delta("a", refused(0, "no"))], {"type": "refusal", "refusal": "no"}
    ),
    "an empty text part left out": shows([delta("a", piece(0, "")), delta("a", piece(1, "x"))], text("x")),
    "an empty text part between": shows(
        [delta("a", piece(0, "x")), delta("a", piece(1, "")), delta("a", pictured(2))], text("x"), image()
    ),
    "an empty text part no delta told of": shows([delta("a", piece(0, "x"))], text(""), text("x")),
    "an empty text part at the end": shows([delta("a", piece(0, "x"))], text("x"), text("")),
    "an unknown part": shows([delta("a", {"index": 0, **SOUND}), delta("a", piece(1, "x"))], SOUND, text("x")),
    "an unknown part without deltas": shows([delta("a", piece(0, "x"))], text("x"), SOUND),
    "strange characters": shows(
        [delta("a", piece(0, "\u2028\u0085")), delta("a", piece(0, "😀\x00\x7f\r\n")), delta("a", piece(0, "é"))],
        text("\u2028\u0085😀\x00\x7f\r\né"),
    ),
    "combining characters cut apart": shows([delta("a", piece(0, "e")), delta("a", piece(0, "\u0301"))], text("e\u0301")),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_parts(name: str) -> None:
    assert accused(PARTS[name]) == {}
