"""Every command that README and docs/ show is run on a desk of its own, and what they show of its output is compared.

A block of the kind `console` holds commands behind `$ `, and below each what it prints: `…` stands for anything, at the
end of a line for its rest, on a line of its own for any lines. Paragraphs that end in a file's name and a colon say
that the block below is that file: it is written, or joined to the file that is there.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from conformance.cli import main
from conformance.commands.parser import COMMANDS
from conformance.mock.server import Mock
from conformance.run import options
from conformance.tests.commands import CHECKOUT, PATIENCE, at_once, environment

PAGES = (
    "README.md", "docs/README.md", "docs/servers.md", "docs/clients.md", "docs/proxy.md", "docs/gateways.md",
    "docs/recordings.md",
    "docs/reports.md", "docs/ci.md", "docs/disputes.md", "docs/contributing.md", "docs/fuzzing.md", "docs/findings.md",
    "docs/mutation.md", "docs/security.md", "docs/results.md", "cassettes/README.md",
)  # fmt: skip

#: Commands that end otherwise than with 0, and how.
CODES = {
    ("README.md", "conformance server --base-url http://127.0.0.1:8765/v1"): 1,
    (
        "docs/reports.md",
        "conformance server --base-url http://127.0.0.1:8765/v1 -k 'stream-one-call or stream-three-calls'"
        " --out report",
    ): 1,
    ("docs/reports.md", "conformance server --base-url=http://127.0.0.1:8765/v1 -k 'stream-one-call:done.last'"): 1,
    ("docs/reports.md", "conformance judge report/repro/done.last.jsonl -k done.last"): 1,
    ("docs/reports.md", "conformance judge report/repro/done.last.jsonl --format json > lines.jsonl"): 1,
    ("docs/reports.md", "conformance compare before/report.json report/report.json"): 1,
    ("docs/reports.md", "conformance matrix targets.toml --out matrix"): 1,
    ("cassettes/README.md", "conformance judge cassettes/documented"): 1,
    ("docs/recordings.md", "conformance verify recordings/stream-one-call.jsonl"): 1,
    (
        "docs/proxy.md",
        "conformance proxy --upstream http://127.0.0.1:8765/v1 --out report -- python my_application.py",
    ): 1,
    ("docs/proxy.md", "conformance judge report/cassettes -k content.message-text"): 1,
    ("docs/servers.md", "conformance server --base-url http://127.0.0.1:8765/v1 -k stream-one-call --out report"): 1,
}

_BY_MAKE = "it takes minutes, and runs these tests"
_BY_PIP = "it needs what no test installs: test_packaging.py and test_action.py install the suite"
_BY_DRIVERS = "it needs the packages of clients: test_drivers.py runs what they do"
_BY_ONE = "it plays seventy scenarios one by one: test_plugin.py plays some of them"
_BY_GUARD = "it takes minutes and looks at commits: tests/guard has tests of its own"
_BY_FAULTS = "its application is written further down the page, and run against a server with faults"
_BY_OWNER = "it needs an application of its reader: test_application.py serves some"
_BY_ENGINE = "it needs an engine for containers: test_packaging.py runs the commands of the image"


#: Commands that are not run here, and why.
UNRUN = {
    "make check": _BY_MAKE,
    "make test": _BY_MAKE,
    "make test-real": _BY_MAKE,
    "make bench": _BY_MAKE,
    "make docs": "it writes what other tests compare: test_makefile.py says what",
    "docker build --tag conformance .": _BY_ENGINE,
    'docker run --rm --network host --user "$(id -u)" --volume "$PWD:/work" conformance server'
    " --base-url http://127.0.0.1:8000/v1 --out report": _BY_ENGINE,
    "pip install 'submit-tool-outputs-conformance[fuzz]'": _BY_PIP,
    "sh docs/recipes/shell.sh http://127.0.0.1:8000/v1": "it installs the suite: test_recipes.py does",
    "pytest --pyargs conformance.suite --conformance-base-url https://api.example.org/v1 -d --tx ssh=one.example.org"
    " --tx ssh=two.example.org": "it needs two more machines",
    "python -m venv drivers-venv && drivers-venv/bin/pip install -r docs/drivers/requirements.txt": _BY_DRIVERS,
    "(cd docs/drivers && npm ci)": _BY_DRIVERS,
    "pytest --pyargs conformance.suite.test_fuzz --conformance-base-url http://127.0.0.1:8000/v1"
    " --conformance-fuzz 2000": "two thousand bodies take minutes: test_fuzz.py sends fewer",
    "pytest --pyargs conformance.suite --conformance-client 'python my_program.py'": _BY_ONE,
    "python -m conformance.tests.mutation --most 1600 --out mutants.jsonl": "it takes hours",
    "python -m conformance.tests.mutation --again mutants.jsonl": "it takes hours",
    "python -m conformance.tests.guard main --out before": _BY_GUARD,
    "python -m conformance.tests.guard HEAD --out after --inputs before/inputs": _BY_GUARD,
    "python -m conformance.tests.guard compare before after": _BY_GUARD,
    "conformance server --base-url http://127.0.0.1:8090/v1 --serve 'conformance mock --port 8090'"
    " -k stream-one-call": "it needs the port that it names: test_awaited.py and test_recipes.py start servers",
    "conformance proxy --upstream http://127.0.0.1:8000/v1 -- python my_application.py": _BY_FAULTS,
    "conformance matrix targets.toml --out matrix --add 'my server@1.2.0=report/report.json'": "see test_results.py",
    "conformance server --base-url http://127.0.0.1:8000/v1 --out report": "a whole run; others are played in parts",
    **dict.fromkeys(
        (
            "conformance matrix targets.toml --out matrix --known-failures known-failures.toml --update-known-failures",
            "conformance matrix targets.toml --out matrix --known-failures known-failures.toml",
            "conformance matrix docs/results/targets.toml --collect docs/results --out .results/known"
            " --readings docs/results/readings.toml --known-failures docs/drivers/known-failures.toml"
            " --update-known-failures",
        ),
        "see known_failures/test_columns.py",
    ),
    "conformance gateway --base-url http://127.0.0.1:8080/v1"
    " -- python -m conformance.relay --port 8080": "it plays all: test_cli_gateway.py plays some",
    "conformance server --app my_package.api:app -k stream-one-call": _BY_OWNER,
    "conformance server --base-url http://127.0.0.1:8080/v1 --serve 'node serve.mjs' -k stream-one-call": _BY_OWNER,
    "conformance mock --scenario streamed-crlf": "it waits for Ctrl-C: test_cli_client.py presses it",
}

#: Where pages say that your server is, and where they start one that lies.
YOURS, LYING = "127.0.0.1:8000", "8765"

_FENCE = re.compile(r"(?P<before>[^\n]*)\n\n?(?P<pad> *)```(?P<kind>[a-z]*)\n(?P<text>.*?)\n(?P=pad)```", re.DOTALL)
#: Our command with words that a shell only takes apart: its process adds nothing, unless the desk has code of its own.
_COMMAND = re.compile(r"conformance [^|;&<>$`(*~]+")
_NUMBER = re.compile(r"\d+")

#: What a long run says every half minute: a busy machine prints it where another does not.
_PROGRESS = re.compile(r"^conformance: \d+/\d+ scenarios · .*\n", re.MULTILINE)
_FILE = re.compile(r"`(?P<name>[\w./-]+)`:$")


class Command(NamedTuple):
    """One command, and the lines that are shown below it."""

    words: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    kind: str
    text: str
    #: The file it is, where the paragraph before it says so.
    file: str

    def commands(self) -> Iterator[Command]:
        """What is to be typed, in order."""
        parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)
        assert not parts[0].strip(), f"a console begins with a command: {self.text[:60]}"
        for part in parts[1:]:
            words, *shown = re.sub(r" *\\\n *", " ", part).rstrip("\n").split("\n")
            yield Command(words, tuple(shown))


def blocks(page: str) -> list[Block]:
    text = (CHECKOUT / page).read_text()
    found = []
    for match in _FENCE.finditer(text):
        named = _FILE.search(match["before"])
        lines = match["text"].split("\n")
        content = "\n".join(line.removeprefix(match["pad"]) for line in lines)
        found.append(Block(match["kind"], content, named["name"] if named else ""))
    assert len(found) == text.count("```") // 2
    return found


def commands(page: str) -> list[Command]:
    return [command for block in blocks(page) if block.kind == "console" for command in block.commands()]


class Desk:
    """A folder that looks like a checkout, with a server of its owner and the programs on the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "desk"
        left_out = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", "node_modules", "dist", "build")
        shutil.copytree(CHECKOUT, self.folder, ignore=left_out, symlinks=True)
        programs = self.folder / ".venv" / "bin"
        programs.mkdir(parents=True)
        modules = {"conformance": "-m conformance", "pytest": "-m pytest -p no:cacheprovider", "python": ""}
        for name, module in modules.items():
            (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {module} "$@"\n')
            (programs / name).chmod(0o755)
        for name in ("ready-to-run", "ready-to-test"):
            (programs.parent / name).touch()
        (self.folder / "my_program.py").write_text(
            "from runpy import run_module\nrun_module('conformance.mock.client', run_name='__main__')\n"
        )
        self._environment = environment(
            PATH=f"{programs}{os.pathsep}{os.environ['PATH']}", PYTHONPATH=str(self.folder), COLUMNS="100"
        )
        self._environment.pop("CI", None)
        self._changed = False
        self._behind: list[subprocess.Popen[bytes]] = []
        self._mock = Mock(port=four_digits())
        self.ports = {YOURS: self._mock.base_url.removeprefix("http://").removesuffix("/v1")}

    def close(self) -> None:
        self._stop()
        self._mock.close()

    def _stop(self) -> None:
        while self._behind:
            each = self._behind.pop()
            os.killpg(each.pid, signal.SIGTERM)
            each.wait(PATIENCE)

    def _meant(self, text: str) -> str:
        for shown, real in self.ports.items():
            text = text.replace(shown, real)
        return text

    def _shown(self, text: str) -> str:
        for shown, real in self.ports.items():
            text = text.replace(real, shown)
        return _PROGRESS.sub("", text.replace(str(self.folder), ""))

    def keep(self, block: Block) -> None:
        """Write the file that a block is, or add to the one that is there."""
        path = self.folder / block.file
        before = f"{path.read_text()}\n\n" if path.exists() else ""
        self._changed = self._changed or path.is_relative_to(self.folder / "conformance")
        path.write_text(f"{before}{self._meant(block.text)}\n")

    def type(self, words: str) -> tuple[int, str]:
        """Type a command, and return its exit code and what it printed."""
        if words.endswith(" &"):
            self._start(words.removesuffix(" &"))
            return 0, ""
        if not self._changed and _COMMAND.fullmatch(words):
            code, printed = at_once(shlex.split(self._meant(words))[1:], self.folder, self._environment)
            return code, self._shown(printed)
        done = subprocess.run(
            ["bash", "-c", self._meant(words)], cwd=self.folder, env=self._environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, check=False,
        )  # fmt: skip
        return done.returncode, self._shown(done.stdout.decode())

    def _start(self, words: str) -> None:
        """Start the server that lies, in the place of the one before."""
        self._stop()
        self.ports[LYING] = str(four_digits())
        started = subprocess.Popen(
            ["bash", "-c", f"exec {self._meant(words)}"], cwd=self.folder, env=self._environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self._behind.append(started)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(self.ports[LYING]))) == 0:
                    return
            time.sleep(0.05)
        pytest.fail(f"nothing listens after {PATIENCE} s: {words}")


