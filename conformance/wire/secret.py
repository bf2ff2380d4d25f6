"""Secrets: the one place that knows what is secret, in which spellings it may stand in a text, and how it is masked.

A value is secret because it was given (`wire.credentials` says where), or because it looks like one
(`wire.secret_shapes`). It is found as it is, in every spelling that `wire.spellings` reads, in base64 at any
alignment, and cut over the pieces of a stream. In what is kept, a mask has as many characters as the secret: a secret
cut into pieces and the same secret whole are masked alike, different secrets differently, and texts that added up
before still do. For people, each secret is one sign.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from conformance.wire.secret_shapes import looks
from conformance.wire.spellings import plain, readings
from conformance.wire.splice import Edit, spliced

#: What stands in place of a credential in a header.
REDACTED = "<redacted>"

#: What stands in place of a secret in a message.
HIDDEN = "…"

#: Shorter values (`test`, `none`) are no secrets, and masking them would eat ordinary words.
SHORTEST = 6

#: Characters of a secret that are found by themselves in a text for people, whose values may have been cut: below
#: that, parts of words that secrets are made of (`api-key`) would go too.
_PART = 8

#: Part of a secret that is looked up: any stretch of `_PART` characters holds one that begins at a multiple of it.
_GRAM = 4

#: Places of one such part that are looked at: a secret of one letter has it everywhere.
_ALIKE = 8

#: Words of the API that a value may be: they stand everywhere, so that masking them would hide nothing and break all.
VOCABULARY = (
    "thread.run.step.delta thread.run.step.completed thread.run.step.in_progress thread.run.step.cancelled "
    "thread.run.step.created thread.run.step.failed thread.run.step.expired thread.run.requires_action "
    "thread.run.incomplete thread.run.cancelling thread.run.cancelled thread.run.completed thread.run.queued "
    "thread.run.in_progress thread.run.created thread.run.failed thread.run.expired thread.message.completed "
    "thread.message.in_progress thread.message.incomplete thread.message.created thread.message.delta "
    "submit_tool_outputs required_action tool_outputs tool_call_id tool_calls threads messages assistants "
    "vector_stores assistant_id thread_id message_id message_creation step_details function arguments metadata "
    "response_format instructions parallel_tool_calls truncation_strategy max_prompt_tokens max_completion_tokens "
    "incomplete_details last_error created_at started_at completed_at cancelled_at expired_at expires_at failed_at "
    "temperature usage prompt_tokens completion_tokens total_tokens prompt_token_details cached_tokens annotations "
    "attachments invalid_request_error authentication_error server_error rate_limit_exceeded invalid_prompt "
    "code_interpreter file_search event-stream application/json text/event-stream OpenAI-Beta assistants=v2 "
    "Authorization Content-Type Bearer data: event: object status stream delta content string number boolean "
    "integer properties parameters required description strict schema refusal output [DONE] conformance "
    "end_index file_citation file_id file_ids file_name file_path image_file image_url incomplete_at "
    "json_schema last_messages max_num_results ranker ranking_options reason results run_id "
    "score_threshold start_index thread.created tool_choice tool_resources vector_store_ids "
    "sk-conformance-wrong-key key-of-the-conformance-mock key-of-the-built-in-mock key-of-the-upstream-mock"
)

_WORDS = VOCABULARY.encode()

#: JSON strings that a stream cuts into pieces, and what tells whose pieces they are.
_PIECE = re.compile(
    rb'"(?:(id|index)"\s*:\s*("(?:[^"\\\r\n]|\\.)*"|\d+)'
    rb'|(value|arguments|output|input|refusal|logs)"\s*:\s*"((?:[^"\\\r\n]|\\.)*)")'
    rb"|^(?:data|event):",
    re.MULTILINE,
)


#: How keys begin that show by their look, where a message was cut within one.
_BEGUN = re.compile(
    r"""(?<![A-Za-z0-9])(?:sk-|sess-|eyJ|gh[oprsu]_|github_pat_|glpat-|AKIA|ASIA|AIza|ya29\.|xox[abeoprs]-|hf_|gsk_)"""
    r"""[A-Za-z0-9_.*-]*['"]?…"""
)


