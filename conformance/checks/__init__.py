"""What is wrong: one file or folder for each family of checks; importing this module fills the table."""

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
from conformance.walk.registry import CHECKS

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
