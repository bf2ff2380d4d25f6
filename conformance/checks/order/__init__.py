"""What may follow what: the run, the steps, the messages, and how the stream ends."""

from conformance.checks.order import between, ending, message, run, step, submitted

__all__ = ["between", "ending", "message", "run", "step", "submitted"]
