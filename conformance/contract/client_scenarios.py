"""The situations that a client is brought into, as one table: what it is asked to submit, and how it is answered.

What is expected of it is in `requirements/`, never here. The client acts by itself, so these scenarios hold no acts:
`script` says what the run does once the outputs are there, `answer` what is special about how that is sent.
"""

from __future__ import annotations

from types import MappingProxyType

from conformance.model import Role, Scenario

#: What a situation can hold for a client, beside the words of `scenarios.TRAITS` that mean the same for both sides.
CLIENT_TRAITS = MappingProxyType(
    {
        "client": "a client is judged",
        "head": "the heads of its requests are known, not only their bodies",
        "words": "the bodies of its requests are known",
        "asked": "the calls that it was asked to answer are known",
        "wanted": "it was asked to use a stream, or not to",
        "plain": "the client is asked to submit without a stream",
        "streamed": "the client is asked to submit with stream true",
        "begun": "a stream begins to answer the first submission",
        "usual": "the usual course: the run completes, and its events or status say so",
        "truncated": "the stream ends cleanly before the event that ends the run",
        "reset": "the connection breaks within the stream",
        "error-event": "an error event ends the stream, its error wrapped as it really came",
        "error-event-bare": "an error event ends the stream, its error bare as it is documented",
        "bad-json": "the data of an event breaks off before its end",
        "not-a-stream": "something that is not a stream answers stream true",
        "refused": "the submission is refused for good",
        "rate-limited": "429 with Retry-After, then the submission is served",
        "unready": "408 or 409, then the submission is served",
        "fault-before": "a server error or a lost connection, nothing accepted; the next submission is served",
        "fault-after": "the outputs are accepted; the answer is a server error or is lost",
        "retry-declined": "a server error whose headers decline a retry",
        "ends-failed": "the run fails",
        "ends-expired": "the run expires",
        "ends-incomplete": "the run ends incomplete",
        "ends-cancelled": "the run is cancelled",
        "line-ends": "lines end in CRLF or CR",
        "bom": "the stream begins with a byte order mark",
        "comments": "comments stand within the stream and between its events",
        "data-lines": "the data of an event stands on several lines",
        "empty-events": "blocks without data",
        "no-space": "no space after the colon of a field",
        "unknown-fields": "fields that the grammar of event streams does not know",
        "chunks": "the stream comes one byte at a time",
        "long-lines": "a line of 512 KB",
        "line-separators": "U+2028, U+2029 and U+0085 within the text",
        "unknown-events": "events of an unknown name whose data is JSON",
        "unknown-texts": "events of an unknown name whose data is not JSON",
        "documented-events": "steps fail, are cancelled and expire, a message ends incomplete, and the run completes",
        "asks-late": "one second passes between the arguments of a call and requires_action",
        "unknown-members": "objects hold undocumented members, and lack optional ones",
        "after-done": "a piece of text comes after done",
        "left-open": "the connection stays open after done",
        "no-done": "the event that ends the run comes, done does not",
        "delta-first": "a piece of a message comes before the message was created",
        "two-endings": "the event that ends the run comes twice",
        "outcome": "the command wrote an outcome file",
        "azure": "the client uses the Azure form: no beta header, a version in the query",
    }
)

