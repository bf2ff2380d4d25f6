"""What is wrong: one file or folder for each family of checks; importing this module fills the table of checks."""

from conformance.checks import (
    content,
    done,
    errors,
    events,
    framing,
    order,
    outcome,
    reading,
    relay,
    request,
    response,
    retry,
    sending,
    submission,
    surface,
)
from conformance.walk.registry import CHECKS

__all__ = [
    "CHECKS",
    "content",
    "done",
    "errors",
    "events",
    "framing",
    "order",
    "outcome",
    "reading",
    "relay",
    "request",
    "response",
    "retry",
    "sending",
    "submission",
    "surface",
]
