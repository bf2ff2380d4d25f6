"""Lists: the parameters that choose from them and the envelope they come in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.reference.objects import Document
from conformance.reference.refusals import Refused

#: How many entries come where nothing is said, and how many may be asked for (the documented limits).
_DEFAULT_LIMIT = 20
_MAX_LIMIT = 100


def page(items: Iterable[Document], query: Mapping[str, str]) -> Document:
    """Return the part of a list that a query asks for, in its envelope.

    `items` are in the order they were created; `query` may hold order, limit, after and before. Newest first unless
    said otherwise. Raises Refused for values that make no sense.
    """
    limit, order = _limit(query), query.get("order", "desc")
    if order not in {"asc", "desc"}:
        raise Refused("value", where="order", reason="it is to be asc or desc")
    ordered = list(items) if order == "asc" else list(items)[::-1]
    start = _place(ordered, query, "after") + 1 if "after" in query else 0
    end = _place(ordered, query, "before") if "before" in query else len(ordered)
    rest = ordered[start:end]
    # `before` asks for the page that ends there, the others for the one that begins where they say.
    chosen = rest[-limit:] if "before" in query and "after" not in query else rest[:limit]
    return {
        "object": "list",
        "data": chosen,
        "first_id": chosen[0]["id"] if chosen else None,
        "last_id": chosen[-1]["id"] if chosen else None,
        "has_more": len(rest) > len(chosen),
    }


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(_DEFAULT_LIMIT))
    limit = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(_MAX_LIMIT)) else 0
    if not 1 <= limit <= _MAX_LIMIT:
        raise Refused("value", where="limit", reason=f"it is to be an integer from 1 to {_MAX_LIMIT}")
    return limit


def _place(ordered: list[Document], query: Mapping[str, str], name: str) -> int:
    for index, item in enumerate(ordered):
        if item["id"] == query[name]:
            return index
    raise Refused("value", where=name, reason="nothing in the list has this id")