class Place(NamedTuple):
    """A secret in a text: its bytes, half-open; what it says; and its kind, where it shows by its look."""

    start: int
    end: int
    says: bytes
    kind: str


class Secrets:
    """Finds and masks values that are known, in any spelling, and everything that looks like a secret."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        #: The values that are looked for, the longest first.
        self.values = tuple(sorted({one for one in values if _is_secret(one)}, key=lambda one: (-len(one), one)))
        self._needles = tuple(dict.fromkeys(pair for value in self.values for pair in _needles(value)))
        self._plain = tuple(plain(value).decode(errors="replace") for value in self.values)
        self._grams: dict[bytes, list[tuple[bytes, int]]] = {}
        for text in dict.fromkeys(needle for needle, _ in self._needles if len(needle) >= _PART):
            for at in range(len(text) - _GRAM + 1):
                known = self._grams.setdefault(text[at : at + _GRAM], [])
                if len(known) < _ALIKE:
                    known.append((text, at))
        #: What is masked -> its number, so that different secrets stay different.
        self._numbers: dict[bytes, int] = {}

    def places(self, data: bytes) -> list[Place]:
        """Every secret in a text, in order; none overlaps another."""
        found = [
            Place(*reading.span(start, end), says, kind)
            for reading in readings(data)
            for kind, start, end, says in self._of_reading(reading.data)
        ]
        return _merged(found)

    def kinds(self, text: str | bytes) -> tuple[str, ...]:
        """Name the kinds of secret a text holds, in any spelling; the values are never named."""
        data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
        found = dict.fromkeys(place.kind for place in (*self.places(data), *self._cut(data)))
        return tuple(sorted(found, key=lambda kind: (kind == _GIVEN, kind)))

    def hidden(self, text: str) -> str:
        """The text as people may see it: each secret, in any spelling, is one sign, and so is a part of one."""
        if not text:
            return text
        data = text.encode(errors="surrogatepass")
        parts = [
            Place(*reading.span(start, end), b"", _GIVEN)
            for reading in (readings(data) if self._grams else ())
            for start, end in self._parts(reading.data)
        ]
        sign = HIDDEN.encode()
        places = _merged([*self.places(data), *parts])
        shown = spliced(data, (Edit(place.start, place.end, sign) for place in places))
        text = _BEGUN.sub(HIDDEN, shown.decode(errors="surrogatepass"))
        return text.replace(HIDDEN * 2, HIDDEN) if places else text

    def edits(self, data: bytes) -> Iterator[Edit]:
        """Yield what must be replaced in what is kept, in order."""
        for place in self.places(data):
            yield Edit(place.start, place.end, self._mask(place.says, _length(data[place.start : place.end])).encode())

    def edits_of_pieces(self, data: bytes) -> Iterator[Edit]:
        """Yield what must be replaced where the pieces of a streamed text hold a secret only together."""
        edits = []
        for pieces in _streams(data):
            whole = "".join(piece.text for piece in pieces)
            encoded = whole.encode(errors="surrogatepass")
            masked = spliced(encoded, self.edits(encoded)).decode(errors="surrogatepass")
            if masked == whole:
                continue
            if len(masked) != len(whole):  # a secret that is spelled otherwise within the text
                masked = self._aligned(encoded)
            at = 0
            for piece in pieces:
                new = masked[at : at + len(piece.text)]
                at += len(piece.text)
                if new != piece.text:
                    edits.append(Edit(piece.start, piece.end, json.dumps(new)[1:-1].encode()))
        yield from sorted(edits)

    def _aligned(self, data: bytes) -> str:
        """The text with a mask for each secret that is as long as what spells it there."""
        edits = (
            Edit(start, end, self._mask(says, len(data[start:end].decode(errors="surrogatepass"))).encode())
            for start, end, says, _ in self.places(data)
        )
        return spliced(data, edits).decode(errors="surrogatepass")

    def _of_reading(self, data: bytes) -> Iterator[tuple[str, int, int, bytes]]:
        for needle, says in self._needles:
            at = data.find(needle)
            while at >= 0:
                yield _GIVEN, at, at + len(needle), says
                at = data.find(needle, at + len(needle))
        for kind, start, end in looks(data):
            if (says := data[start:end]) not in _WORDS:
                yield kind, start, end, says

    def _cut(self, data: bytes) -> Iterator[Place]:
        """The secrets that pieces of a stream hold only together."""
        for pieces in _streams(data):
            yield from self.places("".join(piece.text for piece in pieces).encode(errors="surrogatepass"))

    def _mask(self, says: bytes, length: int) -> str:
        number = self._numbers.setdefault(says, len(self._numbers) + 1)
        sign = "" if number == 1 else str(number)
        return ("*" * length)[: max(0, length - len(sign))] + sign[:length]

    def _parts(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Yield parts of known secrets: a message may show the beginning, the middle or the end of one."""
        at = done = 0
        while at + _GRAM <= len(text):
            known = self._grams.get(text[at : at + _GRAM], ())
            stretches = (_stretch(text, at, secret, of, done) for secret, of in known)
            start, end = max(stretches, key=lambda part: part[1] - part[0], default=(at, at))
            if end - start >= _PART and text[start:end] not in _WORDS:
                yield start, end
                at = done = end
            else:
                at += _GRAM


