"""Fuzzing with request bodies: schemathesis invents them, our own parts send and judge them.

Opt-in: it needs the extra `fuzz`, and only `bodies.py` and `search.py` know schemathesis and Hypothesis. A body is a
`Generated` value without ids; on a `WaitingRun` it becomes a submission; what it deserves is its `Expectation`; what
the answer got wrong is reported as a `FuzzFinding`, with the smallest body that shows it.
"""
