"""What a server and its caller may do otherwise in a conversation: statuses, orders, paths, heads and refusals."""

from __future__ import annotations

from dataclasses import replace

from conformance.model import Operation
from conformance.proof.variations.conversation import Conversation, Turn, plain, with_turns
from conformance.proof.variations.draw import Draw, chance, shuffled, some
from conformance.proof.variations.registry import variation
from conformance.reference import objects


def _accepted(turn: Turn) -> bool:
    return turn.operation is Operation.SUBMIT and turn.served


def _refused(turn: Turn) -> bool:
    return not turn.served and not turn.streamed


@variation("shows-a-later-run")
def shows_a_later_run(draw: Draw, conversation: Conversation) -> Conversation:
    """A plain answer shows the run in progress, or at its end, instead of queued (REQ-JSON-STATUS)."""

    def change(turn: Turn) -> Turn:
        return replace(turn, events=plain(draw.choice(turn.later)))

    return with_turns(conversation, change, where=lambda turn: bool(turn.later))


@variation("queues-for-long")
def queues_for_long(draw: Draw, conversation: Conversation) -> Conversation:
    """A run is read again and again while it is queued, before it goes on (ORD-RUN-QUEUED)."""
    turns: list[Turn] = []
    for turn, after in zip(conversation.turns, (*conversation.turns[1:], None), strict=True):
        turns.append(turn)
        queued = _accepted(turn) and not turn.streamed and turn.document.get("status") == "queued"
        if queued and after is not None and after.operation is Operation.GET_RUN:
            turns += [replace(after, events=turn.events)] * draw.integers(1, 25)
    return replace(conversation, turns=tuple(turns))


@variation("outputs-in-another-order")
def outputs_in_another_order(draw: Draw, conversation: Conversation) -> Conversation:
    """Outputs are submitted in another order than their calls (SUB-ORDER-FREE)."""

    def change(turn: Turn) -> Turn:
        body = {**turn.body, "tool_outputs": list(shuffled(draw, turn.body["tool_outputs"]))}
        situation = frozenset({"reordered"} if body != turn.body and chance(draw, 2) else ())
        return replace(turn, sent=body, situation=turn.situation | situation)

    return with_turns(conversation, change, where=_accepted)


@variation("other-keys-in-outputs")
def other_keys_in_outputs(draw: Draw, conversation: Conversation) -> Conversation:
    """An output carries more than its two keys: items are open (contract §1.1)."""
    key = draw.choice(["name", "type", "x"])

    def change(turn: Turn) -> Turn:
        items = [{**item, key: "f"} for item in turn.body["tool_outputs"]]
        return replace(turn, sent={**turn.body, "tool_outputs": items})

    return with_turns(conversation, change, where=_accepted)


@variation("refused-with-another-status")
def refused_with_another_status(draw: Draw, conversation: Conversation) -> Conversation:
    """A refusal has another of the statuses that the contract leaves open: 404, 409 or 422 for 400 (contract §5)."""
    return with_turns(
        conversation,
        lambda turn: replace(turn, status=draw.choice(turn.statuses)),
        where=lambda turn: bool(turn.statuses),
    )


@variation("richer-errors")
def richer_errors(draw: Draw, conversation: Conversation) -> Conversation:
    """An error says more: keys inside and beside the envelope, a param or code of the server's own (ERR-SHAPE)."""
    inner = {"inner_error": {"code": "x"}, "details": [], "status": 400}
    param, code = draw.choice([None, "tool_outputs", ""]), draw.choice([None, "invalid_value", "BadRequest"])

    def change(turn: Turn) -> Turn:
        error = turn.document["error"]
        said = {name: inner[name] for name in some(draw, list(inner))}
        told = {**error, "param": error["param"] or param, "code": error["code"] or code, **said}
        return replace(turn, events=plain({"error": told, **({"request_id": "x"} if chance(draw, 2) else {})}))

    return with_turns(conversation, change, where=_refused)


@variation("limits-without-a-time")
def limits_without_a_time(draw: Draw, conversation: Conversation) -> Conversation:
    """A 429 says nothing of when to try again, or names many seconds (ERR-429)."""
    after = draw.choice(["", "3600", "2"])
    headers = (("retry-after", after),) if after else ()
    return with_turns(conversation, lambda turn: replace(turn, headers=headers), where=lambda turn: turn.status == 429)


