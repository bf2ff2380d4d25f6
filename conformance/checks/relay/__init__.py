"""Gateways: each request and answer on one side, compared with the other side."""

from conformance.checks.relay import answers, course, events, requests

__all__ = ["answers", "course", "events", "requests"]
