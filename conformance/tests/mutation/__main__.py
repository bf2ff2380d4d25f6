"""Makes mutants of what judges, lets everything that decides look at them, and prints those that nothing noticed.

    python -m conformance.tests.mutation [--most N] [--out FILE] [--again FILE] [MODULE …]

Exit 1 where a mutant survived: survivors are read, and docs/mutation.md says what was found in them.
"""

from __future__ import annotations

import argparse
import ast
import gc
import importlib.util
import json
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from itertools import islice, zip_longest
from multiprocessing import get_context
from pathlib import Path
from random import Random
from types import CodeType
from typing import NamedTuple, NoReturn

from conformance.tests.mutation.deciding import ROOT, Case, Judged, cases, failing, forget_what_judges
from conformance.tests.mutation.mutants import Mutant, mutants
from conformance.tests.mutation.reach import JUDGING, Reach, Test, reached

#: Tests that are run of those that get another answer, and of those that never ask the judge: where these pass it is
#: an answer that no test cares for.
_SUSPECTS = 60

#: Seconds for one mutant; the slowest that ends by itself takes a quarter on two busy cores.
_PATIENCE = 120


class Chosen(NamedTuple):
    """A mutant by its module and its number in it: found again in a process of its own."""

    path: Path
    number: int


class Told(NamedTuple):
    """What became of a mutant; `by` is None where it survived."""

    where: str
    was: str
    now: str
    by: str | None


class _TookTooLong(BaseException):
    """Raised in a mutant that never ends."""


class _Slipped(SourceFileLoader):
    """Loads one module from other code than its file holds."""

    def __init__(self, name: str, path: Path, code: CodeType) -> None:
        super().__init__(name, str(path))
        self.code = code

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(name, self) if name == self.name else None

    def get_code(self, _name: str) -> CodeType:
        return self.code


_reach = Reach((), (), frozenset())


def tried(chosen: Chosen) -> Told:
    """What becomes of a mutant, in a process that has imported nothing that judges."""
    tree, path = _tree(chosen.path), chosen.path
    mutant = mutants(tree)[chosen.number]
    where = f"{path.relative_to(ROOT)}:{mutant.line}"
    mutant.apply()
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(_PATIENCE)
    try:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        sys.meta_path.insert(0, _Slipped(name, path, compile(tree, str(path), "exec")))
        by = _killer(path, mutant)
    except _TookTooLong:
        by = "it never ends"
    finally:
        signal.alarm(0)
    return Told(where, mutant.was, mutant.now, by)


def _give_up(*_: object) -> NoReturn:
    raise _TookTooLong


def _killer(path: Path, mutant: Mutant) -> str | None:
    try:
        import conformance.verdict.judge  # noqa: F401 - a module that cannot be imported is noticed by everybody
    except Exception as broken:
        return f"import: {type(broken).__name__}"
    at = {(str(path), line) for line in mutant.lines or ()}
    everywhere = not at or bool(at & _reach.imported)
    for case, lines in _reach.cases:
        if (everywhere or at & lines) and _noticed(case):
            return f"case: {case.name}"
    reaching = [test for test in _reach.tests if everywhere or at & test.lines]
    names = [*islice(_told_otherwise(reaching), _SUSPECTS), *islice(_asking_nothing(reaching), _SUSPECTS)]
    failed = failing(names) if names else None
    return None if failed is None else f"test: {failed}"


def _told_otherwise(tests: Sequence[Test]) -> Iterator[str]:
    """The tests that get another answer from the judge than before."""
    return (test.name for test in tests if any(_noticed(judged) for judged in test.asked))


def _asking_nothing(tests: Sequence[Test]) -> Iterator[str]:
    """The tests that never ask it: they may look at a check, or at what is planned, themselves."""
    return (test.name for test in tests if not test.asked)


def _noticed(question: Case | Judged) -> bool:
    try:
        return question.differs()
    except Exception:  # a judge that breaks has told on itself
        return True


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _modules(named: Sequence[str]) -> Iterator[Path]:
    for name in named or JUDGING:
        path = ROOT / name
        found = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        yield from (module for module in found if module.name != "__init__.py")


def _sampled(paths: Sequence[Path], most: int | None, among: frozenset[tuple[str, str, str]] | None) -> list[Chosen]:
    """Every mutant, or as many from each function in turn until there are so many; the choice is always the same."""
    functions: dict[tuple[Path, str], list[Chosen]] = defaultdict(list)
    for path in paths:
        for number, mutant in enumerate(mutants(_tree(path))):
            if among is None or (f"{path.relative_to(ROOT)}:{mutant.line}", mutant.was, mutant.now) in among:
                functions[path, mutant.function].append(Chosen(path, number))
    for group in functions.values():
        Random(0).shuffle(group)
    turns = [chosen for turn in zip_longest(*functions.values()) for chosen in turn if chosen is not None]
    return turns[:most]


def _survivors(out: Path | None) -> frozenset[tuple[str, str, str]] | None:
    """What survived in an earlier run: where, what stood there and what stood there instead."""
    if out is None:
        return None
    told = (Told(**json.loads(line)) for line in out.read_text(encoding="utf-8").splitlines())
    return frozenset((one.where, one.was, one.now) for one in told if one.by is None)


def main(arguments: Sequence[str]) -> int:
    global _reach  # noqa: PLW0603 - what processes inherit when they are forked
    parser = argparse.ArgumentParser(prog="python -m conformance.tests.mutation", description=__doc__)
    parser.add_argument(
        "modules", nargs="*", help="modules or folders, from the top of the checkout; else all that judge"
    )
    parser.add_argument("--most", type=int, help="no more mutants than these, evenly over all functions")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, help="what became of each, one JSON object a line")
    parser.add_argument("--again", type=Path, metavar="FILE", help="only those that survived in this file of --out")
    options = parser.parse_args(arguments)
    chosen = _sampled(list(_modules(options.modules)), options.most, _survivors(options.again))
    decided = cases()
    forget_what_judges()
    gc.collect()
    gc.freeze()
    context = get_context("fork")
    with context.Pool(1, maxtasksperchild=1) as pool:
        _reach = pool.apply(reached, (decided,))
    print(f"{len(chosen)} mutants, {len(_reach.cases)} cases, {len(_reach.tests)} tests", flush=True)
    ends: Counter[str] = Counter()
    with context.Pool(options.jobs, maxtasksperchild=1) as pool:
        lines = options.out.open("w", encoding="utf-8") if options.out else None
        for told in pool.imap_unordered(tried, chosen):
            ends["survived" if told.by is None else told.by.partition(":")[0]] += 1
            if lines is not None:
                print(json.dumps(told._asdict()), file=lines, flush=True)
            if told.by is None:
                print(f"{told.where}: {told.was}  ->  {told.now}", flush=True)
    print(", ".join(f"{number} {end}" for end, number in ends.most_common()))
    return 1 if ends["survived"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
