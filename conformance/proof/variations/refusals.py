"""Submissions that are to be refused while a run waits, and the statuses with which each may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from conformance.model import Headers
from conformance.proof.variations.conversation import CREDENTIALS
from conformance.proof.variations.draw import Draw
from conformance.reference.objects import Document

#: The outputs of a waiting run, each an item of `tool_outputs`.
Items = list[Document]

#: A call id that no run asks for.
FOREIGN = "call_999999999999999999999999"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One kind of submission that a server refuses."""

    #: The body, from outputs that would do.
    body: Callable[[Draw, Items], Document | bytes]
    #: What the contract allows, the usual status first (contract §5).
    statuses: tuple[int, ...] = (400, 422)
    #: What only the sender knows.
    situation: str = ""
    credentials: Headers = CREDENTIALS
    #: The fewest pending calls with which it makes sense.
    calls: int = 1
    #: What is submitted next and refused likewise, where it takes two.
    then: Callable[[Draw, Items], Document | bytes] | None = None
    #: Whether the body may ask for a stream.
    streamable: bool = True
    #: Which id of the path is another one: `thread`, `run` or none.
    astray: str = ""


def _outputs(items: Items) -> Document:
    return {"tool_outputs": items}


def _all(_draw: Draw, items: Items) -> Document:
    return _outputs(items)


def _with_first(**changes: object) -> Callable[[Draw, Items], Document]:
    return lambda _draw, items: _outputs([{**items[0], **changes}, *items[1:]])


def _without_first(key: str) -> Callable[[Draw, Items], Document]:
    return lambda _draw, items: _outputs([{name: value for name, value in items[0].items() if name != key}, *items[1:]])


def _partial(draw: Draw, items: Items) -> Document:
    left = draw.integers(0, len(items) - 1)
    return _outputs([item for index, item in enumerate(items) if index != left])


def _typed(draw: Draw, items: Items) -> Document:
    return _with_first(output=draw.choice([7, 1.5, True, {}, {"a": "b"}, [], ["x"]]))(draw, items)


def _other_stream(draw: Draw, items: Items) -> Document:
    return {**_outputs(items), "stream": draw.choice(["true", "false", "", 1, 0, {}])}


def _malformed(draw: Draw, _items: Items) -> bytes:
    return draw.choice([b'{"tool_outputs": [', b"{", b"tool_outputs=1", b"{'tool_outputs': []}", b"\xff\xfe", b"[NaN]"])


#: Statuses of a refusal whose 400 is not even a SHOULD.
_OPEN = (400, 404, 409, 422)
_KEY, _BETA = CREDENTIALS

REFUSALS: Mapping[str, Refusal] = MappingProxyType(
    {
        "partial": Refusal(_partial, (400,), calls=2),
        "split": Refusal(
            lambda _draw, items: _outputs(items[:1]), (400,), calls=2, then=lambda _draw, items: _outputs(items[1:])
        ),
        "unknown-id": Refusal(_with_first(tool_call_id=FOREIGN), _OPEN),
        "unknown-id-added": Refusal(
            lambda _draw, items: _outputs([*items, {"tool_call_id": FOREIGN, "output": "x"}]), _OPEN
        ),
        "duplicate-id": Refusal(lambda _draw, items: _outputs([*items, items[0]]), (400, 409, 422)),
        "empty": Refusal(lambda _draw, _items: _outputs([]), (400,)),
        "no-outputs": Refusal(lambda draw, _items: draw.choice([{}, {"tool_outputs": None}])),
        "no-id": Refusal(_without_first("tool_call_id")),
        "no-output": Refusal(_without_first("output")),
        "null-output": Refusal(_with_first(output=None)),
        "typed-output": Refusal(_typed),
        "extra-key": Refusal(lambda _draw, items: {**_outputs(items), "run_id": "x"}),
        "string-stream": Refusal(_other_stream, streamable=False),
        "malformed": Refusal(_malformed, (400,), streamable=False),
        "unknown-run": Refusal(_all, (404,), situation="unknown-run", astray="run"),
        "unknown-thread": Refusal(_all, (404,), situation="unknown-thread", astray="thread"),
        "other-thread": Refusal(_all, (404,), situation="other-thread", astray="thread"),
        "no-key": Refusal(_all, (401,), situation="no-key", credentials=(_BETA,)),
        "wrong-key": Refusal(_all, (401,), situation="wrong-key", credentials=(("Authorization", "Bearer x"), _BETA)),
        "no-beta": Refusal(_all, (400,), situation="no-beta", credentials=(_KEY,)),
    }
)
