"""Why a client that submitted nothing cannot be judged: it was never asked for outputs, and what it did instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from conformance.model import Exchange
from conformance.walk.asked import bases, is_outside, submitted, was_asked
from conformance.walk.documents import Document, member, members, shown, text
from conformance.walk.http_response import body_of, document_of, served

#: Characters that are shown of an answer that is no error of the API.
_MOST = 200


def never_asked(
    heard: Sequence[Exchange], brought: Iterable[Exchange], traits: frozenset[str], *, failed: bool, ending: str
) -> str | None:
    """Why the client could not be asked, in words; None where it was, or where what it sent says enough.

    `heard` is what it sent, `brought` what the harness did before, `failed` whether it reported a failure, `ending`
    how it ended, in words.
    """
    if not heard:
        return f"the client sent no request: it {ending}" if failed else None
    known = bases(brought, traits)
    if submitted(heard) or was_asked(heard) or any(is_outside(each.request.target, known) for each in heard):
        return None
    return f"the client was never asked for tool outputs: {_obstacle(heard)}; it {ending}"


def _obstacle(heard: Sequence[Exchange]) -> str:
    """What kept it from being asked: the last request that was refused, a run without functions, or nothing known."""
    refused = [each for each in heard if each.response is not None and not served(each.response)]
    if refused:
        last = refused[-1]
        return f"{last.request.method} {shown(last.request.target)} was answered {_answer(last)}"
    ran = list(_runs(heard))
    if ran and not any(text(tool, "type") == "function" for run in ran for tool in members(run, "tools")):
        return "its run has no functions to call, so that nothing is to be submitted"
    return "no run that it looked at waited for any"


def _answer(refused: Exchange) -> str:
    assert refused.response is not None  # noqa: S101 - it was refused
    document, _ = document_of(refused.response)
    said = text(document, "error", "message") or body_of(refused.response)[:_MOST].decode("utf-8", "replace")
    return f"{refused.response.status}: {said}"


def _runs(heard: Iterable[Exchange]) -> Iterator[Document]:
    """The runs that it was shown by themselves."""
    for each in heard:
        document = member(document_of(each.response)[0]) if each.response is not None else None
        if document is not None and text(document, "object") == "thread.run":
            yield document
