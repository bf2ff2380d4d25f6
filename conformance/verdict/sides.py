"""Which side of a gateway shows a role: a server is judged behind it, a client in front.

A transcript of one side alone, which nearly all are, is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from conformance.model import Role, Side, Subject, Transcript

#: Role -> the side that it is judged on.
_SHOWN_ON: Mapping[Role, Side] = MappingProxyType({Role.SERVER: Side.BEHIND, Role.CLIENT: Side.FRONT})


def shown(transcript: Transcript, role: Role) -> tuple[int, ...] | None:
    """The indices of the exchanges that show a role; None where all do."""
    side = _SHOWN_ON.get(role)
    if side is None or all(exchange.side is Side.FRONT for exchange in transcript.exchanges):
        return None
    return tuple(index for index, exchange in enumerate(transcript.exchanges) if exchange.side is side)


def part(transcript: Transcript, indices: tuple[int, ...]) -> Transcript:
    """The transcript of these exchanges alone."""
    return replace(transcript, exchanges=tuple(transcript.exchanges[index] for index in indices))


def placed(subject: Subject, indices: tuple[int, ...]) -> Subject:
    """The verdicts on a part of a transcript, with the places that their findings have in the whole."""
    verdicts = tuple(
        replace(
            verdict,
            findings=tuple(
                replace(finding, exchange=indices[finding.exchange]) if finding.exchange < len(indices) else finding
                for finding in verdict.findings
            ),
        )
        for verdict in subject.verdicts
    )
    return replace(subject, verdicts=verdicts)
