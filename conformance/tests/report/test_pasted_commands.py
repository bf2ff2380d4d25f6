"""Every command that a report prints, in any form, is there whole and does what it says when it is pasted."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conformance.commands.parser import parsed
from conformance.mock.server import Mock
from conformance.model import Report
from conformance.report.style import Style
from conformance.report.text import text
from conformance.report.writers import WRITERS
from conformance.tests.commands import conformance
from conformance.tests.report.reports import broken, failing, passing

KEY = "a-key-of-the-test"

#: A line that shows a command in text.
_LABELLED = re.compile(r"^  (?:repeat|or|next|play|prove) +(?=conformance|curl|pytest)(.+)$", re.MULTILINE)

#: A command that takes a line by itself, or all of an element of a page.
_ALONE = re.compile(r"^(conformance [a-z].+)$", re.MULTILINE)
_ELEMENT = re.compile(r"<(?:code|pre)\b[^>]*>(conformance [a-z][^<]*)</", re.MULTILINE)

#: A command in the middle of a line of Markdown, or of a message.
_INLINE = re.compile(r"To see it again: `*(conformance [^`\n]+)`*")

#: What stands in the place of a value that its reader would have to make up.
_PLACEHOLDER = re.compile(r"\b(DIR|FILE|PATH|ID|URL)\b|…")


_ROW = "[[failure]]\nrequirement = 'done.last'\nscenario = 'stream-one-call'\nreason = 'none'\n"


def printed(name: str, content: str) -> set[str]:
    """Every command of ours in one form of a report."""
    if name.endswith(".json") or name.endswith(".sarif"):
        texts = list(_strings(json.loads(content)))
    elif name.endswith(".xml"):
        nodes = ElementTree.fromstring(content).iter()
        texts = [text for node in nodes for text in (node.text or "", *node.attrib.values())]
    elif name.endswith(".html"):
        return {unescape(command).strip() for command in _ELEMENT.findall(content)}
    elif name == "annotations.txt":
        texts = [content.replace("%0A", "\n").replace("%25", "%")]
    else:
        texts = [content]
    found = (pattern.findall(text) for text in texts if text for pattern in (_LABELLED, _ALONE, _INLINE))
    return {command.strip() for commands in found for command in commands if command.startswith("conformance ")}


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(each)


def kept(folder: Path) -> Iterator[tuple[str, set[str]]]:
    """Every form of a kept report with its commands."""
    for writer in WRITERS.values():
        path = folder / writer.file
        if path.exists():
            yield path.name, printed(path.name, path.read_text("utf-8"))


def paste(command: str, folder: Path) -> int:
    """What comes of a command, in the folder where whoever read it stands."""
    assert not _PLACEHOLDER.search(command), command
    program, *words = shlex.split(command)
    assert program == "conformance"
    if words[0] == "mock" or (words[0] == "server" and "-k" not in words):  # until it is interrupted; every scenario
        parsed(words)
        return 0
    return conformance(*words, cwd=folder, MY_KEY=KEY, X_TENANT="t").returncode


@pytest.fixture
def lying() -> Iterator[Mock]:
    with Mock(KEY, fault="error-as-text,drop-done") as mock:
        yield mock


def test_every_command_about_a_server_works(lying: Mock, tmp_path: Path) -> None:
    judged = conformance(
        "server", f"--base-url={lying.base_url}", "--api-key-env=MY_KEY", "--header=X-Tenant: t", "--strict",
        "--requirements=2026.11", "-k", "unknown-run or (stream-one-call and done)", "--out=a folder",
        cwd=tmp_path, MY_KEY=KEY, COLUMNS="60",
    )  # fmt: skip
    assert judged.returncode == 1, judged.stderr
    forms = {"standard output": printed("", judged.stdout), **dict(kept(tmp_path / "a folder"))}
    silent = {name for name, commands in forms.items() if not commands}
    assert silent <= {WRITERS["badge"].file}, silent
    done: dict[tuple[str, bool], int] = {}
    for name, commands in forms.items():
        inside = name != "standard output"
        for command in commands:
            if (command, inside) not in done:
                done[command, inside] = paste(command, tmp_path / "a folder" if inside else tmp_path)
    whole = [command for command, _ in done if command.startswith("conformance server") and " -k " not in command]
    again = [command for command, _ in done if re.search(r" (server .* -k|judge) ", command)]
    assert len(again) > 3 and whole
    for (command, _), code in done.items():
        expected = 0 if command.startswith("conformance explain") else 1
        if command not in whole:
            assert code == expected, f"{command} ended with {code}"
    assert all("--strict" in command and "--requirements=2026.11" in command for command in whole)


def test_every_command_about_a_client_works(tmp_path: Path) -> None:
    client = (sys.executable, "-m", "conformance.mock.client", "--habit", "first-output-only")
    judged = conformance("client", "-k", "plain-three-calls", "--out=out", "--", *client, cwd=tmp_path)
    assert judged.returncode == 1, judged.stderr
    commands = printed("", judged.stdout)
    for name, those in kept(tmp_path / "out"):
        commands |= {command for command in those if "repro/" not in command or name == "report.txt"}
    again = [command for command in commands if command.startswith("conformance client") and " -k " in command]
    assert again
    for command in again:
        assert paste(command, tmp_path) == 1, command
    for command in (each for each in commands if each.startswith("conformance explain")):
        assert paste(command, tmp_path) == 0, command


def test_every_command_about_recordings_works(tmp_path: Path) -> None:
    named = tmp_path / "it's a recording.sse"
    named.write_text("event: thread.run.completed\ndata: {}\n\n")
    judged = conformance(
        "judge", "--role=server", "--operation=submit", "--strict", named.name, cwd=tmp_path, COLUMNS="60"
    )
    assert judged.returncode == 1
    commands = printed("", judged.stdout)
    assert len(commands) > 2
    for command in commands:
        assert paste(command, tmp_path) == (0 if "explain" in command else 1), command
        assert "explain" in command or "--role=server --operation=submit --strict" in command


@pytest.mark.parametrize(
    ("words", "code", "following"),
    [
        ((), 0, "conformance server -k json-one-call --out conformance-report"),
        (("--max-requests=9",), 5, "conformance server --max-requests=9 -k json-one-call -v"),
        (("--out=x",), 0, None),
        (("--shard=1/1",), 0, "conformance server -k json-one-call --shard 1/1 --out conformance-report"),
    ],
)
def test_the_next_command_keeps_what_was_selected(
    words: tuple[str, ...], code: int, following: str | None, tmp_path: Path
) -> None:
    done = conformance("server", "-k", "json-one-call", *words, cwd=tmp_path)
    assert done.returncode == code
    found = [line.split(maxsplit=1)[1] for line in done.stdout.splitlines() if line.startswith("  next ")]
    assert found == ([] if following is None else [following])
    for command in found:
        assert paste(command, tmp_path) == code


def test_an_outdated_list_is_updated_by_the_next_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / "known.toml").write_text(_ROW)
    words = ("server", "-k", "stream-one-call:done", "--known-failures=known.toml")
    done = conformance(*words, cwd=tmp_path)
    (command,) = [line.split(maxsplit=1)[1] for line in done.stdout.splitlines() if line.startswith("  next ")]
    assert done.returncode == 6, done.stdout + done.stderr
    assert paste(command, tmp_path) == 0
    assert "done.last" not in (tmp_path / "known.toml").read_text()


@pytest.mark.parametrize("made", [passing, failing, broken])
@pytest.mark.parametrize("again", ["conformance mock --scenario streamed-crlf", "pytest 'test_x.py::test[a b]'"])
def test_a_command_that_takes_no_more_words_is_repeated_as_it_is(made: Callable[[], Report], again: str) -> None:
    shown = text(replace(made(), again=again), Style(width=60))
    commands = [command for command in _LABELLED.findall(shown) if not command.startswith("conformance explain")]
    assert set(commands) <= {again}
    assert commands or made is passing
    if again.startswith("conformance"):
        parsed(shlex.split(again)[1:])


def test_where_nothing_repeats_a_run_no_command_is_printed() -> None:
    shown = text(replace(failing(), again=""), Style(width=60))
    assert "  repeat " not in shown
    assert _LABELLED.findall(shown) == ["conformance explain done.last"]
