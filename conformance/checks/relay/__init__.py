"""What stands between: each request and answer on one side, held against what it was on the other."""

from conformance.checks.relay import answers, course, events, requests

__all__ = ["answers", "course", "events", "requests"]
