"""The scenarios of a server, as one table. What is expected of them is in `requirements/`, never here.

A requirement is planned in a scenario when all its `needs` are among the scenario's traits and those of the
environment (`state`: runs are real and can be looked at; `key`: a key is configured; `scripted`: the other side
plays a script). Scenarios that can wedge a fragile target stand last.
"""

from __future__ import annotations

from types import MappingProxyType

from conformance.contract.client_scenarios import CLIENT_SCENARIOS, CLIENT_TRAITS
from conformance.contract.gateway_scenarios import GATEWAY_SCENARIOS, GATEWAY_TRAITS
from conformance.contract.media import FACTS
from conformance.model import Act, Scenario

#: What a situation can hold, and what each word means.
TRAITS = MappingProxyType(
    {
        "submit": "a submission is judged",
        "create-run": "a stream that creates a run is judged",
        "stream": "a submission that should be answered by a stream",
        "json": "a submission that should be answered by a JSON run",
        "accepted": "a submission that should be accepted",
        "refusal": "a submission that should be refused",
        "streamed-refusal": "a submission with stream true that should be refused",
        "read-twice": "the run is read before and after the refusal",
        "recovery": "a full submission after a refusal",
        "text": "the run goes on and answers with a message",
        "completed": "the run completes",
        "addressed": "the path of the submission is known",
        "waiting": "the run is read while it waits for outputs",
        "goes-on": "the run goes on after the outputs",
        "ending": "the stream ends with the run's end or its next question, not with an error event",
        "next-round": "the run asks for outputs once more at the end of a stream",
        "second-round": "the run asks for outputs once more after a plain answer",
        "several-calls": "more than one call is pending",
        "lookback": "run, steps and messages are read again after the stream",
        "bare-function": "the function that is called has a name and nothing else",
        "minimal": "the body holds tool_outputs alone",
        "false-stream": "stream is false",
        "null-stream": "stream is null",
        "string-stream": "stream is a string",
        "reordered": "the outputs come in another order",
        "opaque": "outputs of every kind of character, a JSON document, and 60 KiB on one line",
        "nul": "an output holds U+0000",
        "empty-output": "an output is the empty string",
        "partial": "only some pending calls are answered",
        "split": "two requests answer all pending calls together",
        "unknown-id": "a call id that is not pending",
        "duplicate-id": "the same call id twice",
        "empty": "tool_outputs is empty",
        "no-outputs": "tool_outputs is missing",
        "no-id": "an item without tool_call_id",
        "null-output": "an output is null",
        "typed-output": "an output is not a string",
        "extra-key": "a top-level key the API does not know",
        "malformed": "the body is not JSON",
        "again": "the same submission after it was accepted",
        "wrong-state": "the run does not wait for outputs",
        "expired-run": "the run has expired",
        "cancelled-run": "the run was cancelled",
        "concurrent": "two full submissions at once",
        "unknown-run": "a well-formed run id that does not exist",
        "unknown-thread": "a well-formed thread id that does not exist",
        "other-thread": "a run addressed through another thread",
        "no-key": "no key is sent",
        "wrong-key": "a wrong key is sent",
        "no-beta": "the OpenAI-Beta header is missing",
        "accept-stream": "the Accept header asks for an event stream alone",
        "other-methods": "the path is requested with other methods",
        "state": "runs are real: they are created, kept and can be read",
        "key": "a key is configured for the target",
        "scripted": "the other side plays a script",
        "others": "another caller may act on the run too",
        "no-plain": "--offers says that plain submissions are not supported",
        "no-streamed": "--offers says that streamed submissions are not supported",
        **FACTS,
        **CLIENT_TRAITS,
        **GATEWAY_TRAITS,
    }
)

#: Facts only the sender of a request knows: they are recorded with the exchange.
SITUATIONS = frozenset(
    {"no-key", "wrong-key", "no-beta", "accept-stream", "unknown-run", "unknown-thread", "other-thread", "concurrent",
     "reordered", "queried", "direct", "leaves", "slow"}
)  # fmt: skip

