"""The occasions on which checks are called: event names as they are, and the words below."""

from __future__ import annotations

from conformance.contract.lifecycle import WORDS

#: An answer to a submission, or the lack of one, whatever was expected of it.
ANSWER = "answer"
#: A plain 2xx answer to a submission that asked for none but a plain one.
RUN = "run"
#: A run document in requires_action, read or streamed.
WAITING = "waiting"
#: The head of an answer that should be, or says it is, a stream.
HEAD = "head"
#: Any dispatched event but those of the next kind, unknown names included, before its own checks.
EVENT = "event"
#: An event that is named done, or carries what `done` does.
DONE_EVENT = "done event"
#: The end of a stream's body, even of one without an event.
BODY = "body"
#: The end of a stream that held at least one event.
END = "end"
#: The end of the whole transcript.
CLOSE = "close"

RUN_EVENTS = tuple(name for name, word in WORDS.items() if word.entity == "run")
STEP_EVENTS = tuple(name for name, word in WORDS.items() if word.entity == "step")
MESSAGE_EVENTS = tuple(name for name, word in WORDS.items() if word.entity == "message")
ENTITY_EVENTS = (*RUN_EVENTS, *STEP_EVENTS, *MESSAGE_EVENTS)
#: Events that carry a whole object rather than a delta.
WHOLE_EVENTS = tuple(name for name in ENTITY_EVENTS if WORDS[name].word != "delta")
