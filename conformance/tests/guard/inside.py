"""What runs inside the commit that is examined: with its code, in a process of its own.

The guard starts this file by its path, with `python -P`, so that `conformance` is that of the examined commit, which
need not hold a guard. Nothing of ours is imported save by name from the table `PLACES`: after a move, that table is
all there is to mend.
"""

from __future__ import annotations

import io
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

#: Where things are, or have been, or are going to be: the first place that is there counts.
PLACES = {
    "main": ("conformance.cli:main",),
    "requirements": ("conformance.contract.requirements:REQUIREMENTS",),
    "judge": ("conformance.verdict.judge:judge",),
    "line": ("conformance.report.json_writer:line",),
    "write cassette": ("conformance.wire.cassette:write",),
    "own error": ("conformance.errors:OwnError",),
    "redact": ("conformance.wire.redact:redact",),
    "variations": ("conformance.proof.variations:variations",),
    "Seeded": ("conformance.run.chance:Seeded", "conformance.chance:Seeded"),
    "mutants": ("conformance.tests.mutation.mutants:mutants",),
    "modules that judge": ("conformance.tests.mutation.reach:JUDGING",),
}

#: The name of the constant, in the modules that judge, that says how many findings of a requirement are kept, and what
#: it becomes: more than any of the inputs can have.
_CUT, _UNCUT = "KEPT", 100_000
_CUT_TO = 10

#: Rooms of tests whose transcripts make the corpus: those that need no sockets, whose transcripts are the same each
#: time. Random bytes, drawn anew each time, are left out.
_TESTS = ("checks", "verdict", "wire", "contract")
_DRAWN_ANEW = ("verdict/test_fuzz_judge.py", "wire/test_fuzz_decoders.py")

#: Bytes of the largest cassette that becomes part of the corpus: what is larger shows nothing but its size.
_LARGEST = 300_000

#: Any date will do, as long as it stays.
_RECORDED = "2026-01-01T00:00:00Z"

_SEED = "guard"


def place(name: str) -> Any:
    """The object of that name in `PLACES`. Raises LookupError where it is in none of its places."""
    for where in PLACES[name]:
        module, _, attribute = where.partition(":")
        try:
            return getattr(import_module(module), attribute)
        except (ModuleNotFoundError, AttributeError):
            continue
    raise LookupError(f"{name} is in none of {', '.join(PLACES[name])}: mend the table in {__file__}")


def commands(lines: Sequence[str]) -> None:
    """Run commands, each a JSON array of words, one after the other; print what each said as a JSON object."""
    for line in lines:
        print(json.dumps(said(json.loads(line))), flush=True)


def said(words: Sequence[str]) -> dict[str, object]:
    """What a command says and how it ends."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = place("main")(list(words))
        except SystemExit as ended:
            code = ended.code
    return {"words": list(words), "code": code, "out": _without_summary(_text(out)), "err": _text(err)}


def _without_summary(out: str) -> str:
    """Lines of JSON without the one that sums up: it says when the run was, and earlier versions had none."""
    return "".join(line for line in out.splitlines(keepends=True) if '"summary":{' not in line)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode()  # type: ignore[attr-defined, no-any-return]


def ids() -> None:
    """Print the id of every requirement, and those of the contract's catalogue."""
    every = place("requirements").values()
    print("\n".join(sorted({name for each in every for name in (each.id, *each.contract)})))


def findings(words: Sequence[str]) -> None:
    """Run `conformance judge` so that every finding is kept, also the eleventh of a requirement."""
    _keep_all()
    print(json.dumps(said(["judge", "--format", "json", *words])))


def cutting() -> list[ModuleType]:
    """The modules that know how many findings of a requirement are kept."""
    place("judge")
    modules = [module for name, module in sys.modules.items() if name.startswith("conformance.")]
    return [module for module in modules if vars(module).get(_CUT) == _CUT_TO]


def _keep_all() -> None:
    modules = cutting()
    if not modules:
        raise LookupError(f"no module keeps {_CUT_TO} findings as {_CUT}: mend {__file__}")
    for module in modules:
        setattr(module, _CUT, _UNCUT)


