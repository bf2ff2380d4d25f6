"""Whether the JSON pointer of a finding leads anywhere: a name that stands in no document helps nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

from conformance.model import Exchange, Finding, Transcript
from conformance.wire.sse import Decoder

#: What should have come where something else came.
_ENVELOPE = {"error": {"message": "", "type": "", "param": None, "code": None}}


def astray(finding: Finding, *transcripts: Transcript) -> bool:
    """Whether a pointer leads nowhere in its exchange: neither as it was before the damage nor as it is after it."""
    if finding.pointer is None:
        return False
    exchanges = [one.exchanges[finding.exchange] for one in transcripts if finding.exchange < len(one.exchanges)]
    documents = [_ENVELOPE, *(document for exchange in exchanges for document in _documents(exchange))]
    return not any(_leads(finding.pointer, document) for document in documents)


def _documents(exchange: Exchange) -> Iterator[object]:
    """All that is JSON in an answer: its body, or each event."""
    response = exchange.response
    body = b"".join(chunk.data for chunk in response.chunks) if response is not None else b""
    for text in (body, *(event.data for event in Decoder().feed(body))):
        with suppress(ValueError):
            yield json.loads(text)


def _leads(pointer: str, document: object) -> bool:
    for member in pointer.split("/")[1:]:
        name = member.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict) and name in document:
            document = document[name]
        elif isinstance(document, list) and name.isdigit() and int(name) < len(document):
            document = document[int(name)]
        else:
            return False
    return True
