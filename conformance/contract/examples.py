"""For each requirement that is checked, one exchange that conforms and one that violates it, built from small data.

A story is a handful of exchanges by name, written in `examples/stories.toml` from documents and events by name. A
violation, in `examples/violations.toml`, names the story it departs from and the edits that make the difference:

    set     path -> value, the last member may be new     add     an event of `events.json`, placed
    null    path -> null                                  repeat  an event that is there, placed once more
    drop    path                                          move    an event or exchange, placed elsewhere

A path is the exchange's name and the members down to the value, `submit/stream/queued/data/status`; a place is a path
and `before` or `after` another name. A table with `like` is the document of that name with the other members replaced,
one of `text` and `times` a long text. Beside its exchanges the story of a client holds its `outcome`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from conformance.contract.data import contract_text
from conformance.contract.example_bytes import transcript_of
from conformance.contract.requirements import REQUIREMENTS
from conformance.errors import OwnError
from conformance.model import Transcript

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """One exchange of bytes that conforms to a requirement, or violates it."""

    requirement: str
    conforming: bool
    #: What the story shows, or how it departs.
    says: str
    transcript: Transcript


def examples_of(requirement: str) -> tuple[Example, Example] | None:
    """Return the conforming and the violating example of a requirement; None for an excluded one.

    Raises OwnError where the data is off.
    """
    if REQUIREMENTS[requirement].excluded is not None:
        return None
    violation = _violations().get(requirement)
    if violation is None:
        raise OwnError(f"requirement {requirement} has no example in examples/violations.toml")
    story = _story(violation["story"])
    conforming = Example(requirement, True, story["says"], transcript_of(story))
    departed = _edited(story, violation)
    violating = Example(requirement, False, violation["says"], transcript_of(departed))
    return conforming, violating


@cache
def _violations() -> Mapping[str, Tree]:
    return tomllib.loads(contract_text("examples/violations.toml"))


@cache
def _stories() -> Mapping[str, Tree]:
    return tomllib.loads(contract_text("examples/stories.toml"))


@cache
def _documents() -> Mapping[str, Tree]:
    return json.loads(contract_text("examples/documents.json"))  # type: ignore[no-any-return]


@cache
def _events() -> Mapping[str, Tree]:
    return json.loads(contract_text("examples/events.json"))  # type: ignore[no-any-return]


def _story(name: str) -> Tree:
    row = _stories()[name]
    story = _story(row["like"]) if "like" in row else {"exchanges": {}}
    added = {label: _materialised(exchange) for label, exchange in row.get("exchanges", {}).items()}
    ended = {"outcome": row["outcome"]} if "outcome" in row else {}
    exchanges = {**story["exchanges"], **added, **ended}
    return _edited({"name": name, "says": row["says"], "traits": row["traits"], "exchanges": exchanges}, row)


def _written(value: object) -> object:
    """A fresh value in which every `like` is replaced by its document."""
    if isinstance(value, dict):
        if value.keys() == {"text", "times"}:
            return value["text"] * value["times"]
        base = cast(Tree, _written(_documents()[value["like"]])) if "like" in value else {}
        return {**base, **{key: _written(member) for key, member in value.items() if key != "like"}}
    return [_written(member) for member in value] if isinstance(value, list) else value


def _materialised(exchange: Tree) -> Tree:
    """An exchange with its defaults and its events written out, so that edits find every member."""
    written = cast(Tree, _written(exchange))
    if "stream" in exchange:
        written["stream"] = {label: _written(_events()[label]) for label in exchange["stream"]}
    kind = "text/event-stream; charset=utf-8" if "stream" in exchange else "application/json"
    sends = {"Authorization": "Bearer a-key", "OpenAI-Beta": "assistants=v2", "Content-Type": "application/json"}
    return {"operation": "submit", "status": 200, "sends": sends, "headers": {"Content-Type": kind}, **written}


# Edits


def _edited(story: Tree, edits: Mapping[str, Any]) -> Tree:
    exchanges = deepcopy(story["exchanges"])
    for verb, edit in _VERBS.items():
        for argument in edits.get(verb, ()):
            edit(exchanges, argument, edits[verb])
    return {**story, "exchanges": exchanges}


def _at(tree: Tree, path: str) -> tuple[Any, Any]:
    """The container a path ends in, and the key in it."""
    *members, last = path.split("/")
    for member in members:
        tree = tree[int(member)] if isinstance(tree, list) else tree[member]
    return tree, int(last) if isinstance(tree, list) else last


def _set(exchanges: Tree, path: str, values: Mapping[str, Any]) -> None:
    container, key = _at(exchanges, path)
    container[key] = _written(values[path])


def _null(exchanges: Tree, path: str, _all: object) -> None:
    container, key = _at(exchanges, path)
    container[key] = None


def _drop(exchanges: Tree, path: str, _all: object) -> None:
    container, key = _at(exchanges, path)
    del container[key]


def _add(exchanges: Tree, place: str, _all: object) -> None:
    _put(exchanges, place, lambda _container, label: (label, _written(_events()[label])))


def _repeat(exchanges: Tree, place: str, _all: object) -> None:
    _put(exchanges, place, lambda container, label: (f"{label}-again", deepcopy(container[label])))


def _move(exchanges: Tree, place: str, _all: object) -> None:
    _put(exchanges, place, lambda container, label: (label, container.pop(label)))


def _put(exchanges: Tree, place: str, take: Callable[[Tree, str], tuple[str, Any]]) -> None:
    path, side, other = place.split(" ")
    container, label = _at(exchanges, path)
    placed = dict([take(container, label)])
    entries = list(container.items())
    at = [name for name, _ in entries].index(other) + (side == "after")
    container.clear()
    container.update(entries[:at])
    container.update(placed)
    container.update(entries[at:])


#: The edits in the order in which they are made.
_VERBS: Mapping[str, Callable[[Tree, str, Any], None]] = {
    "add": _add,
    "repeat": _repeat,
    "move": _move,
    "set": _set,
    "null": _null,
    "drop": _drop,
}
