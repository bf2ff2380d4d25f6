"""Timestamps of a document: integer seconds, never milliseconds and never text (DIS-TIME-TYPE)."""

from __future__ import annotations

from conformance.contract.schema import TIMESTAMPS
from conformance.model import Finding
from conformance.walk.documents import Document, shown, whole
from conformance.walk.observation import Observation

#: 2286-11-20 in seconds; milliseconds have been beyond it since 1970-04-26.
_SECONDS_END = 10_000_000_000


def wrong_seconds(observation: Observation, object_name: str, document: Document) -> list[Finding]:
    """A finding for each timestamp that is not an integer number of seconds; null and absent ones are fine."""
    return [
        observation.finding(
            "not-seconds",
            f"{name} is not a time in seconds",
            "whole seconds since 1970",
            shown(value),
            details=(name,),
            pointer=f"/{name}",
        )
        for name in TIMESTAMPS.get(object_name, ())
        if (value := document.get(name)) is not None and not _is_seconds(whole(value))
    ]


def _is_seconds(value: int | None) -> bool:
    return value is not None and 0 <= value < _SECONDS_END
