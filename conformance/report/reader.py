"""A report read back from its JSON, a file or the lines of `--format json`: the one source of every other form.

What was written by this version reads back as the same report; lines hold no exhibits. Reports of other formats are
refused with a reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.contract.requirements import REQUIREMENTS
from conformance.errors import UnreadableInput
from conformance.model import (
    ClientOutput,
    Complaint,
    Exhibit,
    Finding,
    KnownFailure,
    Level,
    Moment,
    Profile,
    Report,
    Role,
    Status,
    Subject,
    Verdict,
)
from conformance.report.document import FORMAT
from conformance.wire.json_schema import mismatch, own_validator

_HINT = "Give the file report.json of `--out DIR`, or what `--format json` printed."


def read(content: bytes, name: str) -> Report:
    """Read a report; `name` is what a message calls it. Raises UnreadableInput where it cannot be rendered here."""
    told = document(content, name)
    check_names(told, name)
    return report(told)


def document(content: bytes, name: str) -> dict[str, Any]:
    """The document of a report, which fits its schema. Raises UnreadableInput where there is none."""
    try:
        document = _whole(json.loads(content), ())
    except (ValueError, RecursionError):
        document = _of_lines(content, name)
    if not isinstance(document, dict) or "report" not in document:
        raise UnreadableInput(f"{name}: not a report", _HINT)
    if document["report"] != FORMAT:
        raise UnreadableInput(
            f"{name}: a report of format {document['report']!r:.40}; this version reads format {FORMAT}",
            "Write it again with this version, or read it with the version that wrote it.",
        )
    broken = mismatch(own_validator("report"), document)
    if broken is not None:
        raise UnreadableInput(
            f"{name}: not a report of this suite: {broken[0] or 'the document'} does not fit {broken[1]!r}",
            "schemas/own/report.json describes the format.",
        )
    return document


def _of_lines(content: bytes, name: str) -> object:
    """The document that the lines of `--format json` make. Raises UnreadableInput where they are none, or not all."""
    try:
        *lines, last = [json.loads(line) for line in content.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        raise UnreadableInput(f"{name}: not JSON", _HINT) from None
    if not isinstance(last, dict) or "summary" not in last:
        raise UnreadableInput(f"{name}: the last line has no summary, so that lines may be missing", _HINT)
    return _whole(last, lines)


def _whole(document: object, lines: Sequence[object]) -> object:
    """The report that a last line sums up, with the lines before it; any other document as it is."""
    if not isinstance(document, dict) or not isinstance(document.get("summary"), dict):
        return document
    return {**document["summary"], "subjects": list(lines)}


def check_names(document: Mapping[str, Any], name: str) -> None:
    """Raise UnreadableInput where a report speaks of a requirement that this version does not have."""
    told = [verdict["requirement"] for subject in document["subjects"] for verdict in subject["verdicts"]]
    told += [*document["not_exercised"], *(exhibit["requirement"] for exhibit in document["exhibits"])]
    unknown = next((each for each in told if each not in REQUIREMENTS), None)
    if unknown is not None:
        raise UnreadableInput(
            f"{name}: the report judges {unknown!r:.60}, and this version has no such requirement",
            "Read it with the version that wrote it: its report says which, under `suite`.",
        )


def report(document: Mapping[str, Any]) -> Report:
    """The report of a document."""
    return Report(
        target=document["target"],
        subjects=tuple(map(_subject, document["subjects"])),
        not_exercised=tuple(document["not_exercised"]),
        leftovers=tuple(document["leftovers"]),
        interrupted=document["interrupted"],
        plan=document["plan"],
        profile=_profile(document["profile"]),
        version=document["suite"]["version"],
        again=document["again"],
        began=document["began"] or "",
        took_ms=document["took_ms"],
        exhibits=tuple(map(_exhibit, document["exhibits"])),
        known_failures=tuple(map(_known, document["known_failures"])),
        complaints=tuple(Complaint(**row) for row in document["complaints"]),
    )


def _profile(row: Mapping[str, Any]) -> Profile:
    return Profile(**{**row, "role": Role(row["role"]), "requirements": row["requirements"] or ""})


def _subject(row: Mapping[str, Any]) -> Subject:
    return Subject(
        name=row.get("scenario") or row["file"],
        verdicts=tuple(map(_verdict, row["verdicts"])),
        reason=row.get("reason"),
        unknown_events=tuple(row.get("unknown_events", ())),
        notes=tuple(row.get("notes", ())),
        shape=tuple(row.get("shape", ())),
        exit_code=row.get("exit_code"),
        client=_client(row["client"]) if "client" in row else None,
    )


def _client(row: Mapping[str, Any]) -> ClientOutput:
    return ClientOutput(**{**row, "printed": tuple(row.get("printed", ()))})


def _verdict(row: Mapping[str, Any]) -> Verdict:
    kinds = {"level": Level(row["level"]), "role": Role(row["role"]), "status": Status(row["status"])}
    return Verdict(**{**row, **kinds, "findings": tuple(map(_finding, row["findings"]))})


def _finding(row: Mapping[str, Any]) -> Finding:
    # Versions before kinds wrote neither kind nor details.
    read = {"kind": row.get("kind", ""), "details": tuple(row.get("details", ()))}
    return Finding(**{**row, **read, "span": None if row["span"] is None else tuple(row["span"])})


def _known(row: Mapping[str, Any]) -> KnownFailure:
    listed = {name: tuple(row[name]) for name in ("scenarios", "fingerprints")}
    facts = {fact: tuple(values) for fact, values in row["target"].items()}
    return KnownFailure(**{**row, **listed, "target": facts})


def _exhibit(row: Mapping[str, Any]) -> Exhibit:
    moments = tuple(Moment(ms, event, lane, (start, end)) for ms, event, lane, start, end in row["moments"])
    listed = {name: tuple(row.get(name, ())) for name in ("lines", "allowed", "document")}
    return Exhibit(**{**row, **listed, "moments": moments})
