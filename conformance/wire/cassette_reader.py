"""Reading a cassette, line by line: JSON, grammar, schema and digests, then the transcript.

Whatever is wrong is told with its line and what to do; what a line holds is never repeated in a message.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Any, NoReturn

from conformance.errors import DamagedCassette
from conformance.model import Author, Chunk, Ended, Exchange, Operation, Outcome, Request, Response, Side, Transcript
from conformance.wire.json_schema import mismatch, own_validator
from conformance.wire.redact import leaks

#: The version of the format that is written and read here.
VERSION = 1

#: The key that tells the kind of a line; an end line has a `t` too, so chunks stand last.
_KINDS = MappingProxyType(
    {
        "cassette": "header",
        "request": "request",
        "response": "response",
        "failure": "failure",
        "end": "end",
        "outcome": "outcome",
        "exchanges": "footer",
        "t": "chunk",
    }
)

_NEXT_EXCHANGE = frozenset({"request", "outcome", "footer"})

#: Which kinds of line may follow a kind.
_FOLLOWERS = MappingProxyType(
    {
        "nothing": frozenset({"header"}),
        "header": _NEXT_EXCHANGE,
        "request": _NEXT_EXCHANGE | {"response", "failure"},
        "response": frozenset({"chunk", "end"}),
        "chunk": frozenset({"chunk", "end"}),
        "end": _NEXT_EXCHANGE | {"failure"},
        "failure": _NEXT_EXCHANGE,
        "outcome": frozenset({"footer"}),
        "footer": frozenset[str](),
    }
)

_AGAIN = "Get an unchanged copy of the cassette, or record it again."


class BodyDigest:
    """Length and SHA-256 of the chunks of one body, as an end line gives them."""

    def __init__(self) -> None:
        self._bytes = 0
        self._digest = sha256()

    def add(self, data: bytes) -> None:
        """Take the next chunk."""
        self._bytes += len(data)
        self._digest.update(data)

    def facts(self) -> dict[str, object]:
        """Return the fields of the end line."""
        return {"bytes": self._bytes, "sha256": self._digest.hexdigest()}


@dataclass(slots=True)
class _Draft:
    """One exchange while its lines are read."""

    request: dict[str, Any]
    body: bytes
    response: dict[str, Any] | None = None
    chunks: list[Chunk] = field(default_factory=list)
    end: dict[str, Any] | None = None
    failure: str | None = None
    received: BodyDigest = field(default_factory=BodyDigest)

    def latest_ms(self) -> int:
        """When the last bytes arrived."""
        return self.chunks[-1].ms if self.chunks else 0

    def exchange(self) -> Exchange:
        fields = self.request
        request = Request(
            Author(fields["author"]), fields["method"], fields["path"], _headers(fields["headers"]), self.body,
            fields.get("reconstructed", False),
        )  # fmt: skip
        return Exchange(
            Operation(fields["operation"]), int(fields["began_ms"]), request, self._response(), self.failure,
            frozenset(fields.get("situation", ())), Side(fields.get("side", Side.FRONT)),
        )  # fmt: skip

    def _response(self) -> Response | None:
        fields, end = self.response, self.end
        if fields is None or end is None:
            return None
        return Response(
            Author(fields["author"]), int(fields["status"]), _headers(fields["headers"]), tuple(self.chunks),
            Ended(end["end"]), int(end["t"]), fields.get("reconstructed", False),
        )  # fmt: skip


def _headers(pairs: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in pairs)


class Reader:
    """Takes the lines of one cassette in turn; `name` is what a message calls it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._number = 0
        self._last = "nothing"
        self._digest = sha256()
        self._header: dict[str, Any] = {}
        self._drafts: list[_Draft] = []
        self._outcome: Outcome | None = None

    def feed(self, line: str) -> None:
        """Take the next line, without its line end; raises DamagedCassette."""
        if self._last == "footer" and not line:
            return
        self._number += 1
        document = self._document(line)
        kind = next((kind for key, kind in _KINDS.items() if key in document), "unknown")
        if kind == "header" and document["cassette"] != VERSION:
            self._fail("this cassette is of a version that is not known here", "Install a newer version of this suite.")
        if kind not in _FOLLOWERS[self._last]:
            self._fail(f"a line of kind {kind} cannot follow {self._last}: lines were lost, added or moved", _AGAIN)
        self._validate(kind, document)
        getattr(self, f"_on_{kind}")(document)
        self._last = kind
        self._digest.update(line.encode(errors="surrogatepass") + b"\n")

    def close(self) -> Transcript:
        """Return the transcript; raises DamagedCassette where the end is missing or a secret is found."""
        if self._last != "footer":
            self._fail("the cassette is truncated: it has no footer", _AGAIN)
        header = self._header
        transcript = Transcript(
            scenario=header["scenario"],
            exchanges=tuple(draft.exchange() for draft in self._drafts),
            traits=frozenset(header["traits"]),
            untestable=header.get("untestable"),
            slip=header.get("slip"),
            outcome=self._outcome,
            provenance={**header["provenance"], "recorded": header["recorded"], "by": header["by"]},
        )
        if places := leaks(transcript):
            raise DamagedCassette(
                f"{self._name}: the cassette is unsafe: it holds what looks like a secret: {', '.join(places)}",
                "Withdraw the secret, then record again with redaction.",
            )
        return transcript

    def _fail(self, what: str, hint: str) -> NoReturn:
        raise DamagedCassette(f"{self._name}: line {self._number}: {what}", hint)

    def _document(self, line: str) -> dict[str, Any]:
        try:
            document = json.loads(line, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            self._fail("not JSON: the cassette was cut off here or altered", _AGAIN)
        if not isinstance(document, dict):
            self._fail("not a JSON object: this is not a line of a cassette", _AGAIN)
        return document

    def _validate(self, kind: str, document: object) -> None:
        if found := mismatch(own_validator("cassette", kind), document):
            pointer, problem = found
            place = f"{pointer} of this {kind} line" if pointer else f"this {kind} line"
            self._fail(f"{place} {problem}", _AGAIN)

    def _on_header(self, document: dict[str, Any]) -> None:
        self._header = document

    def _on_request(self, document: dict[str, Any]) -> None:
        fields = document["request"]
        self._drafts.append(_Draft(fields, self._data(fields, "body")))

    def _on_response(self, document: dict[str, Any]) -> None:
        self._drafts[-1].response = document["response"]

    def _on_chunk(self, document: dict[str, Any]) -> None:
        data = self._data(document, "text")
        draft = self._drafts[-1]
        self._check_time(document, draft)
        draft.received.add(data)
        draft.chunks.append(Chunk(int(document["t"]), data))

    def _on_end(self, document: dict[str, Any]) -> None:
        self._check_time(document, self._drafts[-1])
        received = self._drafts[-1].received
        if {key: document[key] for key in ("bytes", "sha256")} != received.facts():
            self._fail("length or digest are not those of the chunks before: the body was altered", _AGAIN)
        self._drafts[-1].end = document

    def _on_failure(self, document: dict[str, Any]) -> None:
        self._drafts[-1].failure = document["failure"]

    def _on_outcome(self, document: dict[str, Any]) -> None:
        self._outcome = Outcome(**document["outcome"])

    def _on_footer(self, document: dict[str, Any]) -> None:
        if document != {"exchanges": len(self._drafts), "sha256": self._digest.hexdigest()}:
            self._fail("count or digest are not those of the lines before: the cassette was altered", _AGAIN)

    def _check_time(self, document: Mapping[str, Any], draft: _Draft) -> None:
        if document["t"] < draft.latest_ms():
            self._fail("its time is earlier than that of the chunk before: the line was altered or moved", _AGAIN)

    def _data(self, fields: Mapping[str, str], text_key: str) -> bytes:
        try:
            if text_key in fields:
                return fields[text_key].encode()
            return base64.b64decode(fields["base64"], validate=True)
        except ValueError:
            self._fail("the bytes are neither text nor base64: the line was altered", _AGAIN)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
