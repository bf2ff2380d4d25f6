"""Small slips in source code: what a tired author could have written instead, one at a time.

Words for people (messages, what was expected, what came) are left alone, and so are annotations and imports.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import NamedTuple

#: What each comparison is mistaken for: the border is off by one, or the answer is the opposite.
_MISTAKEN: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip

_NAMES = {"any": "all", "all": "any", "min": "max", "max": "min"}

#: Calls whose literal arguments are words for people, or the id that a check is bound to.
_WORDED = frozenset({"finding", "shown", "join", "format", "check", "follows_table"})

#: Names of what holds words for people, wherever it is assigned or passed.
_WORDS = frozenset({"message", "expected", "got", "reason", "says"})


class Mutant(NamedTuple):
    """One slip: where, what stands there, what would stand there instead."""

    line: int
    #: The innermost function around it; empty outside functions.
    function: str
    #: Lines one of which is run where the slip could matter; None where it is run once for all, on import.
    lines: range | None
    was: str
    now: str
    #: Makes the slip in the tree that it was found in; cannot be undone.
    apply: Callable[[], None]


class _Place(NamedTuple):
    """A node, and how another is put in its place."""

    node: ast.AST
    put: Callable[[ast.AST], None]
    function: str
    lines: range | None
    #: Whether it is one of several in a table: then leaving it out is the slip.
    listed: bool


def mutants(tree: ast.Module) -> list[Mutant]:
    """Every mutant of a module, in the order of its source."""
    return [
        Mutant(_line(place), place.function, place.lines, _source(place.node), _source(other), _applied(place, other))
        for place in _places(tree, "", None)
        for other in _others(place)
    ]


def _line(place: _Place) -> int:
    return getattr(place.node, "lineno", place.lines.start if place.lines else 0)


def _source(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:160]


def _applied(place: _Place, other: ast.AST) -> Callable[[], None]:
    def apply() -> None:
        place.put(ast.fix_missing_locations(ast.copy_location(other, place.node)))

    return apply


def _places(node: ast.AST, function: str, lines: range | None) -> Iterator[_Place]:
    """Every node below, passing over what is not to be mutated."""
    inner = node.name if isinstance(node, ast.FunctionDef) else function
    table = isinstance(node, ast.Tuple | ast.List | ast.Set) and _is_table(node)
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_comment"):
            continue
        children = [(value, _field(node, name))] if isinstance(value, ast.AST) else _members(value)
        for child, put in children:
            if not _left_alone(node, child):
                here = _lines(child, inner) if isinstance(child, ast.stmt) else lines
                yield _Place(child, put, inner, here, table)
                yield from _places(child, inner, here)


def _lines(node: ast.stmt, function: str) -> range | None:
    """The lines of a statement without the statements in it."""
    if not function or isinstance(node, ast.FunctionDef):
        return None
    own = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr | ast.withitem)]
    return range(node.lineno, max((getattr(child, "end_lineno", 0) for child in own), default=node.lineno) + 1)


def _field(node: ast.AST, name: str) -> Callable[[ast.AST], None]:
    return lambda other: setattr(node, name, other)


def _members(value: object) -> list[tuple[ast.AST, Callable[[ast.AST], None]]]:
    if not isinstance(value, list):
        return []
    return [(child, _member(value, at)) for at, child in enumerate(value) if isinstance(child, ast.AST)]


def _member(values: list[ast.AST], at: int) -> Callable[[ast.AST], None]:
    return lambda other: values.__setitem__(at, other)


def _left_alone(parent: ast.AST, node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.JoinedStr() | ast.Raise():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.keyword(arg=str(name)):
            return name in _WORDS or name == "__all__"
    if not isinstance(parent, ast.Call) or not isinstance(node, ast.Constant):
        return False
    # A row of a table, `Refusal("id", "trait", "what is said of it")`, names things and then says something.
    row = _called(parent)[:1].isupper() and isinstance(node.value, str) and " " in node.value
    return row or _called(parent) in _WORDED


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _others(place: _Place) -> Iterator[ast.AST]:
    """What could stand in a place instead."""
    match place.node:
        case ast.Constant(value=str(text)) if " " in text.strip():
            words = text.split() if not place.function else ()
            for at in range(len(words)):
                yield ast.Constant(" ".join((*words[:at], *words[at + 1 :])))
        case ast.Constant() as constant if not place.listed:
            yield from _constants(constant.value)
        case ast.expr() as expression:
            yield from _conditions(expression)
            yield from _tables(expression)
        case ast.comprehension(ifs=[_, *_]) as loop:
            for at in range(len(loop.ifs)):
                kept = loop.ifs[:at] + loop.ifs[at + 1 :]
                yield ast.comprehension(loop.target, loop.iter, kept, loop.is_async)
        case ast.stmt() as statement:
            yield from _statements(statement)


def _conditions(node: ast.expr) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(ops=[op]):
            yield ast.Compare(node.left, [_MISTAKEN[type(op)]()], node.comparators)
        case ast.BoolOp():
            for at in range(len(node.values)):
                kept = node.values[:at] + node.values[at + 1 :]
                yield kept[0] if len(kept) == 1 else ast.BoolOp(node.op, kept)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.BinOp(op=ast.Add() | ast.Sub() as sign):
            yield ast.BinOp(node.left, ast.Sub() if isinstance(sign, ast.Add) else ast.Add(), node.right)
        case ast.Name(id=name, ctx=ast.Load()) if name in _NAMES:
            yield ast.Name(_NAMES[name], ast.Load())


def _tables(node: ast.expr) -> Iterator[ast.AST]:
    match node:
        case ast.Tuple(ctx=ast.Load()) | ast.List() | ast.Set() if _is_table(node):
            for at in range(len(node.elts)):
                yield _without(node, at)
        case ast.Dict() if len(node.keys) > 1:
            for at in range(len(node.keys)):
                yield ast.Dict(node.keys[:at] + node.keys[at + 1 :], node.values[:at] + node.values[at + 1 :])


def _is_table(node: ast.Tuple | ast.List | ast.Set) -> bool:
    """Whether it lists literals: a tuple of anything else is taken apart again, and breaks when it is shorter."""
    return len(node.elts) > 1 and all(isinstance(entry, ast.Constant | ast.Starred) for entry in node.elts)


def _without(node: ast.Tuple | ast.List | ast.Set, at: int) -> ast.AST:
    kept = node.elts[:at] + node.elts[at + 1 :]
    return ast.Set(kept) if isinstance(node, ast.Set) else type(node)(kept, ast.Load())


def _constants(value: object) -> Iterator[ast.AST]:
    match value:
        case bool():
            yield ast.Constant(not value)
        case int():
            yield ast.Constant(value + 1)
        case str():
            yield ast.Constant(f"{value}~")
        case bytes():
            yield ast.Constant(value + b"~")


def _statements(node: ast.stmt) -> Iterator[ast.AST]:
    match node:
        case ast.If():
            yield ast.If(ast.Constant(True), node.body, node.orelse)
            yield ast.If(ast.Constant(False), node.body, node.orelse)
        case ast.Return(value=ast.Constant(value=None) | ast.List(elts=[_, *_]) | ast.ListComp()):
            yield ast.Return(ast.Tuple([], ast.Load()))
        case ast.Return(value=ast.expr()):
            yield ast.Return(ast.Constant(None))
        case ast.Expr() | ast.AugAssign() | ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
