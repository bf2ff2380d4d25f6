"""The parts of what the product says: each writes its files into a folder of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from conformance.tests.guard.checkout import Checkout, lines

#: Legal variations that are judged.
_VARIATIONS = 10_000

#: Mutants of the sample: an hour of the processor at most, a tenth of that as a rule.
_MUTANTS = 60

#: Faults of the server that is red: of an answer, of the order, of the ending.
_FAULTS = "answer-status-unknown,step-left-open,event-after-done"

#: The runs whose reports are kept. The red one plays few scenarios: its report holds what shows each departure.
_LIVE = {
    "green": ("server", "--out", "OUT"),
    "red": (
        "server",
        "--base-url",
        "URL",
        "-k",
        "json-one-call or stream-one-call or stream-next-round",
        "--out",
        "OUT",
    ),
    "client": ("client", "--out", "OUT", "--", sys.executable, "-m", "conformance.mock.client"),
}


class Work(NamedTuple):
    """One commit, the folder a part writes into, and the inputs that all commits are given alike."""

    checkout: Checkout
    out: Path
    inputs: Path

    def write(self, name: str, text: str) -> None:
        """Write one file."""
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


# Findings


def judge(work: Work) -> None:
    """All findings, complete, on every recording there is: our cassettes and those beside the checkout."""
    for name in ("cassettes", "../shared/wire", "../shared/recordings", "../shared/cases"):
        if (work.checkout.folder / name).is_dir():
            work.write(f"{Path(name).name}.txt", _findings(work.checkout, name))
    for role in ("server", "client"):
        work.write(f"cassettes-{role}.txt", _findings(work.checkout, "--role", role, "cassettes"))


def corpus(work: Work) -> None:
    """All findings, complete, on every transcript that a test of the first commit asked the judge about."""
    folder = work.inputs / "corpus"
    if not folder.is_dir():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        work.checkout.inside("corpus", str(part))
        part.rename(folder)
    for role in sorted(path.name for path in folder.iterdir()):
        words = () if role == "auto" else ("--role", role)
        work.write(f"{role}.txt", _findings(work.checkout, *words, f"../inputs/corpus/{role}"))


def _findings(checkout: Checkout, *words: str) -> str:
    said = json.loads(checkout.inside("findings", *words))
    told = (line for each in said["out"].splitlines() for line in _lines(json.loads(each)))
    return "".join(f"{line}\n" for line in (*told, f"exit code {said['code']}", *said["err"].splitlines()))


def _lines(subject: Mapping[str, Any]) -> Iterator[str]:
    """A subject as lines: what is said of it, then each verdict and each finding; verdicts that say the same on one."""
    name = subject["file"]
    yield f"{name} {_json({key: value for key, value in subject.items() if key not in ('file', 'verdicts')})}"
    alike: dict[str, list[str]] = {}
    for verdict in subject["verdicts"]:
        rest = {key: value for key, value in verdict.items() if key not in ("requirement", "findings")}
        if verdict["findings"]:
            yield f"{name} {verdict['requirement']} {_json(rest)}"
            yield from (f"{name} {verdict['requirement']} {_json(finding)}" for finding in verdict["findings"])
        else:
            alike.setdefault(_json(rest), []).append(verdict["requirement"])
    yield from (f"{name} {rest}: {' '.join(requirements)}" for rest, requirements in alike.items())


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=True, separators=(",", ":"))


# The proof


def prove(work: Work) -> None:
    """The full proof, as a program is told it."""
    work.write("full.json", work.checkout.conformance("prove", "--full", "--format", "json"))


def variations(work: Work) -> None:
    """The digests of 10,000 legal variations and of what is said of each; an accusation in full."""
    work.write("variations.txt", work.checkout.inside("varied", str(_VARIATIONS)))


# Words


def words(work: Work) -> None:
    """What every command says of itself, every list, every requirement explained."""
    for name, said in _help(work.checkout):
        work.write(f"help/{name}.txt", said)
    lists = ("requirements", "scenarios", "faults")
    for name, said in zip(lists, _said(work.checkout, [("list", name) for name in lists]), strict=True):
        work.write(f"list/{name}.txt", said)
    ids = work.checkout.inside("ids").splitlines()
    for name, said in zip(ids, _said(work.checkout, [("explain", name) for name in ids]), strict=True):
        work.write(f"explain/{name}.txt", said)


def plans(work: Work) -> None:
    """What would be asked of a server, in each way that changes it."""
    elsewhere = ("--base-url", "http://127.0.0.1:9/v1")
    asked = {
        "mock.json": ("--format", "json"),
        "mock.txt": (),
        "elsewhere.json": (*elsewhere, "--format", "json"),
        "created-streamed.json": (*elsewhere, "--create-streamed", "--format", "json"),
        "static.json": (*elsewhere, "--provision", "static", "--format", "json"),
    }
    for name, options in asked.items():
        work.write(name, work.checkout.conformance("server", "--plan", *options))


def _help(checkout: Checkout) -> Iterator[tuple[str, str]]:
    """The help of the command, of its commands, and of theirs."""
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        said = list(_said(checkout, [(*command, "--help") for command in waiting]))
        yield from (("-".join(("conformance", *each)), text) for each, text in zip(waiting, said, strict=True))
        below = zip(waiting, said, strict=True)
        # argparse indents commands, and nothing else, by four.
        waiting = [(*each, name) for each, text in below for name in re.findall(r"(?m)^ {4}([a-z][a-z-]*)\b", text)]


def _said(checkout: Checkout, commands: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for line in checkout.inside("commands", stdin=lines(list(commands))).splitlines():
        said = json.loads(line)
        yield f"{said['out']}{said['err']}exit code {said['code']}\n"


# Reports


def reports(work: Work) -> None:
    """Three live reports without their times and ids, and the three of the first commit in every format."""
    kept = work.inputs / "reports"
    kept.mkdir(parents=True, exist_ok=True)
    for name, words in _LIVE.items():
        report = _live(work.checkout, name, words)
        if not (kept / f"{name}.json").is_file():
            (kept / f"{name}.json").write_text(report, encoding="utf-8")
        work.write(f"live/{name}.json", said_live(report))
        first, written = f"../inputs/reports/{name}.json", f"../written/{name}"
        work.checkout.conformance("report", first, "--out", written)
        shutil.copytree(work.checkout.folder / written, work.out / "written" / name)
        work.write(f"written/{name}/verbose.txt", work.checkout.conformance("report", first, "--to", "text", "-v"))


def _live(checkout: Checkout, name: str, words: Sequence[str]) -> str:
    """The report of a run; where it is of a URL, of a mock with faults that serves there."""
    out = f"../live/{name}"
    with _mock(checkout) if "URL" in words else nullcontext("") as url:
        checkout.conformance(*(url if word == "URL" else out if word == "OUT" else word for word in words))
    return checkout.plain((checkout.folder / out / "report.json").read_text(encoding="utf-8"))


@contextmanager
def _mock(checkout: Checkout) -> Iterator[str]:
    """The commit's mock with faults; its base URL, which is the first line that it says."""
    words = (sys.executable, "-P", "-m", "conformance", "mock", "--fault", _FAULTS)
    with subprocess.Popen(
        words, cwd=checkout.folder, env=checkout.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


#: What another run of the same says otherwise, and what stands for it.
_PASSING = (
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"), "DATE"),
    (re.compile(r"\b1[6-9]\d{8}\b"), "SECONDS"),
    (re.compile(r'("(?:began_ms|ended_ms|took_ms|ms)": )\d+'), r"\1MS"),
    (re.compile(r"\b\d+(\.\d+)? (ms|s)\b"), r"SOME \2"),
)

_ID = re.compile(r"\b(thread|run|step|msg|asst|call|req)_[A-Za-z0-9]{6,}")


def said_live(report: str) -> str:
    """A live report as another run of the same writes it."""
    document = json.loads(report)
    return timeless(json.dumps({**document, "exhibits": _uncounted(document["exhibits"])}, indent=1) + "\n")


def _uncounted(value: object) -> object:
    """What exhibits hold without numbers, most of which are times, and without cassettes, which are full of them."""
    if isinstance(value, dict):
        return {name: name if name == "cassette" else _uncounted(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_uncounted(member) for member in value]
    return "N" if isinstance(value, int | float) and not isinstance(value, bool) else value


def timeless(text: str) -> str:
    """A live report without what passes: times and ports, and ids by the order in which they appear."""
    for passing, put in _PASSING:
        text = passing.sub(put, text)
    seen: dict[str, str] = {}
    return _ID.sub(lambda match: seen.setdefault(match[0], f"{match[1]}_{len(seen)}"), text)


# The wheel


def wheel(work: Work) -> None:
    """The names of all files in the wheel, and what it says of itself."""
    out = work.checkout.folder / "dist"
    work.checkout.python("-m", "hatchling", "build", "-t", "wheel", "-d", str(out))
    (path,) = out.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        work.write("names.txt", "".join(f"{name}\n" for name in (path.name, *sorted(archive.namelist()))))
        for name in archive.namelist():
            if name.endswith(("dist-info/METADATA", "dist-info/entry_points.txt")):
                work.write(Path(name).name, archive.read(name).decode())


# Mutants


def mutants(work: Work) -> None:
    """Which of the mutants of a sample survive; the sample is the first commit's, wherever its functions have moved."""
    chosen = work.inputs / "mutants.json"
    if not chosen.is_file():
        chosen.write_text(work.checkout.inside("sample", str(_MUTANTS)), encoding="utf-8")
    again, told = (work.checkout.folder.parent / name for name in ("again.jsonl", "told.jsonl"))
    gone = json.loads(work.checkout.inside("again", str(chosen), str(again)))
    work.checkout.python(
        "-m", "conformance.tests.mutation",
        "--jobs", str(os.cpu_count() or 1), "--again", str(again), "--out", str(told),
    )  # fmt: skip
    rows = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    ends = [f"{'survived' if row['by'] is None else 'noticed '}  {row['was']}  ->  {row['now']}" for row in rows]
    lost = [f"gone      {function}: {was}  ->  {now}" for function, was, now in gone]
    work.write("ends.txt", "".join(f"{line}\n" for line in sorted(ends + lost)))


#: In the order of what they cost, mutants apart: these take as long as all the others together.
PARTS: Mapping[str, Callable[[Work], None]] = {
    part.__name__: part for part in (wheel, words, plans, judge, reports, variations, corpus, prove, mutants)
}
