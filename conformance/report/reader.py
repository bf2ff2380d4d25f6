"""A report read back from its JSON, a file or the lines of `--format json`: the one source of every other form.

It may be a stranger's: what fits the schema, and says of itself what its verdicts come to, can be rendered.

What was written by this version reads back as the same report; lines hold no exhibits. Reports of other formats are
refused with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance import __version__
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
from conformance.report.document import COUNTS, FORMAT, report_document
from conformance.wire import strict_json
from conformance.wire.json_schema import mismatch, own_validator

_HINT = "Give the file report.json of `--out DIR`, or what `--format json` printed."


def read(content: bytes, name: str) -> Report:
    """Read a report; `name` is what a message calls it. Raises UnreadableInput where it cannot be rendered here."""
    told = document(content, name)
    check_names(told, name)
    return report(told, name)


def document(content: bytes, name: str) -> dict[str, Any]:
    """The document of a report, which fits its schema. Raises UnreadableInput where there is none."""
    if sum(map(content.count, (b",", b"[", b"{"))) > _MOST:
        raise UnreadableInput(f"{name}: this holds more than {_MOST:,} values", "Judge less at a time.")
    try:
        document = _plain(_read(content), _DEPTH)
    except strict_json.NotJson:
        raise UnreadableInput(f"{name}: not JSON", _HINT) from None
    except OverflowError:
        raise UnreadableInput(f"{name}: arrays, objects or numbers in it go beyond every report", _DESCRIBED) from None
    except _LinesMissing:
        raise UnreadableInput(f"{name}: the last line has no summary, so that lines may be missing", _HINT) from None
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
            f"{name}: not a report of this suite: {broken[0] or 'the document'} {broken[1]}", _DESCRIBED
        )
    return document


class _LinesMissing(Exception):
    """The last of several lines sums nothing up."""


def _read(content: bytes) -> object:
    """A document, or what the lines of `--format json` make. Raises NotJson, or _LinesMissing."""
    try:
        return _whole(strict_json.read(content), ())
    except strict_json.NotJson:
        written = [line for line in content.splitlines() if line.strip()] or [b""]
        *lines, last = map(strict_json.read, written)
    if not isinstance(last, dict) or "summary" not in last:
        raise _LinesMissing
    return _whole(last, lines)


def _whole(document: object, lines: Sequence[object]) -> object:
    """The report that a last line sums up, with the lines before it; any other document as it is."""
    if not isinstance(document, dict) or not isinstance(document.get("summary"), dict):
        return document
    return {**document["summary"], "subjects": list(lines)}


#: Values in a document: the smallest take thirty times the memory that they take in the file. The largest report that
#: is read has 64 MiB, and in ours a value takes twenty bytes.
_MOST = 4_000_000

#: Arrays and objects inside one another: ours have eight.
_DEPTH = 32

_DESCRIBED = "schemas/own/report.json describes the format."


def _plain(value: Any, depth: int) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The document as this suite writes it: numbers are integers, and no half of a surrogate pair is in a text.

    Raises OverflowError for what is too deep or too large.
    """
    if depth == 0:
        raise OverflowError
    if isinstance(value, dict):
        return {_repaired(key): _plain(each, depth - 1) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, depth - 1) for each in value]
    if isinstance(value, float):
        return int(value)
    return _repaired(value) if isinstance(value, str) else value


def _repaired(text: str) -> str:
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


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


def report(document: Mapping[str, Any], name: str) -> Report:
    """The report that a document holds. Raises UnreadableInput where it says of itself what is not so."""
    told = _report(document)
    if document["suite"]["version"] == __version__:  # others may have counted in another way
        wrong = next(_wrong(document, report_document(told)), None)
        if wrong is not None:
            raise UnreadableInput(
                f"{name}: this is not a report that the suite wrote: {wrong} is not what its verdicts come to",
                "Judge again to write a new report; a report must not be edited.",
            )
    return told


def _wrong(document: Mapping[str, Any], derived: Mapping[str, Any]) -> Iterator[str]:
    """The members that follow from others, and do not."""
    yield from (f"/{key}" for key in ("verdict", "exit_code", *COUNTS) if document[key] != derived[key])
    for number, (row, right) in enumerate(zip(document["subjects"], derived["subjects"], strict=True)):
        for key in ("verdict", "planned", "judged"):
            if row[key] != right[key]:
                yield f"/subjects/{number}/{key}"


def _report(document: Mapping[str, Any]) -> Report:
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
        left_out=document.get("left_out", 0),
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
