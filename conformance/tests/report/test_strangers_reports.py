"""A report of somebody else: each member is as it should be or is named in a refusal, and none goes raw into a form."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.errors import UnreadableInput, UsageError
from conformance.model import Complaint, Exhibit, KnownFailure, Moment, Profile, Report
from conformance.report import reader
from conformance.report.comparison import WRITERS as COMPARED
from conformance.report.comparison import render as compared
from conformance.report.json_writer import render
from conformance.report.merge import Part, merge
from conformance.report.writers import WRITERS
from conformance.tests.report.reports import failing
from conformance.verdict.compare import compare, edition

Place = tuple[str | int, ...]

#: What breaks out of lines, layouts, quotes and encodings.
EVIL = "\x1b[2J\u202e\n::error::x\r\n##[error]y`|<script>\ud800'; rm -rf ~ $(id)"

#: What a member may be instead.
VALUES: tuple[object, ...] = (
    *(EVIL, "\x00", "", -1, 1.5, 10**30, 2**63, None, True, [], {}, "9999-12-31T23:59:59Z"),
    *("2026-13-01T00:00:00Z", "2026-11-20T10:02:60Z", "9/2", "1/99999999"),
)

#: What no form may hold: what steers a terminal, half a character, a command to a runner of CI.
RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]|^::|^##\[", re.MULTILINE)
OURS = re.compile("^::(error|warning|notice) title=", re.MULTILINE)


def whole() -> Report:
    """A report that has every member."""
    moments = (Moment(1, "thread.run.queued", "run", (0, 9)), Moment(3, "done", "", (9, 12)))
    exhibit = Exhibit(
        "done.last", "stream-one-call", 1, ("> POST /x",), "curl -X POST http://127.0.0.1:1/x", moments, 1,
        {"run": "queued"}, ("error",), "{}\n",
    )  # fmt: skip
    row = KnownFailure("done.last", "why", ("s",), {"kind": ("http",)}, "https://x", "2026-12-31", ("0" * 12,))
    subject = replace(failing().subjects[0], notes=("n",), reason="r", shape=({"operation": "submit", "status": 200},))
    return replace(
        failing(), subjects=(subject,), exhibits=(exhibit,), known_failures=(row,), again="conformance server",
        began="2026-11-20T10:02:11Z", took_ms=5, profile=Profile(requirements="2026.11", shard="1/2", seed=7),
        complaints=(Complaint("stale", "done.last", "m"),),
    )  # fmt: skip


DOCUMENT: dict[str, Any] = json.loads(render(whole()))


def places(value: object, place: Place = ()) -> Iterator[Place]:
    """Every member, of lists that of the first."""
    yield place
    for key, each in (
        value.items() if isinstance(value, dict) else enumerate(value[:1] if isinstance(value, list) else [])
    ):
        yield from places(each, (*place, key))


def other(place: Place, value: object) -> bytes:
    """The document with another value at a place."""
    document = copy.deepcopy(DOCUMENT)
    around: Any = document
    for step in place[:-1]:
        around = around[step]
    if not place:
        return json.dumps(value).encode()
    around[place[-1]] = value
    return json.dumps(document).encode()


def clean(form: str, text: str) -> bool:
    """Whether a form can be encoded and holds nothing raw; pages and JSON have an encoding of their own."""
    text.encode()
    if form in ("html", "json"):
        return "<script>\ufffd" not in text and re.search("[\x00\x1b\u202e]", text) is None
    return RAW.search(OURS.sub("", text)) is None


@pytest.mark.parametrize("place", tuple(places(DOCUMENT)), ids=lambda place: "/".join(map(str, place)) or "all")
def test_a_member_is_refused_by_name_or_rendered_safely(place: Place) -> None:
    for value in VALUES:
        try:
            document = reader.document(other(place, value), "report.json")
            reader.check_names(document, "report.json")
            report = reader.report(document, "report.json")
        except UnreadableInput as refusal:
            assert refusal.exit_code == 4
            assert refusal.message.startswith("report.json: ")
            continue
        for form, writer in WRITERS.items():
            assert clean(form, writer.render(report)), (form, value)
        here = edition(report, "here", document["suite"]["version"])
        for form in COMPARED:
            assert clean(form, compared(compare(here, edition(whole(), "there", "1")), form, strict=True)), (
                form,
                value,
            )
        with suppress(UsageError):
            others = replace(report, profile=replace(report.profile, shard="2/2"))
            merge([Part("a", "1", report), Part("b", "1", others)])


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("suite", "version"), "1.0\n::error::x"),
        (("again",), "conformance server\nrm -rf ~"),
        (("began",), "2026-02-30T00:00:00Z"),
        (("took_ms",), 10**15),
        (("profile", "shard"), "1/99999"),
        (("verdict",), "PASS"),
        (("exit_code",), 0),
        (("failed",), 0),
        (("subjects", 0, "verdict"), "pass"),
        (("subjects", 0, "scenario"), "x'; rm -rf ~ '"),
        (("target", "kind"), "\x1b[2J"),
        (("target", "query"), [{"deep": []}]),
        (("known_failures", 0, "link"), "javascript:alert(1)"),
    ],
)
@pytest.mark.parametrize("words", [["report"], ["compare"], ["report", "merge"]], ids=" ".join)
def test_whatever_is_off_is_exit_4_with_the_name_of_the_member(
    words: list[str], place: Place, value: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(other(place, value))
    more = [str(path), "--out", str(tmp_path / "out")] if words[-1] == "merge" else [str(path)] * (words == ["compare"])
    assert main([*words, str(path), *more]) == 4
    said = capsys.readouterr()
    assert f"/{'/'.join(map(str, place))}" in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[" * 400, "not JSON"),
        ("[" + "[]," * 2_000_001 + "1]", "more than 4,000,000 values"),
        ('{"report": 2, "x": ' + "[" * 300 + "]" * 300 + "}", "go beyond every report"),
        ('{"report": 2, "took_ms": 1e999}', "go beyond every report"),
        ('{"report": NaN}', "not JSON"),
    ],
    ids=["cut", "many", "deep", "large", "NaN"],
)
def test_what_is_no_document_is_refused_before_it_takes_memory(content: str, said: str) -> None:
    with pytest.raises(UnreadableInput, match=said):
        reader.document(content.encode(), "x")
