"""Corrections of an OpenAPI document: OpenAPI Overlay 1.0, whose actions also say what they expect to correct.

Besides `target`, `update` and `remove`, each action carries `x-contract` (ids of the decisions behind it),
`x-reason`, `x-evidence` and `x-expects`: the list of nodes that the target must select, in which an object may hold
more keys than are named. What an update writes must be absent, or be named in `x-expects`. A correction that upstream
has fixed is thereby reported, instead of being kept forever.

Targets are the part of JSONPath (RFC 9535) that names things: `$`, `.name`, `['name']`, `[0]`, `[*]`, `.*`, and
several selectors in one pair of brackets.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from conformance.contract.vendor.openapi_document import Json, Node
from conformance.errors import OwnError

_SEGMENT = re.compile(r"\.(?P<name>[A-Za-z_][\w-]*)|\.(?P<all>\*)|\[(?P<selectors>[^\]]+)\]")
_SELECTOR = re.compile(r"'(?P<name>[^']*)'|(?P<index>\d+)|(?P<all>\*)")

Selector = str | int | None
"""A name, an index, or None for all."""


class Place(NamedTuple):
    """Where a selected node hangs: `parent[key]`."""

    parent: Json
    key: Json

    @property
    def node(self) -> Json:
        """The selected node itself."""
        return self.parent[self.key]


def corrected(document: Mapping[str, Json], overlay: Mapping[str, Json]) -> Node:
    """A copy of the document with every action of the overlay applied, in order.

    Raises `OwnError` where an action does not find what it expects: upstream has mended it, or changed it.
    """
    running: Node = {"$": copy.deepcopy(dict(document))}
    for number, action in enumerate(overlay["actions"], 1):
        places = select(running, action["target"])
        if not _fits(action["x-expects"], [place.node for place in places]):
            raise _stale(number, action, running, _blindly(document, overlay))
        for expected, place in zip(action["x-expects"], places, strict=True):
            if "update" in action and (clash := _clash(action["update"], place.node, expected)) is not None:
                raise _stale(number, action, running, _blindly(document, overlay), clash)
        _apply(action, places)
    result: Node = running["$"]
    return result


def select(root: Node, target: str) -> list[Place]:
    """The places that a target selects in the document held by `root["$"]`, in the order of the selectors."""
    places = [Place(root, "$")]
    for selectors in _segments(target):
        places = [place for above in places for selector in selectors for place in _children(above.node, selector)]
    return places


def _segments(target: str) -> list[list[Selector]]:
    segments: list[list[Selector]] = []
    position = 1
    while position < len(target) and target.startswith("$"):
        match = _SEGMENT.match(target, position)
        if match is None:
            break
        segments.append(_selectors(match))
        position = match.end()
    if position != len(target) or not target.startswith("$"):
        raise OwnError(
            f"overlay target {target!r} is not understood from column {position + 1}",
            "only names, indices, wildcards and lists of them are",
        )
    return segments


def _selectors(segment: re.Match[str]) -> list[Selector]:
    if segment["selectors"] is None:
        return [segment["name"]]
    found = list(_SELECTOR.finditer(segment["selectors"]))
    if _SELECTOR.sub("", segment["selectors"]).strip(", "):
        raise OwnError(f"overlay selector [{segment['selectors']}] is not understood", "quote names with '…'")
    return [int(match["index"]) if match["index"] else match["name"] for match in found]


def _children(node: Json, selector: Selector) -> list[Place]:
    if isinstance(node, dict):
        keys: list[Json] = list(node) if selector is None else [selector]
        return [Place(node, key) for key in keys if key in node]
    if isinstance(node, list):
        indices = range(len(node)) if selector is None else [selector]
        return [Place(node, index) for index in indices if isinstance(index, int) and index < len(node)]
    return []


def _apply(action: Mapping[str, Json], places: list[Place]) -> None:
    for place in reversed(places):
        if action.get("remove"):
            del place.parent[place.key]
        else:
            place.parent[place.key] = _merged(place.node, action["update"])


def _merged(node: Json, update: Json) -> Json:
    """The overlay's merge: objects by key, arrays joined, a primitive replaced; an array takes one more entry."""
    if isinstance(node, dict) and isinstance(update, dict):
        return {**node, **{key: _merged(node[key], new) if key in node else new for key, new in update.items()}}
    if isinstance(node, list):
        return node + (update if isinstance(update, list) else [update])
    return update


def _fits(expected: Json, found: Json) -> bool:
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(key in found and _fits(value, found[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(_fits, expected, found))
    return bool(expected == found)


def _clash(update: Json, node: Json, expected: Json) -> tuple[Json, Json] | None:
    """What is there already and what would be written over it, where the action did not expect that."""
    if not (isinstance(update, dict) and isinstance(node, dict)):
        return None
    for key, new in update.items():
        if key in node and not (isinstance(expected, dict) and key in expected):
            if not isinstance(new, dict):
                return node[key], new
            clash = _clash(new, node[key], {})
            if clash is not None:
                return clash
    return None


def _blindly(document: Mapping[str, Json], overlay: Mapping[str, Json]) -> Node:
    """The corrected document with nobody asking what the actions expect."""
    running: Node = {"$": copy.deepcopy(dict(document))}
    for action in overlay["actions"]:
        _apply(action, select(running, action["target"]))
    return running


def _stale(
    number: int, action: Mapping[str, Json], running: Node, blind: Node, clash: tuple[Json, Json] | None = None
) -> OwnError:
    """What to say of an action that no longer fits: fixed, where upstream already says what we would."""
    there = [place.node for place in select(running, action["target"])]
    ours = [place.node for place in select(blind, action["target"])]
    if clash is not None:
        mended = clash[0] == clash[1]
    elif "update" in action:
        mended = bool(there) and all(_fits(action["update"], node) for node in there)
    else:
        mended = there == ours
    where = f"overlay action {number} ({action['target']}; {', '.join(action['x-contract'])})"
    if mended:
        return OwnError(f"{where}: upstream fixed it: delete this action", "then derive the schemas again")
    return OwnError(
        f"{where}: upstream changed it: expected {_short(action['x-expects'])}, found {_short(there)}",
        "where that mends it, delete this action; else renew what it expects",
    )


def _short(value: Json) -> str:
    text = json.dumps(value)
    return text if len(text) <= 200 else text[:199] + "…"
