"""What `--help` shows of each command, what a wrong word is answered with, and what is completed."""

from __future__ import annotations

import argparse
import re
import shlex
import tomllib
from importlib import import_module
from importlib.util import find_spec

import pytest

from conformance.cli import main
from conformance.commands.parser import COMMANDS, Parser, parsed, whole
from conformance.errors import UsageError
from conformance.run import extras, options
from conformance.targets import drivers, settings
from conformance.targets.served import STARTING
from conformance.tests.commands import CHECKOUT, conformance


def command(name: str) -> argparse.ArgumentParser:
    (commands,) = [action for action in whole()._actions if isinstance(action, argparse._SubParsersAction)]
    found = commands.choices[name]
    assert isinstance(found, Parser)
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_shows_two_examples_that_work_and_its_page(name: str) -> None:
    module = import_module(f"conformance.commands.{name}")
    assert len(module.EXAMPLES) >= 2
    shown = command(name).format_help()
    for example in module.EXAMPLES:
        assert f"\n  {example}\n" in shown
        words = shlex.split(example.partition(" > ")[0].rpartition(" | ")[2])
        assert words[:2] == ["conformance", name]
        parsed(words[1:])
    assert f"Documentation: {module.DOCS}" in shown
    assert (CHECKOUT / module.DOCS).is_file()


def test_the_options_of_a_server_stand_in_groups() -> None:
    shown = [group.title or "" for group in command("server")._action_groups if group._group_actions]
    assert [title.partition(",")[0] for title in shown][1:] == list(options.GROUPS)


def test_every_default_is_named() -> None:
    """An option that stores a value says what holds without it; one that must be given, or adds up, has no default."""
    for name in COMMANDS:
        for action in command(name)._actions:
            stores = isinstance(action, argparse._StoreAction) and action.option_strings and not action.required
            alone = action.dest in ("assistant", "instructions", "serve", "spec")
            assert not stores or alone or "default" in str(action.help), f"{name} {action.option_strings}"
            if stores and action.default:
                said = f"{action.default:g}" if isinstance(action.default, float) else str(action.default)
                assert f"(default: {said}" in str(action.help)


def test_the_defaults_that_are_named_are_those_that_hold() -> None:
    named = {option.name: option.help for option in options.ALL}
    assert f"(default: {settings.TIMEOUT:g})" in named["timeout"]
    assert f"(default: {settings.MODEL})" in named["model"]
    assert f"with --serve or --app: {STARTING:g})" in named["wait"]
    assert f"(default: {settings.Settings('http://h/v1').provision})" in named["provision"]
    assert all(f"{kind} " in named["provision"] for kind in settings.KINDS)
    assert options.BASELINES in named["baseline"]
    assert f"(default: {drivers.TIMEOUT:g})" in command("client").format_help()


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (["servr"], "Did you mean server?"),
        (["server", "--bas-url", "x"], "Did you mean --base-url"),
        (["server", "--base_url=x"], "Did you mean --base-url"),
        (["judge", "x", "--role", "sever"], "Did you mean server?"),
        (["server", "--format", "jsn"], "Did you mean json?"),
        (["list", "scenario"], "Did you mean scenarios?"),
        (["list", "faults", "-k", "drop-dome"], "Did you mean drop-done?"),
        (["server", "-k", "stream-one-cal:done.lasst"], "Did you mean done.last"),
        (["server", "-k", "straem-one-call"], "Did you mean stream-one-call"),
        (
            ["server", "-k", "outcome.truncated"],
            "outcome.truncated is about clients, which `conformance client` judges",
        ),
        (["client", "-k", "streamed-clrf", "--", "true"], "Did you mean streamed-crlf"),
        (["client", "--scenario", "streamed-clrf", "--", "true"], "Did you mean streamed-crlf"),
        (["mock", "--scenario", "streamed-clrf"], "Did you mean streamed-crlf"),
        (["mock", "--scenario", "relay-paced"], "`conformance explain relay-paced` shows the command that plays it"),
        (["server", "http://127.0.0.1:8000/v1"], "Did you mean --base-url http://127.0.0.1:8000/v1?"),
        (["--format", "json", "server"], "`conformance COMMAND --format …`"),
        (["--verison"], "Did you mean --version?"),
        (["record", "--out", "x", "-k", "straem-one-call"], "Did you mean stream-one-call"),
        (["judge", str(CHECKOUT / "cassettes/documented"), "-k", "done.lasst"], "Did you mean done.last"),
        (["prove", "-k", "drop-dome"], "Did you mean drop-done"),
        (["explain", "done.lasst"], "Did you mean done.last"),
    ],
    ids=" ".join,
)
def test_the_nearest_name_is_asked_for(words: list[str], question: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) in (4, 5)
    assert question in capsys.readouterr().err


def test_a_word_too_many_is_shown() -> None:
    with pytest.raises(UsageError, match="unexpected argument 'more'"):
        parsed(["explain", "done.last", "more"])


@pytest.mark.skipif(find_spec("shtab") is None, reason="shtab is not installed")
@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_a_shell_completes_commands_options_and_values(shell: str) -> None:
    done = conformance("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("server", "completion", "--base-url", "markdown", "variations"):
        assert word.lstrip("-") in done.stdout


def test_without_shtab_the_command_that_installs_it_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    assert main(["completion", "bash"]) == 4
    assert "pip install 'shtab" in capsys.readouterr().err


@pytest.mark.parametrize("extra", ["baseline", "completion", "fuzz", "xdist"])
def test_what_an_extra_installs_is_what_the_project_says(extra: str) -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    named = [name.partition(">")[0] for name in project["optional-dependencies"][extra]]
    assert sorted(re.split(r"[<>=]", name)[0] for name in extras.packages_of(extra)) == sorted(named)