#: Which outputs an act submits, given the pending calls.
OUTPUTS = MappingProxyType(
    {
        "all": "every pending call once, in order",
        "reversed": "every pending call once, in reverse order",
        "first": "the first pending call only",
        "rest": "every pending call but the first",
        "foreign": "every pending call and an id that is not pending",
        "swapped": "every pending call but the first, whose id is replaced by one that is not pending",
        "twice": "every pending call, the first one twice",
        "none": "an empty list",
        "missing": "a body without tool_outputs",
        "no-id": "every pending call, the first without its tool_call_id",
        "null": "every pending call, the first output null",
        "number": "every pending call, the first output a number",
        "boolean": "every pending call, the first output a boolean",
        "object": "every pending call, the first output an object",
        "array": "every pending call, the first output an array",
        "empty-text": "every pending call once, the first output the empty string",
        "opaque": "every pending call once, with texts that must stay unchanged",
        "nul": "every pending call once, the first output holding U+0000",
        "other-text": "every pending call once, with other texts than before",
        "extra-key": "every pending call once, beside a top-level key the API does not know",
        "malformed": "a body that breaks off in the middle of the JSON",
        "large": "every pending call once, the first output of 512,000 characters",
    }
)

#: What the other side does once the outputs are there. Only `text` and `round` can be asked of a real model.
SCRIPTS = MappingProxyType(
    {
        "text": "answers with one message",
        "round": "asks for outputs once more, then answers with one message",
        "two-messages": "answers with a message, uses a built-in tool, answers with another",
        "built-in": "uses a built-in tool, then answers",
        "incomplete": "reaches its token limit within the message",
        "failed": "fails within the message",
        "cancelled": "is cancelled within the message",
        "expired": "expires before it goes on: the submitted step expires with it",
        "error": "breaks with an error event",
        "late": "the run expires while it waits for outputs",
        "busy": "answers 429 with Retry-After, then serves",
        "fault": "answers 500, then serves",
    }
)

_GET = Act("get-run")
_STEPS = Act("list-steps")
_MESSAGES = Act("list-messages")
_SETTLE = Act("settle")
_LOOKBACK = (_GET, _STEPS, _MESSAGES)


def _traits(words: str) -> frozenset[str]:
    return frozenset(("submit", "addressed", "waiting", *words.split()))


_JSON = "json accepted"
_STREAM = "stream accepted goes-on ending text completed"


def _plain(id_: str, title: str, traits: str = "", *, calls: int = 1, least: int = 1, outputs: str = "all",
           stream: str = "absent", situation: frozenset[str] = frozenset()) -> Scenario:  # fmt: skip
    acts = (_GET, Act("submit", outputs, stream, situation), _SETTLE, *_LOOKBACK)
    return Scenario(id_, title, acts, _traits(f"{_JSON} {traits}"), calls=calls, least=least)


def _streamed(id_: str, title: str, traits: str = "", *, calls: int = 1, least: int = 1, outputs: str = "all",
              script: str = "text", base: str = _STREAM,
              situation: frozenset[str] = frozenset()) -> Scenario:  # fmt: skip
    acts = (_GET, Act("submit", outputs, "true", situation), *_LOOKBACK)
    return Scenario(id_, title, acts, _traits(f"{base} lookback {traits}"), calls=calls, least=least, script=script)


def _scripted(id_: str, title: str, script: str, traits: str = "stream accepted goes-on ending") -> Scenario:
    return _streamed(id_, title, "scripted", script=script, base=traits)


def _refused(id_: str, title: str, traits: str, outputs: str = "all", *, stream: str = "absent",
             situation: str | None = None) -> Scenario:  # fmt: skip
    situations = frozenset() if situation is None else frozenset({situation})
    acts = (_GET, Act("submit", outputs, stream, situations), _GET)
    return Scenario(id_, title, acts, _traits(f"refusal read-twice {traits}"), calls=3, shares="refusals")


