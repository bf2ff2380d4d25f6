"""What a client made of an answer: how it ended, what it wrote down, what it looked at afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.contract.lifecycle import UNSUCCESSFUL
from conformance.model import Finding, Operation, Outcome
from conformance.walk.documents import Document, find, members, shown, text
from conformance.walk.http_response import got_status, served
from conformance.walk.observation import Message, Observation, Stream
from conformance.walk.rounds import Sent, own, rounds

#: What a client may say between two messages when it reports several as one text.
_BETWEEN = ("", "\n", "\n\n", " ")

#: Looks at a run after its end was told that nobody takes for curiosity: whoever comes so far goes on for ever. Tight
#: loops come to it in a second or two, loops that pause are ended by their time.
FOR_EVER = 500


@dataclass(frozen=True, slots=True)
class ClientEnd:
    """One client's end, set against the submission of the last round that it came to."""

    observation: Observation
    outcome: Outcome
    #: The accepted submission, else the last one.
    sent: Sent
    #: The stream that answered it, where one did.
    stream: Stream | None

    @property
    def accepted(self) -> bool:
        """Whether the submission was accepted."""
        return self.sent.response is not None and served(self.sent.response)

    @property
    def whole(self) -> bool:
        """Whether the stream showed the run's end, once, and nothing in it was unreadable."""
        stream = self.stream
        return stream is not None and stream.terminals == 1 and stream.error is None and not stream.unread

    @property
    def error(self) -> bool:
        """Whether it wrote down an error."""
        return bool(find(self.outcome.document, "error"))

    @property
    def status(self) -> str | None:
        """The run's status as it wrote it down."""
        return text(self.outcome.document, "status")

    @property
    def text(self) -> str | None:
        """The text as it wrote it down."""
        return text(self.outcome.document, "text")

    @property
    def end(self) -> str:
        """How it ended, in words."""
        code = self.outcome.exit_code
        return "still running when its time was over" if code is None else f"exit code {code}"

    @property
    def gave_up(self) -> bool:
        """Whether it ended with an error: what it wrote down beside is what it had by then."""
        return self.outcome.exit_code not in (None, 0) or self.error

    @property
    def reported(self) -> bool:
        """Whether it reported a failure, of whatever kind."""
        return self.gave_up or self.status in UNSUCCESSFUL

    @property
    def said(self) -> str:
        """How it ended, and the error and the status that it wrote down."""
        document = self.outcome.document or {}
        told = [f"the {name} {shown(document[name])}" for name in ("error", "status") if document.get(name)]
        return " and ".join((self.end, *told))

    def says(self, status: str) -> bool:
        """Whether it wrote down that status, or an error that names it."""
        return self.status == status or status in (text(self.outcome.document, "error") or "")

    def looked(self, *operations: Operation) -> bool:
        """Whether it read the run, or whatever else is asked for, after the submission, and was answered.

        Who deletes what it created, or cancels, reads nothing.
        """
        return any(
            exchange.operation in operations
            and exchange.request.method == "GET"
            and exchange.response is not None
            and served(exchange.response)
            for index, exchange in own(self.observation)
            if index > self.sent.exchange
        )

    def shown_status(self) -> str | None:
        """The status of the run that the client was last shown; None where nobody can know what it was shown."""
        known = self.observation.history.run(self.sent.submitted.run_id)
        if known is None or known.status in (None, "submitted") or (self.stream and self.stream.terminals > 1):
            return None
        inferred = known.status in ("queued", "in_progress") and bool(tuple(self._listed()))
        return None if inferred else known.status

    def right_texts(self) -> frozenset[str]:
        """Every way to report the text that was sent: the messages of the run joined, or the last of them."""
        streamed = [_text_of(message) for message in self._messages()]
        ways = [streamed] if streamed else []
        ways += list(self._listed())
        return frozenset(way for texts in ways for way in (*(between.join(texts) for between in _BETWEEN), texts[-1]))

    def text_is_right(self) -> bool | None:
        """Whether the text it wrote down was sent to it; None where there is nothing to compare."""
        said = self.text
        if said is None or not self.accepted:
            return None
        right = {each.strip() for each in self.right_texts()}
        if not right and not self.looked(Operation.LIST_MESSAGES) and not (self.stream and self.stream.settled):
            return None
        # Of what did not come to a completed end, any beginning may have been kept.
        cut = self.gave_up or self.shown_status() != "completed" or not (self.stream is None or self.whole)
        kept, right = said.strip(), right or {""}
        if kept in right or (cut and any(each.startswith(kept) for each in right)):
            return True
        # Single messages show texts too, and are not read here.
        return None if self.looked(Operation.OTHER) else False

    def status_is_wrong(self) -> bool:
        """Whether another status was written down than was shown; of what broke off, only a success is wrong."""
        shown = self.shown_status()
        # An event says by its name what its data may not.
        by_name = self.stream is not None and self.stream.terminal_word == self.status
        if shown is None or by_name or self.status in (None, shown):
            return False
        complete = self.accepted and not self.gave_up and (self.stream is None or self.whole)
        return complete or self.status == "completed"

    def finding(self, kind: str, message: str, expected: str, got: str) -> Finding:
        """A finding at the submission."""
        answered = got_status(self.sent.response)
        return self.observation.finding(
            kind, f"{message} (answered {answered})", expected, got, details=(answered,), exchange=self.sent.exchange
        )

    def _messages(self) -> Iterator[Message]:
        """The messages of every stream of the run, in order; pieces that came before their message are among them."""
        run_id = self.sent.submitted.run_id
        indices = {index for index, submitted, _ in self.observation.submissions if submitted.run_id == run_id}
        for index, stream in self.observation.streams:
            if index in indices:
                yield from stream.messages.values()

    def _listed(self) -> Iterator[list[str]]:
        """The texts of the run's messages by each list that was read after the submission, oldest first."""
        for look in self.observation.history.looks:
            if look.operation is Operation.LIST_MESSAGES and look.exchange > self.sent.exchange:
                texts = [_said_in(each) for each in look.documents if self._is_answer(each)]
                if texts:
                    yield texts if "order=asc" in look.target else texts[::-1]

    def _is_answer(self, message: Document) -> bool:
        return text(message, "role") == "assistant" and text(message, "run_id") in (None, self.sent.submitted.run_id)


def client_end(observation: Observation) -> ClientEnd | None:
    """What came of the last round; None where nothing was submitted or nobody knows how the client ended."""
    outcome, all_rounds = observation.transcript.outcome, rounds(observation)
    if outcome is None or outcome.doubt is not None or not all_rounds:
        return None
    last = all_rounds[-1]
    sent = last.served or last.sent[-1]
    stream = next((stream for index, stream in observation.streams if index == sent.exchange), None)
    return ClientEnd(observation, outcome, sent, stream)


def _text_of(message: Message) -> str:
    texts = (
        {index: part.text.getvalue() for index, part in message.parts.items()}
        if message.final is None
        else message.final
    )
    return "".join(texts[index] for index in sorted(texts))


def _said_in(message: Document) -> str:
    return "".join(text(part, "text", "value") or "" for part in members(message, "content"))
