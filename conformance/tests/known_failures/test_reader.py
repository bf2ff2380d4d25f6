"""A list of known failures is read strictly, and what is off in it is told by the number of its row."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from conformance.contract.data import schema_text
from conformance.errors import UnreadableInput
from conformance.model import KnownFailure
from conformance.run.known_failures.reader import read, rows

ROW = '[[failure]]\nrequirement = "done.last"\nreason = "a proxy"\n'


def test_every_column_is_read() -> None:
    text = """
        [[failure]]
        requirement = "done.last"
        scenarios = ["stream-one-call", "stream-three-calls"]
        target = { kind = "http", model = ["small", "large"] }
        reason = "a proxy"
        link = "https://example.org/12"
        expires = 2026-12-31
        fingerprints = ["0123456789ab"]

        [[failure]]
        requirement = "done.once"
        scenario = "stream-one-call"
        reason = "another proxy"
        expires = "2027-01-01"
    """
    whole = KnownFailure(
        "done.last",
        "a proxy",
        ("stream-one-call", "stream-three-calls"),
        {"kind": ("http",), "model": ("small", "large")},
        "https://example.org/12",
        "2026-12-31",
        ("0123456789ab",),
    )
    assert rows(text, "f") == (
        whole,
        KnownFailure("done.once", "another proxy", ("stream-one-call",), expires="2027-01-01"),
    )
    assert rows("# none yet\n", "f") == ()


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("x =", "f.toml: this is not TOML", "[[failure]]"),
        ("failures = 1", "'failures' was unexpected", "[[failure]]"),
        ("failure = [1]", "row 1: 1 is not of type", "known-failures.json"),
        (ROW + '[[failure]]\nrequirement = "done.once"\n', 'row 2 (done.once): "reason" is a required', "Say why"),
        (ROW + 'reson = "x"\n', "row 1 (done.last): ", "Did you mean reason?"),
        (ROW + 'zzz = "x"\n', "'zzz' was unexpected", "There is: requirement, scenario"),
        (ROW.replace("a proxy", " "), "row 1 (done.last): reason", "Say why"),
        (ROW + "expires = 2026-12-31T00:00:00\n", "expires: ", "expires = 2026-12-31"),
        (ROW + 'expires = "2026-02-30"\n', "expires: ", "expires = 2026-12-31"),
        (ROW + 'scenario = "a"\nscenarios = ["a"]\n', "it has both scenario and scenarios", "known-failures.json"),
        (ROW + "scenarios = []\n", "scenarios: ", "known-failures.json"),
        ("a." * 22_000 + "a = 1", "line 1: a key has more than 8 names", "known-failures.json"),
        (ROW + "expires = 07:32:00\n", "expires: ", "expires = 2026-12-31"),
        (ROW + 'fingerprints = ["x"]\n', "fingerprints.0: ", "twelve hexadecimal digits"),
        (ROW + 'target = { nme = "x" }\n', "target: ", "base_url"),
        (ROW + 'link = "javascript:alert(1)"\n', "link: ", "https://"),
    ],
)
def test_what_is_off_is_told_with_its_row_and_what_to_do(text: str, said: str, hint: str) -> None:
    with pytest.raises(UnreadableInput) as refused:
        rows(text, "f.toml")
    assert refused.value.message.startswith("f.toml: ")
    assert said in refused.value.message
    assert hint in str(refused.value.hint)
    assert refused.value.exit_code == 4


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="cannot read"):
        read(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(UnreadableInput, match="byte 5 is not UTF-8"):
        read(tmp_path / "latin.toml")


def test_the_schema_says_what_every_column_is_for() -> None:
    schema = json.loads(schema_text("own/known-failures.json"))
    jsonschema_rs.meta.validate(schema)
    columns = schema["$defs"]["failure"]["properties"]
    assert [name for name, column in columns.items() if not column.get("description") and name != "requirement"] == []
