"""Fuzzing with request bodies: schemathesis invents them, our own parts send and judge them.

Opt-in: it needs the extra `fuzz`, and only `bodies.py` and `hunt.py` know schemathesis and Hypothesis. A body is a
`Generated` value without ids; on a `WaitingRun` it becomes a submission; what it deserves is its `Standing`; what the
answer got wrong is told as a `Departure`, with the smallest body that shows it.
"""
