"""Every refusal of the server as a table: status, type, parameter, code and message by condition.

Statuses and shapes: the SUB and ERR ids of the contract. Where a real body is on record its wording is kept, because
clients match on it; where only the gist is known the words are ours.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

from conformance.model import Headers
from conformance.reference import objects
from conformance.reference.objects import Document

_INVALID = "invalid_request_error"
_FAULT = "server_error"


class Row(NamedTuple):
    """What is answered under one condition; `message` and `param` may name facts in braces."""

    status: int
    message: str
    type: str = _INVALID
    param: str | None = None
    code: str | None = None
    headers: Headers = ()


REFUSALS = MappingProxyType(
    {
        # whoever asks
        "no-key": Row(401, "No API key was given: send it as 'Authorization: Bearer KEY' or as 'api-key: KEY'."),
        "wrong-key": Row(401, "Incorrect API key provided.", code="invalid_api_key"),
        "no-beta": Row(
            400, "The Assistants API is asked with the header 'OpenAI-Beta: assistants=v2'.", code="invalid_beta"
        ),
        "busy": Row(
            429,
            "Too many requests: wait a second and send it again.",
            "rate_limit_error",
            code="rate_limit_exceeded",
            headers=(("Retry-After", "1"),),
        ),
        "timed-out": Row(408, "The request took too long to arrive: send it again."),
        "conflict": Row(409, "The run is being changed by another request: send it again.", code="conflict"),
        # the request line
        "no-path": Row(404, "Invalid URL ({method} {path})"),
        "no-method": Row(405, "Not allowed to {method} on {path}.", code="method_not_supported"),
        "another-host": Row(
            421,
            "This server does not serve the host '{host}': ask for localhost or its address, or start it with "
            "--allow-host NAME.",
            code="misdirected_request",
        ),
        # the body
        "malformed": Row(400, "The JSON body of the request could not be parsed: {reason}."),
        "not-an-object": Row(400, "The body of the request is to be a JSON object."),
        "missing": Row(
            400, "Missing required parameter: '{where}'.", param="{where}", code="missing_required_parameter"
        ),
        "unknown-key": Row(400, "Unknown parameter: '{where}'.", param="{where}", code="unknown_parameter"),
        "type": Row(
            400,
            "Invalid type for '{where}': expected {expected}, but got {got} instead.",
            param="{where}",
            code="invalid_type",
        ),
        "value": Row(400, "Invalid value for '{where}': {reason}.", param="{where}", code="invalid_value"),
        "long-output": Row(
            400,
            "Invalid '{where}': string too long. Expected a string with maximum length {limit}.",
            param="{where}",
            code="string_above_max_length",
        ),
        "long-outputs": Row(
            400, "The combined tool outputs must be less than 512kb.", param="tool_outputs", code="invalid_value"
        ),
        # what does not exist
        "no-assistant": Row(404, "No assistant found with id '{id}'."),
        "no-thread": Row(404, "No thread found with id '{id}'."),
        "no-message": Row(404, "No message found with id '{id}'."),
        "no-run": Row(404, "No run found with id '{id}'."),
        "no-step": Row(404, "No run step found with id '{id}'."),
        # the state of a run
        "status": Row(400, 'Runs in status "{status}" do not accept tool outputs.'),
        "calls": Row(400, "Expected tool outputs for call_ids {expected}, got {got}"),
        "cancel": Row(400, "Cannot cancel run with status '{status}'."),
        "locked": Row(400, "Can't add messages to {thread} while a run {run} is active."),
        "active": Row(400, "Thread {thread} already has an active run {run}."),
        # the server itself
        "fault": Row(500, "The server had an error while processing the request.", _FAULT),
        "fault-for-good": Row(
            500,
            "The server had an error while processing the request; sending it again will not help.",
            _FAULT,
            headers=(("x-should-retry", "false"),),
        ),
        "full": Row(503, "The server holds as many connections as it allows.", _FAULT),
        # what only a broken server says
        "no-stream-key": Row(422, "The field stream is required."),
        "stream-value": Row(400, "This value of stream is not supported."),
        "unknown-beta": Row(400, "Unknown beta requested in OpenAI-Beta: 'assistants=v2'.", code="invalid_beta"),
        "unacceptable": Row(406, "No event stream is served here."),
        "stranger": Row(403, "This run belongs to somebody else."),
        "unwanted": Row(400, "These tool outputs are not wanted."),
        # HTTP that cannot be read
        "bad-http": Row(400, "The request is not valid HTTP/1.1: {reason}."),
        "slow": Row(408, "The request did not arrive within {limit} s."),
        "big-body": Row(413, "The body is longer than {limit} bytes."),
        "big-head": Row(431, "The head of the request is longer than {limit} bytes."),
    }
)


class Refused(Exception):
    """A request is refused: the condition is a row of the table, the facts fill its braces."""

    def __init__(self, condition: str, **facts: object) -> None:
        super().__init__(condition)
        self.condition = condition
        row = REFUSALS[condition]
        self.status = row.status
        self.headers = row.headers
        param = None if row.param is None else row.param.format(**facts)
        self.document: Document = objects.error(row.message.format(**facts), row.type, param=param, code=row.code)