#: How the other side answers a submission: what it changes about a right answer.
ANSWERS = MappingProxyType(
    {
        "plainly": "as a conforming server does",
        # the first submission meets something that may pass, the next one is served
        "rate-limited": "429 with Retry-After: 1 to the first submission, nothing accepted; the next one is served",
        "request-timeout": "408 to the first submission, nothing accepted; the next one is served",
        "conflict": "409 to the first submission, nothing accepted; the next one is served",
        "fault-before": "500 to the first submission, nothing accepted; the next one is served",
        "connection-lost": "the connection is closed without a status line, nothing accepted; the next one is served",
        "fault-after": "the first submission is accepted and answered 500; the next one finds the run going on",
        "answer-lost": "the first submission is accepted, the connection closed without a status line",
        "retry-declined": "500 with x-should-retry: false to the first submission, nothing accepted; then served",
        # every submission is refused, and nothing is accepted
        "refused-state": "400: the run's status does not accept tool outputs",
        "refused-calls": "400: other call ids were expected",
        "refused-output": "400 with code invalid_type and the path of an output",
        "refused-html": "400 with an HTML page",
        "refused-silently": "400 with an empty body",
        "unauthorized": "401 with code invalid_api_key",
        "not-found": "404: no such run",
        # the stream ends before its end; the run itself goes on to its end all the same
        "truncated-at-once": "the stream ends cleanly after its head, without a byte",
        "truncated-between-events": "the stream ends cleanly after the second piece of text",
        "truncated-within-event": "the stream ends cleanly in the middle of the third piece of text",
        "truncated-before-ending": "the stream ends cleanly where the run's last event would have come",
        "reset-at-once": "the connection is reset after the head, without a byte of the body",
        "reset-between-events": "the connection is reset after the second piece of text",
        "reset-within-event": "the connection is reset in the middle of the third piece of text",
        "no-done": "the stream ends cleanly after the run's last event, without done",
        # the answer is not what a client expects
        "error-bare": "the data of the error event is the bare error object",
        "bad-json": "the data of the run's last event has one closing brace too many",
        "json": "200 with the run as JSON, though a stream was asked for",
        "html": "200 with an HTML page",
        "after-done": "one more piece of text, ` More`, comes after done",
        "left-open": "the connection stays open for six seconds after done, the body unfinished",
        "delta-first": "the first piece of text comes before the event that creates its message",
        "two-endings": "the run's last event comes twice, as completed and as failed",
        # legal, and unusual
        "crlf": "every line ends in CRLF",
        "cr": "every line ends in CR",
        "bom": "a byte order mark comes first",
        "comments": "a comment line stands in every event",
        "keep-alives": "a block that holds only a comment stands between all events",
        "data-lines": "every JSON document is spread over several data lines",
        "retry-alone": "a block that holds only retry comes first, one with only an event name later",
        "no-space": "no space stands after the colon of a field",
        "unknown-fields": "lines of an unknown field, with a colon and without, stand in every event",
        "byte-by-byte": "every byte of the body is a chunk of its own",
        "long-line": "the first event holds an unknown member of 512 KB",
        "line-separators": "U+2028, U+2029 and U+0085 stand unescaped in an unknown member of every object",
        "unknown-events": "events of an unknown name with JSON data come first, in between and before done",
        "unknown-texts": "events of an unknown name whose data is a sentence come first, in between and before done",
        "documented-events": "steps fail, are cancelled, expire; a message ends incomplete; the run completes",
        "asks-late": "one second passes in a stream between the complete arguments and requires_action",
        "unknown-members": "every object holds an undocumented member, and lacks what is optional",
    }
)  # fmt: skip


def _scenario(kind: str, name: str, title: str, traits: str, *, calls: int, script: str, answer: str) -> Scenario:
    held = frozenset(("client", "submit", "head", "words", "asked", "wanted", kind, *traits.split()))
    return Scenario(f"{kind}-{name}", title, (), held, role=Role.CLIENT, calls=calls, script=script, answer=answer)


def _plain(name: str, title: str, traits: str, *, calls: int = 1, script: str = "text",
           answer: str = "plainly") -> Scenario:  # fmt: skip
    return _scenario("plain", name, title, traits, calls=calls, script=script, answer=answer)


def _unstreamed(name: str, title: str, traits: str, *, calls: int = 1, answer: str) -> Scenario:
    """A stream is asked for, and the first answer is not one."""
    return _scenario("streamed", name, title, traits, calls=calls, script="text", answer=answer)


def _streamed(name: str, title: str, traits: str, *, calls: int = 1, script: str = "text",
              answer: str = "plainly") -> Scenario:  # fmt: skip
    return _scenario("streamed", name, title, f"begun {traits}", calls=calls, script=script, answer=answer)