def four_digits() -> int:
    """A free port as long as those that are shown, so that lines break where they are shown to."""
    for port in range(8100 + os.getpid() % 800, 10_000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    pytest.fail("no port of four digits is free")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


def pattern(shown: tuple[str, ...]) -> re.Pattern[str]:
    """What output may look like that is shown like this."""
    return re.compile("".join("(?:.*\n)*?" if line.strip() == "…" else f"{_line(line)}\n" for line in shown))


def _line(line: str) -> str:
    return ".*".join(re.escape(part) for part in re.split(" *… *", line))


def renumbered(shown: tuple[str, ...], printed: str) -> tuple[str, ...] | None:
    """What is shown, with the numbers of what was printed; None where more than numbers changed."""
    found = re.fullmatch(_NUMBER.sub(r"(\\d+)", pattern(shown).pattern), printed)
    if found is None:
        return None
    numbers = iter(found.groups())
    return tuple(_NUMBER.sub(lambda _: next(numbers), "\n".join(shown)).split("\n"))


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize("page", PAGES)
def test_every_command_does_what_is_shown(page: str, desk: Desk) -> None:
    for block in blocks(page):
        if block.file:
            desk.keep(block)
        for words, shown in block.commands() if block.kind == "console" else ():
            if words in UNRUN:
                continue
            code, printed = desk.type(words)
            assert code == CODES.get((page, words), 0), f"$ {words}\n{printed}"
            if shown:
                assert pattern(shown).fullmatch(printed), f"$ {words}\n{printed}"


def test_numbers_that_changed_are_put_where_they_are_shown() -> None:
    shown = ("plan: 55 scenarios · 1402 cells", "…", "  next  … 7 of 71")
    assert renumbered(shown, "plan: 56 scenarios · 1410 cells\na line\n  next  what 8 of 9\n") == (
        "plan: 56 scenarios · 1410 cells",
        "…",
        "  next  … 8 of 9",
    )
    assert renumbered(shown, "a plan: 56 scenarios\n") is None


def test_what_is_not_run_and_what_fails_is_listed_exactly() -> None:
    every = {(page, command.words) for page in PAGES for command in commands(page)}
    assert set(CODES) - every == set()
    assert set(UNRUN) - {words for _, words in every} == set()
    assert all(UNRUN.values())


def test_every_page_is_looked_at_and_every_block_says_what_it_is() -> None:
    written = {path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "docs").glob("*.md")}
    generated = {"docs/requirements.md", "docs/lifecycle.md", "docs/fault-matrix.md"}
    assert written - generated == {page for page in PAGES if page.startswith("docs/")}
    assert [(page, block.text) for page in PAGES for block in blocks(page) if not block.kind] == []


