"""All families of checks; importing this module fills the table."""

from conformance.checks import content, done, errors, events, framing, order, request, response, submission, surface
from conformance.checks.registry import CHECKS

FAMILIES = (request, response, framing, events, order, content, done, submission, errors, surface)

__all__ = ["CHECKS", "FAMILIES"]