def varied(count: int) -> None:
    """Print, for each legal variation, the digests of its bytes and of its verdicts; where it is accused, all of it."""
    _keep_all()
    judge, line = place("judge"), place("line")
    for one in place("variations")(count, lambda number: place("Seeded")(f"{_SEED}/{number}")):
        told = line(judge(one.transcript), "scenario")
        digests = (_digest(_wire(one.transcript)), _digest(told))
        accused = any(verdict["findings"] or verdict["status"] == "error" for verdict in json.loads(told)["verdicts"])
        print(one.number, *digests, ",".join(one.names), *((told,) if accused else ()))


def corpus(folder: Path) -> None:
    """Run the tests of this commit and write every transcript that they ask the judge about, as a cassette.

    Each lies in a folder of its role: `auto` where the judge was to find it out.
    """
    pytest = import_module("pytest")
    judge = place("judge")
    module = import_module(judge.__module__)
    left: Counter[str] = Counter()

    def listening(transcript: Any, *, role: Any = None) -> Any:
        try:
            content = _kept(transcript)
        except Exception as reason:  # a transcript that no cassette can hold
            left[type(reason).__name__] += 1
        else:
            if len(content) > _LARGEST:
                left["too large"] += 1
            else:
                path = folder / (role.value if role is not None else "auto") / f"{_digest(content)}.jsonl"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
        return judge(transcript, role=role)

    setattr(module, judge.__name__, listening)
    rooms = [f"conformance/tests/{name}" for name in _TESTS]
    ignored = [f"--ignore=conformance/tests/{name}" for name in _DRAWN_ANEW]
    quiet = ["-q", "--no-header", "-r", "N", "-p", "no:cacheprovider", "--tb=no", "--show-capture=no"]
    quiet += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # what is imported already only fails in poorer words
    code = pytest.main([*quiet, *ignored, *(room for room in rooms if Path(room).is_dir())])
    print(f"pytest: {int(code)}; not written: {dict(left)}", file=sys.stderr)


def _kept(transcript: Any) -> str:
    """The cassette of a transcript, redacted only where it would hold what looks like a secret."""
    try:
        return _cassette(transcript)
    except place("own error"):
        return _cassette(place("redact")(transcript))


def _cassette(transcript: Any) -> str:
    return "".join(place("write cassette")(transcript, recorded=_RECORDED, by="guard"))


def _wire(transcript: Any) -> str:
    """All that went over the wire, secrets too, which a cassette would not hold."""
    return repr([(_request(each.request), each.response and _response(each.response)) for each in transcript.exchanges])


def _request(request: Any) -> tuple[object, ...]:
    return request.method, request.target, request.headers, request.body


def _response(response: Any) -> tuple[object, ...]:
    chunks = [(chunk.ms, chunk.data) for chunk in response.chunks]
    return response.status, response.headers, chunks, str(response.ended), response.ended_ms


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def sample(count: int) -> None:
    """Print so many mutants of what judges, each known by what it changes and not by where that stands."""
    every = [(function, was, now) for _, function, was, now in _mutants()]
    chosen = random.Random(_SEED).sample(sorted(set(every)), count)
    print(json.dumps(sorted(chosen), indent=1))


def again(chosen: Path, out: Path) -> None:
    """Write the mutants of a sample as survivors of an earlier run, which the runner of mutants looks at again."""
    wanted = {tuple(one) for one in json.loads(chosen.read_text(encoding="utf-8"))}
    rows = [
        {"where": where, "was": was, "now": now, "by": None}
        for where, function, was, now in _mutants()
        if (function, was, now) in wanted
    ]
    out.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    found = {(function, was, now) for _, function, was, now in _mutants()}
    print(json.dumps(sorted(wanted - found)))


def _mutants() -> Iterator[tuple[str, str, str, str]]:
    import ast

    for name in place("modules that judge"):
        path = Path(name)
        for module in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            if module.name != "__init__.py":
                for mutant in place("mutants")(ast.parse(module.read_text(encoding="utf-8"))):
                    yield f"{module}:{mutant.line}", mutant.function, mutant.was, mutant.now


def main(words: Sequence[str]) -> None:
    """Do what the first word says with the others."""
    match words:
        case ["commands"]:
            commands(sys.stdin.read().splitlines())
        case ["ids"]:
            ids()
        case ["findings", *paths]:
            findings(paths)
        case ["varied", count]:
            varied(int(count))
        case ["corpus", folder]:
            corpus(Path(folder))
        case ["sample", count]:
            sample(int(count))
        case ["again", chosen, out]:
            again(Path(chosen), Path(out))
        case _:
            raise SystemExit(f"nobody knows what {words} means")


if __name__ == "__main__":
    main(sys.argv[1:])
