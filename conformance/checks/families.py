"""All families of checks; importing this module fills the table."""

from conformance.checks import (
    content,
    done,
    errors,
    events,
    framing,
    order,
    outcome,
    reading,
    request,
    response,
    retry,
    sending,
    submission,
    surface,
)
from conformance.checks.registry import CHECKS

FAMILIES = (
    request,
    response,
    framing,
    events,
    order,
    content,
    done,
    submission,
    errors,
    surface,
    sending,
    retry,
    reading,
    outcome,
)

__all__ = ["CHECKS", "FAMILIES"]
