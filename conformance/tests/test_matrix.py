"""Several targets side by side: each in a process of its own, whoever dies is a column that says so."""

from __future__ import annotations

import contextlib
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest

from conformance.cli import main
from conformance.errors import UnreadableInput
from conformance.files import schemas_folder
from conformance.mock.server import Mock
from conformance.report import folder
from conformance.report.column import Column
from conformance.report.matrix import as_json, as_markdown, as_page, rows, worst_code
from conformance.run import matrix
from conformance.tests.canary import KEY
from conformance.tests.commands import CHECKOUT, conformance
from conformance.tests.report.reports import HOSTILE, broken, failing, passing
from conformance.wire.json_schema import own_schema

FAULTS = {
    "drop-done": "done.present",
    "done-twice": "done.once",
    "answer-milliseconds": "response.seconds",
    "answer-lacks-fields": "response.run-fields",
    "messages-not-listed": "surface.messages-after",
}
MARKUP = "<script>alert(1)</script>"


def columns() -> tuple[Column, ...]:
    return (
        Column("good one", "server", "good-one", passing()),
        Column("bad", "server", "bad", replace(failing(), interrupted=None)),
        Column("slip", "client", "slip", broken()),
        Column("away", "gateway", "away", None, f"{MARKUP}{HOSTILE}`|"),
    )


def fits(document: str) -> dict[str, object]:
    schema = json.loads((schemas_folder() / "own/matrix.json").read_text("utf-8"))
    told: dict[str, object] = json.loads(document)
    jsonschema_rs.Draft202012Validator(schema).validate(told)
    return told


def written(folder: Path, text: str) -> Path:
    path = folder / "targets.toml"
    path.write_text(text)
    return path


def test_a_list_names_gateways_whose_command_stands_apart(tmp_path: Path) -> None:
    text = """
        [[gateway]]
        name = "nginx"
        base-url = "http://h/v1"
        listen = "127.0.0.1:9000"
        maps = ["auth", "path"]
        gateway-timeout = 5
        command = ["nginx", "-c", "nginx.conf"]
        group = "reverse proxies"
        [[server]]
        name = "prod"
        base-url = "http://h/v1"
    """
    server, gateway = matrix.entries(written(tmp_path, text))
    assert server.role == "server"
    assert gateway.words == (
        "gateway", "--base-url=http://h/v1", "--listen=127.0.0.1:9000", "--maps=auth", "--maps=path",
        "--gateway-timeout=5",
    )  # fmt: skip
    assert gateway.command == ("--", "nginx", "-c", "nginx.conf")
    assert gateway.facts.group == "reverse proxies"