def test_every_option_that_is_named_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    known = {f"--{option.name}" for option in (*options.ALL, *options.CLIENT, *options.FUZZ)}
    for command in COMMANDS:
        with pytest.raises(SystemExit):
            main([command, "--help"])
        known |= set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    of_gateways = {
        "--adapter", "--backend", "--conf", "--config", "--config-path", "--enable-reverse-proxy", "--entrypoints",
        "--frontend", "--listen-host", "--listen-port", "--mode", "--plugins", "--providers", "--quiet", "--set",
    }  # fmt: skip
    of_clients = {"--api-key", "--token"}
    ours_elsewhere = {"--pyargs", "--tx", "--version", "--check", "--habit", "--help", "--only", "--without"}
    theirs = ours_elsewhere | of_gateways | of_clients
    missing = {}
    for page in PAGES:
        text = (CHECKOUT / page).read_text()
        ours = re.sub(r"^\$ (docker|pip|python -m) .*$|\bcurl .*$", "", text, flags=re.MULTILINE)
        named = set(re.findall(r"(?<![\w-])--(?:conformance-)?([a-z][a-z-]*[a-z])(?![a-z-])", ours))
        missing[page] = {f"--{name}" for name in named} - known - theirs
    assert {page: names for page, names in missing.items() if names} == {}


def test_every_link_leads_somewhere() -> None:
    for page in PAGES:
        text = re.sub(r"```.*?```", "", (CHECKOUT / page).read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" in target:
                continue
            path, _, anchor = target.partition("#")
            place = (CHECKOUT / page).parent / path if path else CHECKOUT / page
            assert place.exists(), f"{page}: {target}"
            assert not anchor or anchor in _anchors(place), f"{page}: {target}"


def _anchors(page: Path) -> set[str]:
    text = page.read_text()
    heads = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    made = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
    return made | set(re.findall(r'<a id="([^"]+)"', text))
