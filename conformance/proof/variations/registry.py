"""The table of legal variations: each a small function that may not matter to anybody who judges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from conformance.proof.variations.body_pieces import Delivery
from conformance.proof.variations.conversation import Conversation
from conformance.proof.variations.draw import Draw
from conformance.proof.variations.frame import Frames

#: What a variation works on.
S = TypeVar("S", Conversation, Frames, Delivery)

#: The modules of variations, in the order in which they are laid on each other: of a whole conversation, of the lines
#: of each stream, of the chunks of each answer.
OF_CONVERSATIONS = ("exchanges", "endings", "steps", "messages", "content", "writing")
OF_FRAMES = ("framing",)
OF_DELIVERIES = ("delivery",)
LAYERS = (*OF_CONVERSATIONS, *OF_FRAMES, *OF_DELIVERIES)


@dataclass(frozen=True, slots=True)
class Variation:
    """A named change that the contract allows."""

    name: str
    #: The module it is in.
    layer: str
    #: What is otherwise, in one sentence.
    does: str
    change: Callable[[Draw, Any], Any]


_variations: dict[str, Variation] = {}
#: Every variation by its name.
VARIATIONS = MappingProxyType(_variations)


def variation(name: str) -> Callable[[Callable[[Draw, S], S]], Callable[[Draw, S], S]]:
    """Declare a function of a conversation, a stream's lines or an answer's chunks; its docstring says what it does.

    Raises ValueError for a second one of the same name.
    """

    def bind(change: Callable[[Draw, S], S]) -> Callable[[Draw, S], S]:
        if name in _variations:
            message = f"there is a variation {name!r} already"
            raise ValueError(message)
        layer = change.__module__.rpartition(".")[2]
        _variations[name] = Variation(name, layer, (change.__doc__ or "").strip().partition("\n")[0], change)
        return change

    return bind


def in_order(names: set[str]) -> list[Variation]:
    """The variations of these names in the order in which they are laid on each other."""
    chosen = [found for found in VARIATIONS.values() if found.name in names]
    return sorted(chosen, key=lambda found: LAYERS.index(found.layer))
