"""A client for the judge of clients to be tried on: a right one, and the same with one bad habit at a time.

`python -m conformance.mock.client [--habit NAME]` does what `conformance client` asks of a command. It is written with
the standard library alone and shares no code with what judges it: `events` reads streams, `conversation` submits and
listens, `habits` is the table of what it may do otherwise.
"""
