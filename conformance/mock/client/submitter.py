"""What the bundled client does: it submits, listens, and says what became of the run."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from urllib.parse import quote, urlsplit

from conformance.mock.client import stream_reader
from conformance.mock.client.habit import Document, Habit, Outputs
from conformance.mock.client.seen import Failed, Seen

#: Seconds without a byte; a stream of the mock takes milliseconds, one that is left open six seconds.
_PATIENCE = 15.0

#: Seconds before another try where nothing is said of it.
_PAUSE = 0.05

#: Tries of one submission.
_TRIES = 2

_PIECE = 64 * 1024

_MOVING = ("queued", "in_progress", "cancelling")

Answer = http.client.HTTPResponse


class Endless(Exception):
    """The client would never end by itself."""


def act(environment: Mapping[str, str], habit: Habit, enough: Callable[[], bool]) -> dict[str, str]:
    """What a client with a habit says of what the environment asks for, as the outcome file holds it.

    Raises Endless where its habit is to go on for ever, once there is `enough` of it.
    """
    client, error = Client(environment, habit, enough), None
    try:
        client.converse()
    except Failed as failure:
        error = str(failure)
    status, text = client.seen.status, client.seen.text
    said = {"status": habit.said_status(status), "text": habit.said_text(status, text), "error": error}
    return {name: value for name, value in said.items() if value is not None}


class Client:
    """One run, from the outputs it waits for to its end."""

    def __init__(self, environment: Mapping[str, str], habit: Habit, enough: Callable[[], bool]) -> None:
        self.seen = Seen(habit)
        self._habit = habit
        self._enough = enough
        self._base = urlsplit(environment["OPENAI_BASE_URL"])
        self._thread, self._run = environment["CONFORMANCE_THREAD_ID"], environment["CONFORMANCE_RUN_ID"]
        self._streams = environment["CONFORMANCE_STREAM"] == "true"
        self._outputs: Outputs = json.loads(environment["CONFORMANCE_TOOL_OUTPUTS"])
        self._headers = {
            "Authorization": f"Bearer {environment['OPENAI_API_KEY']}",
            "Content-Type": "application/json",
            "OpenAI-Beta": "assistants=v2",
        }
        changed: dict[str, str | None] = {**self._headers, **habit.headers}
        self._submission_headers = {name: value for name, value in changed.items() if value is not None}

    def converse(self) -> None:
        """Look at the run, submit as often as it asks, follow it to its end. Raises Failed."""
        if not self._habit.speaks:
            return
        self._look()
        if not self._habit.submits:
            return
        while self.seen.calls:
            self._submit({call: self._outputs[call] for call in self.seen.calls})
            if not self._streams:
                self._follow()
            if not self._habit.further_rounds:
                break
        if self.seen.calls:
            self._stop_here()
        for _ in range(self._habit.idle_reads):
            self._look()
        while self.seen.status in self._habit.polls_for_ever:
            self._look()
            if self._enough():
                raise Endless
        if self.seen.status in self._habit.waits_for_ever:
            raise Endless

    def _stop_here(self) -> None:
        """End although the run asks once more."""
        if not self._habit.says_it_waits:
            self.seen.status = None if self._habit.fails_at_further_rounds else "completed"
        if self._habit.fails_at_further_rounds:
            raise Failed("there is nothing to go on with")

    def _look(self) -> None:
        if not self._habit.looks_by_list:
            self.seen.run(_document(self._get(self._path(self._run))))
            return
        runs = _document(self._get(f"/threads/{quote(self._thread, safe='')}/runs"))["data"]
        self.seen.run(next(run for run in runs if run["id"] == self._run))

    def _follow(self) -> None:
        """Look at the run until it has stopped, then read what it said."""
        while self.seen.status in _MOVING:
            self._look()
        messages = _document(self._get(f"/threads/{quote(self._thread, safe='')}/messages?run_id={self._run}"))
        for message in reversed(messages["data"]):
            self.seen.whole_message(message)

    def _submit(self, outputs: Outputs) -> None:
        stream = self._habit.stream[self._streams]
        said = {} if stream is None else {"stream": stream}
        self.seen.begin_round()
        for document in self._habit.submissions(outputs):
            submission = {**document, **said}
            try:
                self._take(self._tried(submission), asked_stream=stream is True)
            except Failed as failure:
                if self._habit.resubmits and failure.midstream:
                    self._post(submission).read()
                raise

    def _take(self, answer: Answer, *, asked_stream: bool) -> None:
        if answer.status >= 400:
            said = answer.read(500).decode("utf-8", "replace")
            if self._habit.notices_refusals:
                raise Failed(f"the submission was answered {answer.status}: {said}")
        elif (answer.getheader("Content-Type") or "").startswith("text/event-stream"):
            self._listen(answer)
        elif not asked_stream:
            self.seen.run(_document(answer))
        elif self._habit.notices_other_bodies:
            raise Failed(f"a stream was asked for, and {answer.getheader('Content-Type')} came")

    def _listen(self, answer: Answer) -> None:
        try:
            for event in stream_reader.read(_pieces(answer), self._habit.reading):
                if self.seen.done and self._habit.ignores_rest:
                    continue
                self.seen.event(event)
                if self._habit.submits_early and (calls := self.seen.complete_calls()):
                    self.seen.calls = calls
                    return
                if self.seen.done and self._habit.ends_at_done:
                    return
        except Failed:
            if self._habit.refused_events:  # the rest is sent to it all the same, however fast either side is
                with suppress(OSError, http.client.HTTPException):
                    answer.read()
            raise
        except stream_reader.Unreadable as problem:
            raise Failed(str(problem)) from None
        except (OSError, http.client.HTTPException) as problem:
            if self._habit.notices_resets and not self.seen.done:
                raise Failed(f"the connection broke: {problem!r}", midstream=True) from None
            return
        if self._habit.notices_truncation and not self.seen.run_ended and not self.seen.done:
            raise Failed("the stream ended before the run did", midstream=True)

    def _tried(self, document: Document) -> Answer:
        """Submit, and once more where that is the habit."""
        for attempt in range(1, _TRIES + 1):
            try:
                answer = self._post(document)
            except (OSError, http.client.HTTPException) as problem:
                if attempt == _TRIES or 0 not in self._habit.retried:
                    raise Failed(f"no answer came: {problem!r}") from None
                time.sleep(_PAUSE)
            else:
                declined = self._habit.obeys and answer.getheader("x-should-retry") == "false"
                if attempt == _TRIES or answer.status not in self._habit.retried or declined:
                    return answer
                wait = float(answer.getheader("Retry-After") or _PAUSE) if self._habit.waits else 0
                answer.read()
                time.sleep(wait)
            document = self._habit.again(document)
        raise AssertionError("the last try returns or raises")

    def _path(self, run_id: str) -> str:
        return f"/threads/{quote(self._thread, safe='')}/runs/{quote(run_id, safe='')}"

    def _post(self, document: Document) -> Answer:
        base = self._habit.submits_below(self._base.path)
        path = f"{base}{self._path(self._habit.path_id(self._run))}/submit_tool_outputs"
        return self._asked("POST", path, self._submission_headers, self._habit.written(document))

    def _get(self, path: str) -> Answer:
        return self._asked("GET", self._habit.looks_below(self._base.path) + path, self._headers, None)

    def _asked(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        connection = http.client.HTTPConnection(self._base.hostname or "", self._base.port, timeout=_PATIENCE)
        connection.request(method, path, body, {**headers, "Connection": "close"})
        return connection.getresponse()


def _pieces(answer: Answer) -> Iterator[bytes]:
    while piece := answer.read1(_PIECE):
        yield piece


def _document(answer: Answer) -> Document:
    """The JSON object of an answer that is to be one. Raises Failed."""
    try:
        document = json.loads(answer.read())
    except (ValueError, OSError, http.client.HTTPException) as problem:
        raise Failed(f"no JSON came: {problem!r}") from None
    if answer.status != 200 or not isinstance(document, dict):
        raise Failed(f"answered {answer.status}: {document}")
    return document
