"""The end of a stream: exactly one `event: done` with the data `[DONE]`, in its place, then a proper close."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.model import Ended, Finding
from conformance.walk.observation import Observation
from conformance.walk.occasions import DONE_EVENT, END, EVENT
from conformance.walk.place import DONE
from conformance.walk.registry import check

#: ORD-CLOSE: generous on purpose; clients that drain the body wait for it.
CLOSES_WITHIN_MS = 5000


@check("done.present", on=[END])
def present(observation: Observation) -> Iterable[Finding] | None:
    """Some `[DONE]` came; after an error event a bare end is reported by done.after-error."""
    stream = observation.stream
    if stream.done is not None:
        return ()
    if stream.error is not None:
        return None
    got = f"{observation.end_of_body()} after {stream.count} event{'s' * (stream.count != 1)} without it"
    return [observation.finding("absent", "the stream has no [DONE]", "event: done with data [DONE] at the end", got)]


@check("done.once", on=[DONE_EVENT])
def once(observation: Observation) -> Iterable[Finding]:
    """`[DONE]` does not come again."""
    stream = observation.stream
    if stream.done is None:
        return ()
    # Where the one before came while the run was still going on, or under another name, that is the one too many.
    over, place = stream.terminal or stream.error, observation.place
    early = over is not None and stream.done.event < over.event
    misnamed = place is not None and place.name == "done" != stream.done.name
    surplus = stream.done if early or misnamed else None
    return [observation.finding("repeated", "[DONE] came again", "exactly one done event", "another one", at=surplus)]


@check("done.last", on=[EVENT, END])
def last(observation: Observation) -> Iterable[Finding] | None:
    """No event comes after `[DONE]`; where that came before the run's end, it is `[DONE]` that is out of place."""
    stream = observation.stream
    if stream.done is None or (stream.terminal is None and stream.error is None):
        return None
    if observation.place is None:
        return ()
    got = observation.place.name or "an event without a name"
    return [observation.finding("not-last", "an event came after [DONE]", "nothing after done", got)]


@check("done.name", on=[DONE_EVENT])
def name(observation: Observation) -> Iterable[Finding]:
    """The event that carries `[DONE]` is named done."""
    got = observation.place.name if observation.place else ""
    if got == "done":
        return ()
    return [
        observation.finding("another-name", "[DONE] came under another name", "event: done", got or "no event field")
    ]


@check("done.data", on=[DONE_EVENT])
def data(observation: Observation) -> Iterable[Finding]:
    """The data of the done event is `[DONE]`, byte for byte."""
    if observation.data == DONE:
        return ()
    got = observation.data[:60].decode("utf-8", "replace")
    return [
        observation.finding("another-data", "the done event carries something else", "data: [DONE]", got or "no data")
    ]


@check("done.after-terminal", on=[DONE_EVENT])
def after_terminal(observation: Observation) -> Iterable[Finding] | None:
    """`[DONE]` comes only once the run has ended, needs another round, or broke with an error event."""
    stream = observation.stream
    if stream.done is not None:
        return None
    if stream.terminal is not None or stream.error is not None:
        return ()
    return [
        observation.finding(
            "before-terminal",
            "[DONE] came although the run was still going on",
            "a terminal run event, thread.run.requires_action or error before done",
            f"run state: {stream.run_state}",
        )
    ]


@check("done.after-error", on=[END])
def after_error(observation: Observation) -> Iterable[Finding] | None:
    """After an error event `[DONE]` follows."""
    stream = observation.stream
    if stream.error is None:
        return None
    if stream.done is not None or stream.ends_in_unterminated_done:
        return ()
    return [
        observation.finding(
            "absent", "no [DONE] after the error event", "event: done", "the end of the body", at=stream.error
        )
    ]


@check("done.closes", on=[END])
def closes(observation: Observation) -> Iterable[Finding] | None:
    """After `[DONE]` the server ends the body, properly and soon."""
    stream, response = observation.stream, observation.response
    if stream.done is None or response is None or response.ended is Ended.ABORTED:
        return None
    waited = response.ended_ms - stream.done.ms
    if response.ended is Ended.COMPLETE and waited <= CLOSES_WITHIN_MS:
        return ()
    got = f"ended {waited} ms later" if response.ended is Ended.COMPLETE else f"{response.ended} after {waited} ms"
    expected = f"the end of the body within {CLOSES_WITHIN_MS} ms after [DONE]"
    return [observation.finding("not-closed", "the body was not ended after [DONE]", expected, got, at=stream.done)]
