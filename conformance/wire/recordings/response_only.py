"""A recording of an answer alone: of its request at most the submitted body is known."""

from __future__ import annotations

from conformance.model import Author, Exchange, Operation, Request, Response, Transcript
from conformance.wire.recordings.operation import of_stream


def answered(name: str, kind: str, request: bytes | None, response: Response) -> Transcript:
    """Return the transcript of one answer: a submission's where a request is known, else its first event shows it.

    A request that nobody has recorded is empty and counts as reconstructed.
    """
    body = b"".join(chunk.data for chunk in response.chunks)
    operation = Operation.SUBMIT if request is not None else of_stream(body)
    asked = Request(Author.HARNESS, "POST", "", (), request or b"", reconstructed=request is None)
    return Transcript(name, (Exchange(operation, 0, asked, response),), provenance={"kind": kind})
