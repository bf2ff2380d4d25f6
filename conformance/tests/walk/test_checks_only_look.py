"""A check writes nothing into what the walk saw: what it says must not depend on which others were called before."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from conformance import checks
from conformance.checks import CHECKS
from conformance.files import cassettes_folder
from conformance.model import Finding, Status, Transcript
from conformance.proof.faults import FAULTS, broken
from conformance.verdict.judge import judge
from conformance.walk.history import History, KnownRun
from conformance.walk.observation import CallPieces, Message, Observation, Part, Step, Stream
from conformance.walk.registry import Check
from conformance.walk.schedule import Schedule
from conformance.wire import cassette

SEEN = (Observation, Stream, Step, Message, Part, CallPieces, History, KnownRun)
MODULES = sorted(Path(checks.__file__).parent.rglob("*.py"))
#: What changes a list, a set, a dictionary, a counter or a text that is built up.
_CHANGING = frozenset({
    "add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault",
    "sort", "subtract", "update", "write",
})  # fmt: skip


def written(tree: ast.AST) -> Iterator[int]:
    """The lines that assign to an attribute or to what lies in one, delete it, or change a collection held by one."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del()):
                yield node.lineno
            case ast.Subscript(value=ast.Attribute(), ctx=ast.Store() | ast.Del()):
                yield node.lineno
            case ast.Call(func=ast.Attribute(value=ast.Attribute(), attr=name)) if name in _CHANGING:
                yield node.lineno
            case ast.Call(func=ast.Name(id="setattr" | "delattr")):
                yield node.lineno


@pytest.mark.parametrize("source", ["a.b = 1", "a.b += 1", "del a.b", "a.b[0] = 1", "a.b.add(1)", "setattr(a, 'b', 1)"])
def test_what_is_looked_for_is_found(source: str) -> None:
    assert list(written(ast.parse(source))) == [1]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_no_check_has_a_statement_that_writes_into_an_object(module: Path) -> None:
    assert list(written(ast.parse(module.read_text("utf-8")))) == []


class _Refusal(Exception):
    """A check tried to write."""


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a check looks, everything seen refuses to be written."""
    looking = False

    def refusing(kind: type) -> None:
        def setattr_(self: object, name: str, value: object) -> None:
            if looking:
                raise _Refusal(f"{kind.__name__}.{name}")
            object.__setattr__(self, name, value)

        monkeypatch.setattr(kind, "__setattr__", setattr_)

    def under_seal(check: Check) -> Check:
        def judged(observation: Observation) -> Iterable[Finding] | None:
            nonlocal looking
            looking = True
            try:
                result = check.judge(observation)
                return None if result is None else tuple(result)
            finally:
                looking = False

        return check._replace(judge=judged)

    for kind in SEEN:
        refusing(kind)
    monkeypatch.setattr("conformance.verdict.judge._CHECKS", Schedule(map(under_seal, CHECKS.values())))


def reference(name: str) -> Transcript:
    return cassette.read((cassettes_folder() / f"reference/{name}.jsonl").read_text("utf-8").splitlines(), name)


def transcripts() -> Iterator[Transcript]:
    """The references, and two of them with every fault that those three checks find."""
    yield from (reference(path.stem) for path in sorted((cassettes_folder() / "reference").glob("*.jsonl")))
    for fault in FAULTS.values():
        if fault.change is not None and fault.breaks & _ONCE_WROTE:
            yield from (broken(reference(name), fault) for name in ("stream-three-calls", "stream-next-round"))


#: Rules whose check once kept in the stream what it had reported.
_ONCE_WROTE = frozenset({"events.schema", "content.message-index", "content.tool-call-deltas"})


@pytest.mark.usefixtures("sealed")
def test_no_check_writes_into_what_the_walk_saw() -> None:
    verdicts = [verdict for one in transcripts() for verdict in judge(one).verdicts]
    assert not [verdict.reason for verdict in verdicts if verdict.status is Status.ERROR]
    assert {verdict.requirement for verdict in verdicts if verdict.findings} >= _ONCE_WROTE