SCENARIOS: tuple[Scenario, ...] = (
    _plain("json-one-call", "one pending call, answered plainly", "minimal"),
    _plain("json-bare-function", "a call of a function that has neither description nor parameters", "bare-function"),
    _plain("json-three-calls", "three pending calls, answered plainly", "minimal several-calls", calls=3),
    _plain("json-stream-false", "stream set to false", "false-stream", stream="false"),
    _plain("json-stream-null", "stream set to null", "null-stream", stream="null"),
    _plain("json-reordered", "three outputs in another order", "several-calls reordered", calls=3, least=2,
           outputs="reversed", situation=frozenset({"reordered"})),
    _plain("json-opaque-outputs", "outputs that must stay unchanged, answered plainly", "opaque", calls=3,
           outputs="opaque"),
    _streamed("stream-one-call", "one pending call, answered by a stream"),
    _streamed("stream-three-calls", "three pending calls, answered by a stream", "several-calls", calls=3),
    _streamed("stream-accept-header", "one pending call, answered by a stream that Accept asks for too",
              situation=frozenset({"accept-stream"})),
    _streamed("stream-reordered", "three outputs in another order, streamed", "several-calls reordered", calls=3,
              least=2, outputs="reversed", situation=frozenset({"reordered"})),
    _streamed("stream-opaque-outputs", "outputs that must stay unchanged, streamed", "opaque", calls=3,
              outputs="opaque"),
    _streamed("stream-nul-output", "an output with U+0000 in it", "nul", calls=2, outputs="nul"),
    _streamed("stream-empty-output", "an output that is the empty string", "empty-output", calls=2,
              outputs="empty-text"),
    Scenario(
        "stream-next-round", "the run asks for outputs once more, streamed",
        (_GET, Act("submit", "all", "true"), _GET, _STEPS, Act("submit", "all", "true"), *_LOOKBACK),
        _traits(f"{_STREAM} next-round lookback"), script="round",
    ),
    Scenario(
        "json-next-round", "the run asks for outputs once more, plainly",
        (_GET, Act("submit"), _SETTLE, Act("submit"), _SETTLE, *_LOOKBACK),
        _traits(f"{_JSON} minimal second-round"), script="round",
    ),
    _scripted("stream-built-in-step", "a built-in tool step before the message", "built-in", _STREAM),
    _scripted("stream-two-messages", "two messages and a tool step between them", "two-messages", _STREAM),
    _scripted("stream-incomplete", "the run ends incomplete", "incomplete"),
    _scripted("stream-failed", "the run fails", "failed"),
    _scripted("stream-cancelled", "the run is cancelled", "cancelled"),
    _scripted("stream-expired", "the run expires before it goes on", "expired", "stream accepted ending"),
    _scripted("stream-error", "an error event ends the stream", "error", "stream accepted goes-on"),
    Scenario(
        "rate-limited", "429 with Retry-After, then served",
        (_GET, Act("submit"), _SETTLE), _traits("scripted"), script="busy",
    ),
    Scenario(
        "server-fault", "500, then served",
        (_GET, Act("submit"), _GET, Act("submit"), _SETTLE), _traits("scripted"), script="fault",
    ),
    _refused("unknown-id", "an id that is not pending in place of one that is", "unknown-id", "swapped"),
    _refused("unknown-id-added", "an id that is not pending beside all that are", "unknown-id", "foreign"),
    _refused("unknown-id-streamed", "an id that is not pending, stream true", "unknown-id streamed-refusal", "swapped",
             stream="true"),
    _refused("empty-list", "no outputs at all", "empty", "none"),
    _refused("missing-outputs", "a body without tool_outputs", "no-outputs", "missing"),
    _refused("missing-id", "an item without tool_call_id", "no-id", "no-id"),
    _refused("number-output", "an output that is a number", "typed-output", "number"),
    _refused("boolean-output", "an output that is a boolean", "typed-output", "boolean"),
    _refused("object-output", "an output that is an object", "typed-output", "object"),
    _refused("array-output", "an output that is an array", "typed-output", "array"),
    _refused("malformed-json", "a body that is not JSON", "malformed", "malformed"),
    _refused("unknown-run", "a run that does not exist", "unknown-run", situation="unknown-run"),
    _refused("unknown-thread", "a thread that does not exist", "unknown-thread", situation="unknown-thread"),
    _refused("other-thread", "a run addressed through another thread", "other-thread", situation="other-thread"),
    _refused("no-key", "no key", "no-key", situation="no-key"),
    _refused("wrong-key", "a wrong key", "wrong-key", situation="wrong-key"),
    Scenario(
        "other-methods", "the path requested with other methods",
        (_GET, Act("method:GET"), Act("method:PUT"), Act("method:PATCH"), Act("method:DELETE"), _GET),
        _traits("other-methods"), calls=3, shares="refusals",
    ),
    Scenario(
        "after-refusals", "a full submission after the refusals",
        (_GET, Act("submit"), _SETTLE), _traits(f"{_JSON} recovery minimal"),
        calls=3, shares="refusals",
    ),
    _refused("null-output", "an output that is null", "null-output", "null"),
    _refused("duplicate-id", "the same id twice", "duplicate-id", "twice"),
    _refused("extra-key", "a top-level key the API does not know", "extra-key", "extra-key"),
    _refused("stream-as-string", "stream set to a string", "string-stream", stream="string"),
    Scenario(
        "no-beta-header", "the OpenAI-Beta header missing",
        (_GET, Act("submit", situation=frozenset({"no-beta"})), _SETTLE), _traits("no-beta"),
    ),
    Scenario(
        "again-plain", "the same submission again at once",
        (_GET, Act("submit"), Act("submit"), _SETTLE), _traits(f"{_JSON} minimal refusal again"),
    ),
    Scenario(
        "again-streamed", "the same submission again after the stream",
        (_GET, Act("submit", stream="true"), _GET, Act("submit", stream="true"), _GET),
        _traits(f"{_STREAM} refusal read-twice streamed-refusal again"),
    ),
    Scenario(
        "completed-run", "outputs for a run that has completed",
        (_GET, Act("submit"), _SETTLE, _GET, Act("submit", "other-text"), _GET),
        _traits(f"{_JSON} minimal refusal read-twice wrong-state"),
    ),
    Scenario(
        "cancelled-run", "outputs for a run that was cancelled",
        (_GET, Act("cancel"), _SETTLE, _GET, Act("submit"), _GET), _traits("refusal read-twice cancelled-run"),
    ),
    Scenario(
        "expired-run", "outputs for a run that has expired",
        (_GET, Act("expire"), _GET, Act("submit"), _GET),
        _traits("refusal read-twice expired-run scripted"), script="late",
    ),
    Scenario(
        "partial-plain", "some outputs only, then all",
        (_GET, Act("submit", "first"), _GET, Act("submit"), _SETTLE, *_LOOKBACK),
        _traits(f"{_JSON} refusal read-twice partial recovery minimal several-calls"), calls=3, least=2,
    ),
    Scenario(
        "partial-split", "the outputs over two requests, then all",
        (_GET, Act("submit", "first"), _GET, Act("submit", "rest"), _GET, Act("submit"), _SETTLE, *_LOOKBACK),
        _traits(f"{_JSON} refusal read-twice partial split recovery minimal several-calls"), calls=3, least=2,
    ),
    Scenario(
        "concurrent", "two full submissions at once",
        (_GET, Act("submit", situation=frozenset({"concurrent"})), _SETTLE), _traits("concurrent"),
    ),
    Scenario(
        "partial-streamed", "some outputs only, stream true, then all",
        (_GET, Act("submit", "first", "true"), _GET, Act("submit", "all", "true"), *_LOOKBACK),
        _traits(f"{_STREAM} refusal read-twice streamed-refusal partial recovery several-calls lookback"),
        calls=3, least=2,
    ),
)  # fmt: skip

