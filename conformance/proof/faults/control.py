"""Two faults whose outcome is known: where one of them has another outcome, the proof itself is broken."""

from __future__ import annotations

from dataclasses import replace

from conformance.model import Exchange, Response
from conformance.proof.faults.pieces import pieces_of, with_pieces
from conformance.proof.faults.registry import Applies, Fault
from conformance.proof.faults.responses import with_body


def _with_comment(_exchange: Exchange, response: Response) -> Response:
    first, *rest = pieces_of(response)
    return with_pieces(response, (first._replace(raw=b": nothing is wrong\n\n" + first.raw), *rest))


def _ruined(_exchange: Exchange, response: Response) -> Response:
    return replace(with_body(response, b"<!doctype html><title>It works!</title>", "text/html"), status=200)


#: Claims to break what it does not break: it must survive.
HARMLESS = Fault(
    "control-harmless",
    "control",
    "A comment is said to be the end of the stream.",
    frozenset({"done.present"}),
    Applies(streamed=True),
    _with_comment,
)

#: Leaves nothing as it was: it must be caught.
RUINOUS = Fault(
    "control-ruinous",
    "control",
    "Every stream is a page of a proxy.",
    frozenset({"request.stream-true"}),
    Applies(streamed=True),
    _ruined,
)