CLIENT_SCENARIOS: tuple[Scenario, ...] = (
    _plain("one-call", "one pending call", "usual"),
    _plain("three-calls", "three pending calls", "usual several-calls", calls=3),
    _plain("second-round", "the run asks once more", "second-round", script="round"),
    _plain("failed", "the run fails", "ends-failed", script="failed"),
    _plain("expired", "the run expires before it goes on", "ends-expired", script="expired"),
    _plain("incomplete", "the run ends incomplete", "ends-incomplete", script="incomplete"),
    _plain("cancelled", "the run is cancelled", "ends-cancelled", script="cancelled"),
    _plain("rate-limited", "429 with Retry-After, then served", "rate-limited", answer="rate-limited"),
    _plain("request-timeout", "408, then served", "unready", answer="request-timeout"),
    _plain("conflict", "409, then served", "unready", answer="conflict"),
    _plain("fault-before", "500 before anything was accepted", "fault-before", answer="fault-before"),
    _plain("connection-lost", "no status line, nothing accepted", "fault-before", answer="connection-lost"),
    _plain("fault-after", "500 after the outputs were accepted", "fault-after", answer="fault-after"),
    _plain("answer-lost", "no status line after the outputs were accepted", "fault-after", answer="answer-lost"),
    _plain("retry-declined", "500 whose headers decline a retry", "retry-declined", answer="retry-declined"),
    _plain("refused-state", "400 for the run's status", "refused", answer="refused-state"),
    _plain("refused-calls", "400 for the call ids", "refused", answer="refused-calls", calls=2),
    _plain("refused-output", "400 for the type of an output", "refused", answer="refused-output"),
    _plain("refused-html", "400 as an HTML page", "refused", answer="refused-html"),
    _plain("refused-silently", "400 with an empty body", "refused", answer="refused-silently"),
    _plain("unauthorized", "401", "refused", answer="unauthorized"),
    _plain("not-found", "404", "refused", answer="not-found"),
    _streamed("one-call", "one pending call", "usual"),
    _streamed("three-calls", "three pending calls", "usual several-calls", calls=3),
    _streamed("second-round", "the run asks once more at the end of the stream", "second-round", script="round"),
    _streamed("built-in-step", "a built-in tool step before the message", "usual", script="built-in"),
    _streamed("two-messages", "two messages and a tool step between them", "usual", script="two-messages"),
    _streamed("failed", "the run fails", "ends-failed", script="failed"),
    _streamed("expired", "the run expires before it goes on", "ends-expired", script="expired"),
    _streamed("incomplete", "the run ends incomplete", "ends-incomplete", script="incomplete"),
    _streamed("cancelled", "the run is cancelled", "ends-cancelled", script="cancelled"),
    _unstreamed("rate-limited", "429 with Retry-After, then served", "rate-limited", answer="rate-limited"),
    _unstreamed("fault-before", "500 before anything was accepted", "fault-before", answer="fault-before"),
    _unstreamed("fault-after", "500 after the outputs were accepted", "fault-after", answer="fault-after"),
    _unstreamed("refused-state", "400 for the run's status", "refused", answer="refused-state"),
    _unstreamed("refused-calls", "400 for the call ids", "refused", answer="refused-calls", calls=2),
    _unstreamed("unauthorized", "401", "refused", answer="unauthorized"),
    _unstreamed("not-found", "404", "refused", answer="not-found"),
    _streamed("error-wrapped", "an error event, its error wrapped", "error-event", script="error"),
    _streamed("error-bare", "an error event, its error bare", "error-event-bare", script="error", answer="error-bare"),
    *(
        _streamed(answer, f"the stream ends cleanly {where}", "truncated", answer=answer)
        for answer, where in (
            ("truncated-at-once", "without an event"),
            ("truncated-between-events", "between two pieces of text"),
            ("truncated-within-event", "within an event"),
            ("truncated-before-ending", "before the run's end"),
        )
    ),
    *(
        _streamed(answer, f"the connection breaks {where}", "reset", answer=answer)
        for answer, where in (
            ("reset-at-once", "before the first event"),
            ("reset-between-events", "between two pieces of text"),
            ("reset-within-event", "within an event"),
        )
    ),
    _streamed("bad-json", "the run's last event is not JSON", "bad-json", answer="bad-json"),
    _unstreamed("json", "JSON answers stream true", "not-a-stream", answer="json"),
    _unstreamed("html", "an HTML page answers stream true", "not-a-stream", answer="html"),
    _streamed("no-done", "the run's end without done", "no-done", answer="no-done"),
    _streamed("after-done", "events after done", "after-done", answer="after-done"),
    _streamed("left-open", "a connection left open after done", "left-open", answer="left-open"),
    _streamed("delta-first", "a piece of text before its message", "delta-first", answer="delta-first"),
    _streamed("two-endings", "two endings", "two-endings", answer="two-endings"),
    _streamed("crlf", "lines that end in CRLF", "line-ends", answer="crlf"),
    _streamed("cr", "lines that end in CR", "line-ends", answer="cr"),
    _streamed("bom", "a byte order mark", "bom", answer="bom"),
    _streamed("comments", "comments within events", "comments", answer="comments"),
    _streamed("keep-alives", "comments between events", "comments", answer="keep-alives"),
    _streamed("data-lines", "data on several lines", "data-lines", answer="data-lines"),
    _streamed("retry-alone", "blocks without data", "empty-events", answer="retry-alone"),
    _streamed("no-space", "no space after the colon", "no-space", answer="no-space"),
    _streamed("unknown-fields", "unknown fields", "unknown-fields", answer="unknown-fields"),
    _streamed("byte-by-byte", "one byte at a time", "chunks", answer="byte-by-byte"),
    _streamed("long-line", "a line of 512 KB", "long-lines", answer="long-line"),
    _streamed("line-separators", "U+2028, U+2029 and U+0085 in the text", "line-separators", answer="line-separators"),
    _streamed("unknown-events", "unknown events with JSON", "unknown-events", answer="unknown-events"),
    _streamed("unknown-texts", "unknown events without JSON", "unknown-texts", answer="unknown-texts"),
    _streamed("unknown-members", "unknown members", "unknown-members", answer="unknown-members"),
    _streamed("documented-events", "rare documented events", "documented-events", answer="documented-events"),
    _streamed("asks-late", "requires_action comes a second late", "second-round asks-late", script="round",
              answer="asks-late"),
)  # fmt: skip