@variation("answers-at-once")
def answers_at_once(draw: Draw, conversation: Conversation) -> Conversation:
    """Of two full submissions at the same time one is served, whichever it is, the other refused (SUB-CONCURRENT)."""
    error = plain(objects.error("The run does not accept tool outputs.", "invalid_request_error"))
    turns: list[Turn] = []
    for turn in conversation.turns:
        if _accepted(turn) and not turn.streamed:
            taken = replace(turn, situation=turn.situation | {"concurrent"})
            refused = replace(taken, events=error, status=400, statuses=(400, 409), later=())
            turns += (taken, refused) if chance(draw, 2) else (refused, taken)
        else:
            turns.append(turn)
    return replace(conversation, turns=tuple(turns))


@variation("another-prefix")
def another_prefix(draw: Draw, conversation: Conversation) -> Conversation:
    """The API lies below another path, with or without a version in the query (contract §1)."""
    prefix = draw.choice(["", "/openai", "/api/v1", "/openai/deployments/gpt-4o", "/a/b/c/v1"])
    return replace(conversation, prefix=prefix, query=draw.choice(["", "?api-version=2025-04-01-preview", "?x=%2F&y"]))


@variation("reads-with-queries")
def reads_with_queries(draw: Draw, conversation: Conversation) -> Conversation:
    """Lists are asked for in another order or size; all of them come all the same."""
    query = draw.choice(["?limit=100", "?order=asc", "?limit=100&order=desc", "?include[]=x"])
    lists = (Operation.LIST_STEPS, Operation.LIST_MESSAGES)

    def change(turn: Turn) -> Turn:
        page = turn.document
        data = page["data"][::-1] if "order=asc" in query else page["data"]
        return replace(turn, path=turn.path + query, events=plain({**page, "data": data}))

    return (
        with_turns(conversation, change, where=lambda turn: turn.operation in lists)
        if not conversation.query
        else conversation
    )


@variation("pages")
def pages(draw: Draw, conversation: Conversation) -> Conversation:
    """A list shows its newest entries only and says that there are more."""
    lists = (Operation.LIST_STEPS, Operation.LIST_MESSAGES)

    def change(turn: Turn) -> Turn:
        page = turn.document
        kept = draw.integers(1, len(page["data"]))
        whole = kept == len(page["data"])
        return replace(turn, events=plain({**page, "data": page["data"][:kept], "has_more": not whole}))

    return with_turns(conversation, change, where=lambda turn: turn.operation in lists)


@variation("other-media-types")
def other_media_types(draw: Draw, conversation: Conversation) -> Conversation:
    """The media type has parameters, or is written in another case (SSE-CT)."""
    of_streams = ["text/event-stream", "text/event-stream;charset=utf-8", "Text/Event-Stream; Charset=UTF-8",
                  'text/event-stream; charset="utf-8"', "text/event-stream; version=1"]  # fmt: skip
    of_plain = ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"]

    def change(turn: Turn) -> Turn:
        media = draw.choice(of_streams if turn.streamed else of_plain)
        return replace(turn, headers=(("Content-Type", media), *turn.headers))

    return with_turns(conversation, change, where=lambda _turn: True)


@variation("more-headers")
def more_headers(draw: Draw, conversation: Conversation) -> Conversation:
    """Answers carry more header fields, some of them twice, some empty."""
    fields = (("X-Request-Id", "req_1"), ("Set-Cookie", "a=b"), ("Set-Cookie", "c=d"), ("Cache-Control", "no-cache"),
              ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked"), ("x", ""),
              ("openai-poll-after-ms", "500"))  # fmt: skip
    return with_turns(
        conversation, lambda turn: replace(turn, headers=(*turn.headers, *some(draw, fields))), where=lambda _turn: True
    )


@variation("header-names-in-other-letters")
def header_names_in_other_letters(draw: Draw, conversation: Conversation) -> Conversation:
    """Names of header fields are written in another case, as HTTP allows."""
    cased = draw.choice([str.lower, str.upper, str.title, str.swapcase])

    def change(turn: Turn) -> Turn:
        usual = "text/event-stream; charset=utf-8" if turn.streamed else "application/json"
        typed = any(name.lower() == "content-type" for name, _ in turn.headers)
        headers = turn.headers if typed else (("Content-Type", usual), *turn.headers)
        asked = tuple((cased(name), value) for name, value in turn.credentials)
        return replace(turn, headers=tuple((cased(name), value) for name, value in headers), credentials=asked)

    return with_turns(conversation, change, where=lambda _turn: True)
