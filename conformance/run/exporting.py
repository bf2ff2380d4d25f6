"""What the suite knows, for use without it: every stream as bytes, what must come of it, and an index of all.

The streams are those of the reference, and those with each fault of the wire that changes one, in the first situation
where it does. Nothing is drawn: the same version writes the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

from conformance import __version__
from conformance.contract.data import schema_text
from conformance.contract.scenarios import BY_ID
from conformance.errors import UnreadableInput, UsageError
from conformance.files import PART, REPORT, license_text, read, write_atomically, write_bytes_atomically
from conformance.model import Ended, Response, Status, Transcript
from conformance.proof.faults import FAULTS, Fault
from conformance.run.proving import record
from conformance.verdict.judge import judge
from conformance.verdict.right_client import ERRORS, outcome
from conformance.walk.http_response import body_of, header, is_event_stream
from conformance.wire.compact_json import compact
from conformance.wire.sse import Decoder, Event

#: The version of the index and of what it names.
VERSION = 1

_INDEX = "index.json"
_SCHEMA = "export.schema.json"
_FOLDERS = ("streams", "expected")

#: Names of what an export writes into a folder, and of what one that was killed leaves half written.
_OURS = re.compile(rf"(?:reference|fault)--[a-z0-9-]+\.(?:sse|json)|{PART.pattern}")

#: Sizes of equal pieces in which a decoder is fed.
_PIECES = (1, 7)


@dataclass(frozen=True, slots=True)
class Case:
    """One stream, where it stands in its transcript, and which fault is in it."""

    name: str
    transcript: Transcript
    exchange: int
    fault: Fault | None = None

    @property
    def response(self) -> Response:
        """The answer that is the stream."""
        response = self.transcript.exchanges[self.exchange].response
        assert response is not None  # noqa: S101 - a case is made of an answer
        return response


def cases() -> Iterator[Case]:
    """Every stream of the reference, then one with each fault that changes a stream."""
    clean = record()
    for transcript in clean:
        for place, number in _streams(transcript):
            yield Case(f"reference--{transcript.scenario}{f'-{number}' if number else ''}", transcript, place)
    for fault in FAULTS.values():
        if (case := _with(fault, clean)) is not None:
            yield case


def export(folder: Path) -> Mapping[str, int]:
    """Write everything into a folder, the index last; how many streams there are, of the reference and with faults.

    Raises UsageError where the folder holds anything but an export.
    """
    _clear(folder)
    # An export that is killed has no cases, and is known for one by the next.
    _write_index(folder, [])
    entries = [_written(folder, case) for case in cases()]
    write_atomically(folder / _SCHEMA, schema_text("own/export.json"))
    write_atomically(folder / "LICENSE", license_text())
    _write_index(folder, entries)
    faulty = sum("fault" in entry for entry in entries)
    return {"streams": len(entries), "reference": len(entries) - faulty, "faulty": faulty}


def _write_index(folder: Path, entries: Sequence[Mapping[str, object]]) -> None:
    index = {
        "export": VERSION,
        "suite": __version__,
        "license": "MIT",
        "source": "submit-tool-outputs-conformance",
        "api": "POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs of the OpenAI Assistants API v2",
        "schema": _SCHEMA,
        "errors": ERRORS,
        "cases": entries,
    }
    write_atomically(folder / _INDEX, json.dumps(index, indent=1) + "\n")


def _streams(transcript: Transcript) -> Iterator[tuple[int, int]]:
    """The places of streams in a transcript, each with its number among them."""
    places = (
        place
        for place, exchange in enumerate(transcript.exchanges)
        if exchange.response is not None and is_event_stream(exchange.response)
    )
    for number, place in enumerate(places):
        yield place, number


def _with(fault: Fault, clean: Iterable[Transcript]) -> Case | None:
    """The first stream that a fault changes; None for one that changes none."""
    if fault.change is None:
        return None
    for transcript in clean:
        for place, _ in _streams(transcript):
            exchange = transcript.exchanges[place]
            answer = fault.applied(exchange)
            if answer is not None and answer != exchange.response:
                kept = transcript.exchanges[:place], transcript.exchanges[place + 1 :]
                exchanges = (*kept[0], replace(exchange, response=answer), *kept[1])
                return Case(f"fault--{fault.name}", replace(transcript, exchanges=exchanges), place, fault)
    return None


def _written(folder: Path, case: Case) -> dict[str, object]:
    """Write one case; its entry of the index."""
    body, response = body_of(case.response), case.response
    stream, expected = f"streams/{case.name}.sse", f"expected/{case.name}.json"
    write_bytes_atomically(folder / stream, body)
    write_atomically(folder / expected, compact(_expected(case, body)) + "\n")
    verdicts = [each for each in judge(case.transcript).verdicts if any(found.primary for found in each.findings)]
    failed = [verdict.requirement for verdict in verdicts if verdict.status is Status.FAIL]
    fault = {} if case.fault is None else {"fault": case.fault.name, "does": case.fault.does}
    return {
        "id": case.name,
        "scenario": case.transcript.scenario,
        "title": BY_ID[case.transcript.scenario].title,
        **fault,
        "stream": stream,
        "bytes": len(body),
        "sha256": sha256(body).hexdigest(),
        "status": response.status,
        "content_type": header(response.headers, "content-type"),
        "ended": response.ended.value,
        "expected": expected,
        "verdict": "fail" if failed else "pass",
        "failed": failed,
        "warned": [verdict.requirement for verdict in verdicts if verdict.status is Status.WARN],
    }


def _expected(case: Case, body: bytes) -> dict[str, object]:
    """What must come of the bytes, however they are cut."""
    events = list(_decoded(body))
    return {
        "cuts": list(_cuts(case.response, body)),
        "events": [
            {
                "event": event.name or "message",
                "data": event.data.decode(errors="replace"),
                "start": event.start,
                "end": event.end,
            }
            for event in events
        ],
        "outcome": asdict(outcome(events, case.response.ended if body else Ended.COMPLETE)),
    }


def _decoded(body: bytes) -> Iterator[Event]:
    yield from Decoder().events(body)


def _cuts(response: Response, body: bytes) -> Iterator[dict[str, object]]:
    """Ways to cut the bytes into pieces: the offsets between them, or the size of all."""
    ends = [0]
    for chunk in response.chunks:
        ends.append(ends[-1] + len(chunk.data))
    yield {"name": "as sent", "at": ends[1:-1]}
    yield {"name": "before every line end", "at": [at for at, byte in enumerate(body) if at and byte in b"\r\n"]}
    if inside := [at for at, byte in enumerate(body) if at and byte & 0xC0 == 0x80]:
        yield {"name": "inside every character", "at": inside}
    yield from ({"name": f"pieces of {size}", "every": size} for size in _PIECES)


def _clear(folder: Path) -> None:
    """Make room: an export that is there goes, also one that was killed. Raises UsageError for a folder of others."""
    entries = _entries(folder)
    if {path.name for path in entries if not _OURS.fullmatch(path.name)} and not _is_export(folder):
        hint = "Name a folder that is new or empty, or an earlier export."
        raise UsageError(f"{folder} contains files that no export wrote", hint)
    link = next((path for path in entries if path.name in _FOLDERS and path.is_symlink()), None)
    if link is not None:
        raise UsageError(f"{link} is a link, and an export would be written elsewhere", "Name another folder.")
    for place in (folder, *(folder / name for name in _FOLDERS)):
        for path in _entries(place):
            if _OURS.fullmatch(path.name) and (path.is_symlink() or not path.is_dir()):
                path.unlink()


def _is_export(folder: Path) -> bool:
    try:
        return read(folder / _INDEX, REPORT, only_files=True).lstrip().startswith(b'{\n "export"')
    except UnreadableInput:
        return False


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise UsageError(f"cannot read {folder}: {error.strerror}", "Name another folder.") from None
