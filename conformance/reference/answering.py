"""How a server answers: what it decides, and what it makes of the answers it has planned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.model import Request, Response
from conformance.reference.behaviour import Behaviour


def as_planned(_request: Request, planned: Response) -> Response:
    """Play what was planned."""
    return planned


@dataclass(frozen=True, slots=True)
class Answering:
    """As it stands it is the right way; each half can be replaced."""

    behaviour: Behaviour = field(default_factory=Behaviour)
    #: What is played in the place of a planned answer; None: the connection is closed without a status line.
    tell: Callable[[Request, Response], Response | None] = as_planned