#: Traits that only a target with real runs can bring about.
_STATEFUL = frozenset(
    {"next-round", "second-round", "recovery", "unknown-id", "duplicate-id", "empty", "partial", "split", "again",
     "wrong-state", "cancelled-run", "expired-run", "concurrent", "unknown-run", "unknown-thread", "other-thread"}
)  # fmt: skip


def requires(scenario: Scenario) -> frozenset[str]:
    """Return the traits of the environment without which a scenario makes no sense."""
    needed = scenario.traits & {"scripted"}
    if scenario.traits & _STATEFUL:
        needed |= {"state"}
    if scenario.traits & {"no-key", "wrong-key"}:
        needed |= {"key"}
    if "stalls" in scenario.traits:
        needed |= {"gateway-timeout"}
    return needed


#: What a target may be said not to offer -> the traits of scenarios that need it.
_OFFERED = MappingProxyType(
    {
        "no-plain": frozenset({"json"}),
        "no-streamed": frozenset({"stream", "streamed-refusal", "string-stream"}),
    }
)

#: Scenarios that are played even so, to see whether it is offered all the same; nothing is planned in them.
PROBES = frozenset({"json-one-call", "stream-one-call"})


def not_offered(scenario: Scenario, traits: frozenset[str]) -> bool:
    """Whether a scenario needs what an environment of these traits is said not to offer."""
    return any(scenario.traits & _OFFERED[said] for said in traits & _OFFERED.keys())


def without_waiting(scenario: Scenario) -> tuple[Act, ...]:
    """The acts of a scenario that say something of a server on a run that is over; none where nothing would.

    A submission that is to be accepted needs a run that waits, and so does what happens to such a run. One that is to
    be refused is to be refused here too.
    """
    if "wrong-state" in scenario.traits:
        last = max(index for index, act in enumerate(scenario.acts) if act.do == "submit")
        return scenario.acts[last - 1 :]
    refused = scenario.traits & {"refusal", "other-methods"}
    waits = scenario.traits & {"accepted", "cancelled-run", "expired-run"}
    return scenario.acts if refused and not waits else ()


#: The scenarios of all roles.
BY_ID = MappingProxyType({scenario.id: scenario for scenario in (*SCENARIOS, *CLIENT_SCENARIOS, *GATEWAY_SCENARIOS)})