def test_a_list_names_servers_and_clients(tmp_path: Path) -> None:
    text = """
        [[client]]
        name = "SDK 1.0"
        command = ["python", "driver.py", "--base-url"]
        azure = true
        limit = 60
        [[server]]
        name = "prod"
        base-url = "http://h/v1"
        api-key-env = "PROD_KEY"
        header = ["A: 1", "B: $B"]
        create-streamed = false
        [[server]]
        name = "ours"
        app = "api:app"
    """
    server, own, client = matrix.entries(written(tmp_path, text))
    assert server.words == (
        "server", "--base-url=http://h/v1", "--api-key-env=PROD_KEY", "--header=A: 1", "--header=B: $B",
    )  # fmt: skip
    assert (server.folder, server.limit, server.command) == ("prod", matrix.LIMIT, ())
    assert own.words == ("server", "--app=api:app")
    assert client.words == ("client", "--azure")
    assert (client.folder, client.limit, client.command[:2]) == ("sdk-1.0", 60.0, ("--", "python"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it lists no target"),
        ("[[server]]\nname = 'a'", "[[server]] 1: missing key 'base-url'"),
        ("[[server]]\nname = '../a'\nbase-url = 'http://h'", "[[server]] 1, name must match"),
        ("[[server]]\nname = 'a'\nbase-url = 'http://h'\nkey = 'sk-1'", "[[server]] 1: unknown key 'key'"),
        ("[[server]]\nname = 'a'\nbase_url = 'http://h'", "Did you mean base-url"),
        ("[[server]]\nname = 'a'\nbase_url = 'http://h'", "Keys of [[server]]: name, limit, version, "),
        ("[[gateway]]\nname = 'a'\nbase-url = 'http://h'", "[[gateway]] 1: missing key 'command'"),
        ("[servers]\nname = 'a'", "unknown table 'servers'"),
        ("server = 1", "server must be of type array"),
        ("[[server]]\nname = 'a'\nbase-url = 'http://h'\napi-key-env = 'sk-1'", "api-key-env must match"),
        ("[[client]]\nname = 'a'\ncommand = 'true'", "[[client]] 1, command must be of type array"),
        (
            "".join(f"[[client]]\nname = '{name}'\ncommand = ['x']\n" for name in ("a b", "A-b")),
            "two targets are named",
        ),
        ("[[server", "this is not TOML"),
        ("[[server]]\nname = 07:32:00\nbase-url = 'http://h'", "[[server]] 1, name must match"),
        ("[[client]]\nname = 'a'\ncommand = [\"\\u0000\"]", "[[client]] 1, command/0 must match"),
        ("[[server]]\nname = 'Matrix.HTML'\nbase-url = 'http://h'", "/server/0/name is the name of the overview"),
        ("a." * 22_000 + "a = 1", "line 1: a key has more than 8 names"),
        ("x = " + "[" * 20 + "]" * 20, "inside one another"),
    ],
)
def test_a_list_that_is_none_says_where(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match=re.escape(message)):
        matrix.entries(written(tmp_path, text))


def test_all_forms_tell_the_same_and_the_worst_counts() -> None:
    document = fits(as_json(columns()))
    assert document["exit_code"] == worst_code(columns()) == 3
    told = {row.requirement.id: row.words for row in rows(columns())}
    assert told["done.last"] == ("pass", "fail", "error", "-")
    assert told["events.usage"] == ("-", "warn", "-", "-")
    table = as_markdown(columns())
    assert "| `done.last` MUST | pass | fail | error | - |" in table
    page = as_page(columns())
    for text in (table, page):
        assert not {"\x1b", "\u202e", "\x07", "\ud800"} & set(text)
    assert MARKUP not in page
    assert page.count("<script>") == 1
    assert 'href="good-one/' in page


def test_the_worst_goes_by_the_order_of_exit_codes() -> None:
    def ended(*codes: int) -> int:
        return worst_code([Column("x", "server", "x", None, "y", code) for code in codes])

    assert ended(0, 5, 2, 1, 3) == 3
    assert ended(0, 6, 5, 2, 1) == 1
    assert (ended(6, 5, 2), ended(6, 5, 0), ended(6, 0), ended(0)) == (2, 5, 6, 0)


def test_whoever_cannot_be_judged_is_a_column_that_says_why(tmp_path: Path) -> None:
    text = """
        [[server]]
        name = "away"
        base-url = "http://127.0.0.1:9/v1"
        [[server]]
        name = "no key"
        base-url = "http://127.0.0.1:9/v1"
        api-key-env = "NOBODY_SET_THIS"
        [[client]]
        name = "slow"
        command = ["sleep", "60"]
        scenario = ["plain-one-call"]
        limit = 4
    """
    listed = matrix.entries(written(tmp_path, text))
    told: list[str] = []
    found = matrix.judged(listed, tmp_path / "out", 3, os.environ, lambda column: told.append(column.name))
    assert sorted(told) == ["away", "no key", "slow"]
    away, no_key, slow = found
    assert "nothing answers at http://127.0.0.1:9" in str(away.reason)
    assert not away.results()
    assert (no_key.word, no_key.reason, no_key.exit_code) == ("NO REPORT", "the environment has no NOBODY_SET_THIS", 5)
    assert slow.reason == "it was ended after 4 seconds"
    assert worst_code(found) in (2, 5)  # by whether the slow one had begun to judge when it was ended
    fits(as_json(found))


