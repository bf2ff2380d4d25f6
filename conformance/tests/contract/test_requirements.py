"""The requirements are complete, well-formed and current."""

from __future__ import annotations

import json
import re
import tomllib
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
from conformance.run.public import known
from conformance.tests.contract.catalogue import LEVELS

CHECKOUT = Path(__file__).parents[3]

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


#: A repository at a commit, or at what is known of one.
PINNED = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+/(?:tree|blob)/(?P<commit>[0-9a-f]{7,40})(?:/.*)?(?:#L\d+)?")

#: Works of which only the beginning of the commit is known.
SHORT = {"openapi", "open-assistant-api", "astra"}


def test_every_repository_is_cited_at_a_commit() -> None:
    works = tomllib.loads(contract_text("requirements/sources.toml"))
    hosted = {name: row["url"] for name, row in works.items() if "//github.com/" in row["url"] and row["kind"] != "sdk"}
    commits = {name: pinned["commit"] for name, url in hosted.items() if (pinned := PINNED.fullmatch(url))}
    assert commits.keys() == hosted.keys()
    assert {name for name, commit in commits.items() if len(commit) < 40} == SHORT


def test_requirements_cite_the_public_recordings_that_show_them() -> None:
    cited = {source["url"] for row in json.loads(contract_text("requirements.json")) for source in row["sources"]}
    for row in known():
        url = f"https://github.com/{row.repository}/blob/{row.commit}/{row.path}"
        assert (url in cited) == (row.verdict != "nothing"), url


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