@lru_cache(maxsize=8)  # a run has few sets of secrets, which it looks for in every message
def secrets_of(values: tuple[str, ...]) -> Secrets:
    """What finds these values, for people; made once for each set of them. Masks are numbered, and need their own."""
    return Secrets(values)


#: The kind of a value that was given.
_GIVEN = "given secret"


class _Piece(NamedTuple):
    """A piece of a streamed text: its bytes between the quotes, and what it says."""

    start: int
    end: int
    text: str


def _streams(data: bytes) -> Iterator[list[_Piece]]:
    """The texts that a stream cuts into pieces: of each object, place in it, and member."""
    texts: dict[tuple[bytes, bytes, bytes], list[_Piece]] = {}
    of = index = b""
    for match in _PIECE.finditer(data):
        if match[1] == b"id":
            of = of or match[2]
        elif match[1] == b"index":
            index = match[2]
        elif match[3]:
            texts.setdefault((of, index, match[3]), []).append(_Piece(*match.span(4), _text_of(match[4])))
        else:
            of = index = b""
    yield from (pieces for pieces in texts.values() if len(pieces) > 1)


def _is_secret(value: str) -> bool:
    return len(value) >= SHORTEST and value not in VOCABULARY and not value.isspace()


def _needles(secret: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield what is looked for in every reading of a text, each with what it says."""
    data, said = secret.encode(errors="surrogatepass"), plain(secret)
    for text in (data, said, said.replace(b" ", b"+")):
        yield text, said
    for one in (data, said):
        for shift, first in enumerate((0, 2, 3)):
            # Only the characters that the secret alone decides: what stands before and after it is not known.
            core = base64.b64encode(bytes(shift) + one)[first : (shift + len(one)) * 8 // 6]
            yield core, core
            yield core.translate(_URL_SAFE), core


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _merged(found: list[Place]) -> list[Place]:
    """The places in order, without overlap: what overlaps says what a given secret of it says, else the longest."""
    merged: list[Place] = []
    for place in sorted(found, key=lambda place: (place.start, -place.end)):
        if merged and place.start < merged[-1].end:
            last = merged[-1]
            named = place if place.kind == _GIVEN != last.kind else last
            merged[-1] = named._replace(start=last.start, end=max(last.end, place.end))
        else:
            merged.append(place)
    return merged


def _stretch(text: bytes, at: int, secret: bytes, of: int, least: int) -> tuple[int, int]:
    """How far text and secret are alike around these four characters; not before `least`."""
    start = end = 0
    while at - start > least and of - start > 0 and text[at - start - 1] == secret[of - start - 1]:
        start += 1
    while at + end < len(text) and of + end < len(secret) and text[at + end] == secret[of + end]:
        end += 1
    return at - start, at + end


def _length(spelled: bytes) -> int:
    """Characters of a text within a JSON string."""
    return len(_text_of(spelled))


def _text_of(escaped: bytes) -> str:
    try:
        return str(json.loads(b'"' + escaped + b'"', strict=False))
    except ValueError:
        return escaped.decode(errors="replace")