def test_what_an_installer_prints_shows_no_secret_and_commands_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PGPASSWORD", "Zq83kfLw92Xy")
    row = written(
        tmp_path,
        """
        [[server]]
        name = "away"
        base-url = "http://127.0.0.1:9/v1"
        environment = "away"
        install = ["echo \\"::error::$PGPASSWORD\\"; exit 1 # --index-url https://me:hunter2pass@h/simple"]
        """,
    )
    words = ["matrix", str(row), "--work", str(tmp_path / "work"), "--out", str(tmp_path / "out\n::error::y")]
    assert main(words) == 5
    said = capsys.readouterr()
    assert not [line for line in (said.out + said.err).splitlines() if line.startswith("::")]
    shown = ("matrix.html", "matrix.json", "matrix.md", "install.log")
    texts = {path.name: path.read_text() for path in tmp_path.rglob("*") if path.name in shown}
    assert texts.keys() == {*shown}
    for text in (said.out, said.err, *texts.values()):
        assert "Zq83kfLw92Xy" not in text
        assert "hunter2pass" not in text


def test_no_report_is_lost_by_an_input_that_cannot_be_read_or_by_judging_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(matrix, "judged", lambda *_, **__: ())
    written(tmp_path, '[[client]]\nname = "another"\ncommand = ["true"]')
    folder.write_anew(passing(), "out/one")
    folder.begin(Path("out"), matrix.OVERVIEW, kept=["one"])
    report = Path("out/one/report.json")
    judging = ["matrix", "targets.toml", "--out", "out"]
    for words in (
        ["matrix", "nowhere.toml", "--out", "out"],
        [*judging, "--add", "x@1=nowhere.json"],
        [*judging, "--readings", "nowhere.toml"],
        [*judging, "--collect", "nowhere"],
        [*judging, "--only", "anoter"],
    ):
        assert main(words) == 4
        assert report.exists()
    assert main([*judging, "--collect", "out"]) == 5
    assert report.exists(), "that no list names it now takes nothing away"
    monkeypatch.setattr(matrix, "judged", lambda listed, *_, **__: [each.column(None, "away") for each in listed])
    assert main([*judging, "--only", "another"]) == 5
    assert report.exists()
    assert main(judging) == 5
    assert not report.exists(), "a run of everything shows nothing from before"


def test_five_faults_on_five_sockets_are_five_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = matrix.entries
    few = ("-k", "stream-one-call or json-one-call")  # a list has no word for that, and whole runs take long
    monkeypatch.setattr(matrix, "entries", lambda path: [replace(e, words=(*e.words, *few)) for e in entries(path)])
    with contextlib.ExitStack() as stack:
        mocks = {name: stack.enter_context(Mock(KEY, fault=name)) for name in FAULTS}
        mocks["reference"] = stack.enter_context(Mock(KEY))
        lines = (
            f'[[server]]\nname = "{name}"\nbase-url = "{mock.base_url}"\napi-key-env = "MATRIX_KEY"'
            for name, mock in mocks.items()
        )
        written(tmp_path, "\n".join(lines))
        done = conformance("matrix", "targets.toml", "--out", "out", "--jobs", "2", cwd=tmp_path, MATRIX_KEY=KEY)
    assert done.returncode == 1, done.stdout + done.stderr
    document = fits((tmp_path / "out/matrix.json").read_text("utf-8"))
    cells = {row["id"]: row["cells"] for row in document["requirements"]}  # type: ignore[attr-defined]
    for fault, requirement in FAULTS.items():
        assert cells[requirement][fault] in ("fail", "warn"), fault
        assert cells[requirement]["reference"] == "pass"
        others = {name for name in FAULTS if cells[requirement][name] in ("fail", "warn")}
        assert others == {fault}
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or KEY not in path.read_text("utf-8")
    assert KEY not in done.stdout + done.stderr


def test_every_key_is_named_in_the_docs() -> None:
    tables = own_schema("targets")["properties"]
    page = (CHECKOUT / "docs" / "reports.md").read_text()
    for role, table in tables.items():
        (row,) = re.findall(rf"^\| `\[\[{role}\]\]` \| (.*) \|$", page, re.MULTILINE)
        assert set(re.findall(r"`([a-z-]+)`", row)) == set(table["items"]["properties"])
