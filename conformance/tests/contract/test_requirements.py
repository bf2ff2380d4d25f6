"""The requirements are complete, well-formed and current."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.contract import requirement_tables
from conformance.contract.data import contract_text, schema_text
from conformance.contract.media import WHOLE
from conformance.contract.requirement_tables import FAMILIES, joined, rows_of
from conformance.contract.requirements import REQUIREMENTS, by_contract_id, find
from conformance.contract.scenarios import BY_ID, requires
from conformance.errors import OwnError, UsageError
from conformance.model import Level

CHECKOUT = Path(__file__).parents[3]
CATALOGUE = CHECKOUT.parent / "shared" / "contract.md"

#: The ids of the catalogue, and the levels each of them has.
CATALOGUED = {
    "MUST": """
        REQ-PATH REQ-BEARER REQ-BETA-ACCEPT REQ-BODY-MIN REQ-STREAM-FALSE REQ-STREAM-TRUE REQ-JSON-200 REQ-JSON-STATUS
        REQ-STREAM-200 REQ-STREAM-ERR-JSON EVT-OBJ EVT-SCHEMA EVT-STATUS EVT-REQACT EVT-NOACT ORD-DONE-LAST
        ORD-DONE-NAME ORD-DONE-AFTER-TERMINAL ORD-ONE-TERMINAL ORD-CLOSE ORD-REQACT-DONE ORD-ERROR-END
        ORD-NO-SILENT-END ORD-RUN-QUEUED ORD-RUN-INPROG ORD-RUN-STATUS-PATH ORD-RUN-ID ORD-STEP-SUBMITTED
        ORD-STEP-SUBMITTED-BEFORE ORD-STEP-LIFE ORD-STEP-DELTA-AFTER ORD-STEP-CLOSED ORD-STEP-DELTA-SUM ORD-STEP-TYPE
        ORD-MSG-LIFE ORD-MSG-CREATED-FIRST ORD-MSG-CONCAT ORD-MSG-INDEX ORD-MSG-DELTA-ID ORD-MSG-IDS ORD-STEP-DETAILS
        ORD-MSG-UTF8 ORD-X-MSG-STEP-ID ORD-X-RUN-LAST ORD-X-REQACT-MATCH ORD-X-IDS-NEW SUB-ALL-OK SUB-PARTIAL
        SUB-SPLIT SUB-UNKNOWN SUB-EMPTY SUB-MISSING-FIELD SUB-NO-ID SUB-OUTPUT-TYPE SUB-OUTPUT-OPAQUE SUB-STATUS
        SUB-DOUBLE SUB-ATOMIC SUB-OTHER-THREAD ERR-SHAPE ERR-KEY-WRONG ERR-KEY-MISSING ERR-THREAD-404 ERR-RUN-404
        ERR-JSON ERR-429 ERR-STREAM SSE-CT SSE-UTF8 SSE-EOL SSE-BLANK SSE-FIELD SSE-COMMENT SSE-MULTI SSE-EMPTY-DATA
        SSE-UNKNOWN-FIELD SSE-EVENT-DEFAULT SSE-CHUNK SSE-LONG SSE-U2028 SSE-FRAMING SDK-ONE-POST SDK-PATH SDK-JSON
        SDK-AUTH SDK-BETA SDK-STREAM-FLAG SDK-NO-EXTRA SDK-NO-RETRY-4XX SDK-NO-MIDSTREAM-RETRY SDK-ERR-WRAPPED
        SDK-TRUNC-CLEAN SDK-TRUNC-CUT SDK-STEP-COMPLETED-UNKNOWN
    """,
    "SHOULD": """
        REQ-PATH REQ-METHOD REQ-STREAM-FALSE REQ-STREAM-TYPE REQ-EXTRA-KEY REQ-STREAM-NOCOMPRESS-BUFFER EVT-SCHEMA
        EVT-NOERROR EVT-ILLEGAL EVT-NOACT EVT-TERMTS EVT-USAGE ORD-ERROR-END ORD-RUN-QUEUED ORD-RUN-ID ORD-RUN-STARTED
        ORD-RUN-TS ORD-RUN-CANCEL ORD-STEP-SUBMITTED-FIRST ORD-STEP-ALL-IN-ONE ORD-STEP-NO-RECREATE ORD-STEP-CLOSED
        ORD-STEP-SERIAL ORD-STEP-DELTA-IDX ORD-MSG-EMPTY ORD-MSG-CONCAT ORD-MSG-ANNOT ORD-MSG-ROLE ORD-X-STEP-MSG
        ORD-X-MSG-STEP ORD-X-CREATED-AT ORD-X-FAILED ORD-X-STATE-AFTER SUB-ORDER-FREE SUB-PARTIAL SUB-DUP SUB-EMPTY
        SUB-OUTPUT-NULL SUB-OUTPUT-EMPTY SUB-OUTPUT-OPAQUE SUB-STATUS SUB-EXPIRED SUB-CANCELLED SUB-CONCURRENT
        SUB-OTHER-THREAD ERR-SHAPE ERR-KEY-WRONG ERR-KEY-MISSING ERR-THREAD-404 ERR-RUN-404 ERR-JSON ERR-5XX SSE-BOM
        SDK-PATH SDK-OUTPUT-STRING SDK-RETRY SDK-RETRY-HDR SDK-POLL SDK-DONE-OTHER SDK-ERR-BARE SDK-NO-DONE
    """,
    "MAY": """
        REQ-BETA-MISSING EVT-NAME ORD-MSG-ROLE-DELTA ORD-MSG-EMPTYANS SUB-NO-OUTPUT ERR-BETA ERR-CT SSE-EOL SSE-COMMENT
        SSE-MULTI SSE-ID SDK-EMPTY SDK-DONE-NAMELESS SDK-NO-DONE SDK-DELTA-NO-MSG SDK-STEPDELTA-NO-STEP
        SDK-TWO-TERMINALS
    """,
    "INFO": """
        REQ-JSON-STARTED EVT-EXPIRES-NULL ORD-X-USAGE SUB-LIMIT-ONE SUB-LIMIT-SUM SUB-STATUS-FIRST SUB-LOCK ERR-SUNSET
        SSE-RECONNECT SSE-HEADERS SDK-RETRY-SAFE SDK-DATA-ONLY SDK-RUN-STEPS
    """,
    # What sources disagree about, and what is told of clients without a keyword: the level is that of whoever cites it.
    None: """
        DIS-BRACE DIS-BLANK DIS-ELLIPSIS DIS-STEP-EXPIRED DIS-MSG-ATT DIS-RUN-ACTION DIS-INSTR DIS-NULLABLE
        DIS-ALLOF-NULL DIS-EXTRA-RUN DIS-CALLID DIS-USAGE-SUM DIS-STARTED DIS-GLOBALTIME DIS-ANNOT DIS-MSG-STATUS
        DIS-TERMINAL DIS-JS-EXAMPLE DIS-THREADEV DIS-STEP-OBJECT DIS-TIME-TYPE DIS-OPEN DIS-MAX-TOKENS DIS-FILE-SEARCH
        DIS-LATE-FIELDS SDK-GOLDEN SDK-DONE-STOP SDK-COMMENT SDK-UNKNOWN-EVT SDK-REQACT
        SDK-ENDINGS SDK-BADJSON SDK-HTTP-ERR SDK-LENIENT SDK-CANCEL
    """,
}
LEVELS = {
    contract_id: {level for level, ids in CATALOGUED.items() if level and contract_id in ids.split()}
    for ids in CATALOGUED.values()
    for contract_id in ids.split()
}
#: Where a row judges at another level than the catalogue, and why.
DEPARTURES = {
    ("request.beta-missing", "REQ-BETA-MISSING"): "both answers are legal, a third one is not",
    ("response.content-type", "REQ-JSON-200"): "the media type follows from the description, the status is demanded",
    ("errors.no-server-fault", "SUB-PARTIAL"): "the demanded 4xx excludes it",
}
#: What a client should do, and what neither its exit code nor its outcome can show.
UNTOLD = {"outcome.no-done-told", "outcome.done-other"}
SENTENCES = [(row.id, row.sentence, row.level) for row in REQUIREMENTS.values()]


def test_the_joined_file_is_current() -> None:
    assert contract_text("requirements.json") == joined(), "make docs writes it anew"


def test_the_joined_file_fits_its_schema() -> None:
    schema = json.loads(schema_text("own/requirements.json"))
    Draft202012Validator.check_schema(schema)
    errors = list(Draft202012Validator(schema).iter_errors(json.loads(contract_text("requirements.json"))))
    assert [error.message for error in errors] == []


def test_every_table_is_read() -> None:
    folder = CHECKOUT / "conformance" / "contract" / "requirements"
    assert {path.stem for path in folder.iterdir()} == {*FAMILIES, "sources"}


@pytest.mark.parametrize("contract_id", LEVELS)
def test_each_catalogued_id_is_cited_at_each_of_its_levels(contract_id: str) -> None:
    cited = {str(row.level) for row in by_contract_id(contract_id)}
    assert cited, "neither required nor excluded"
    assert cited >= LEVELS[contract_id]


def test_no_row_cites_an_id_outside_the_catalogue_or_at_another_level() -> None:
    for row in REQUIREMENTS.values():
        for contract_id in row.contract:
            levels = LEVELS[contract_id]
            agrees = not levels or row.level in levels or (row.id, contract_id) in DEPARTURES
            assert agrees, f"{row.id} is {row.level}, {contract_id} is {levels}"


def test_the_frozen_list_is_the_catalogue() -> None:
    if not CATALOGUE.is_file():
        pytest.skip("the catalogue lies beside the checkout only where the suite is developed")
    catalogued = dict(_catalogue(CATALOGUE.read_text(encoding="utf-8")))
    assert catalogued.keys() == LEVELS.keys()
    for contract_id, levels in catalogued.items():
        if not contract_id.startswith("DIS-") and levels:
            assert levels <= LEVELS[contract_id], contract_id


def _catalogue(text: str) -> Iterator[tuple[str, set[str]]]:
    level_column: int | None = None
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells[:1] == ["ID"]:
            level_column = next((cells.index(name) for name in ("level", "required") if name in cells), None)
        if cells and re.fullmatch(r"(REQ|EVT|ORD|SUB|ERR|SSE|DIS|SDK)-[A-Z0-9-]+", cells[0]):
            told = cells[level_column] if level_column is not None and level_column < len(cells) else ""
            yield cells[0], set(re.findall(r"\b(?:MUST|SHOULD|MAY|INFO)\b", told))


@pytest.mark.parametrize(("id_", "sentence", "level"), SENTENCES, ids=[row[0] for row in SENTENCES])
def test_a_sentence_is_one_sentence_with_the_keyword_of_its_level(id_: str, sentence: str, level: Level) -> None:
    keywords = set(re.findall(r"\b(?:MUST|SHOULD|MAY)\b", sentence))
    assert keywords == ({str(level)} if level is not Level.INFO else set())
    assert sentence.endswith(".")
    assert not re.search(r"\. [A-Z]", sentence)
    assert not re.search(r"\bNo\b.*\b(MUST|SHOULD)\b(?! NOT)", sentence), "says MUST NOT of nothing"


@pytest.mark.parametrize("id_", ["events.run-fields", "response.run-fields"])
def test_the_fields_a_run_should_have_are_those_of_its_schema(id_: str) -> None:
    recommended = json.loads(schema_text("derived/RunObject.json"))["x-recommended"]
    assert re.findall(r"`(\w+)`", REQUIREMENTS[id_].sentence) == recommended


def test_sentences_and_ids_are_unique() -> None:
    assert len({row.sentence for row in REQUIREMENTS.values()}) == len(REQUIREMENTS)


def test_what_nobody_can_break_is_excluded_and_nothing_else() -> None:
    for row in REQUIREMENTS.values():
        judged = row.level in {Level.MUST, Level.SHOULD} and row.id not in UNTOLD
        assert (row.excluded is None) == judged, row.id


def test_each_requirement_is_planned_in_some_scenario_or_waits_for_luck() -> None:
    for row in REQUIREMENTS.values():
        planned = any(
            row.needs <= scenario.traits | requires(scenario) | {"state", "key"} | WHOLE
            for scenario in BY_ID.values()
            if scenario.role is row.role
        )
        assert row.excluded or row.luck or (row.needs and planned), row.id


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("done.last", ["done.last"]),
        ("DONE.LAST", ["done.last"]),
        ("ord-done-name", ["done.name"]),
        ("SUB-PARTIAL", ["submission.partial-refused", "submission.partial-error", "submission.still-accepted",
                         "errors.no-server-fault"]),
    ],
)  # fmt: skip
def test_find_takes_both_kinds_of_id(asked: str, found: list[str]) -> None:
    assert [row.id for row in find(asked)] == found


def test_an_unknown_id_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"done\.last"):
        find("done.lst")
    with pytest.raises(UsageError, match="list requirements"):
        find("zzzzzzzz")


ROW = {
    "level": "MUST",
    "role": "server",
    "confidence": "H",
    "sentence": "s",
    "why": "w",
    "contract": ["X"],
    "operations": ["submit"],
    "needs": [],
    "sources": ["json"],
    "evidence": ["e"],
    "added": "2026.11",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"level": "SHALL"}, "level 'SHALL' is not known"),
        ({"needs": ["luck"]}, "needs 'luck' is not known"),
        ({"operations": ["get-run"]}, "operations"),
        ({"evidence": []}, "MUST without"),
        ({"sources": []}, "MUST without"),
        ({"contract": "X"}, "should be a list"),
        ({"colour": "red"}, "unknown column: colour"),
    ],
)
def test_a_slip_in_a_table_is_told(change: dict[str, object], message: str) -> None:
    with pytest.raises(OwnError, match=message):
        list(rows_of("done", {"x": {**ROW, **change}}))


def test_a_missing_column_is_told() -> None:
    with pytest.raises(OwnError, match=r"done\.x has no why"):
        list(rows_of("done", {"x": {name: value for name, value in ROW.items() if name != "why"}}))


def test_an_unknown_citation_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {"sources": {}, **{family: {} for family in FAMILIES}, "done": {"x": ROW}}
    monkeypatch.setattr(requirement_tables, "_table", tables.__getitem__)
    with pytest.raises(OwnError, match=r"done\.x cites 'json'"):
        joined()


def test_a_table_that_is_not_toml_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirement_tables, "contract_text", lambda name: "[")
    with pytest.raises(OwnError, match=r"sources\.toml is not TOML"):
        joined()
