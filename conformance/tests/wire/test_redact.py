"""Redaction leaves no secret, keeps every link between ids, and touches nothing else."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.model import Chunk, Outcome, Side, Transcript
from conformance.tests.wire.transcripts import ANY, answer, event, exchange, transcript
from conformance.tests.work import steps
from conformance.wire import cassette
from conformance.wire.redact import leaks, redact, without_secrets
from conformance.wire.secret import Secrets
from conformance.wire.splice import Edit, spliced, spliced_chunks

CANARY = 'canary/"key"+7f3a=ü'
LOOKS = "sk-proj-0a1B2c3D4e5F6g7H8i9J"

SPELLINGS = {
    "plain": CANARY,
    "json": json.dumps(CANARY)[1:-1],
    "json in json": json.dumps(json.dumps(CANARY))[1:-1],
    "slash escaped": json.dumps(CANARY)[1:-1].replace("/", "\\/"),
    "all escaped": "".join(f"\\u{ord(character):04X}" for character in CANARY),
    "percent": quote(CANARY, safe=""),
    "percent, lower case": quote(CANARY, safe="").lower(),
    "percent twice": quote(quote(CANARY, safe=""), safe=""),
    "all percent": "".join(f"%{byte:02x}" for byte in CANARY.encode()),
    "base64": base64.b64encode(CANARY.encode()).decode(),
    "base64, moved by one": base64.b64encode(b"x" + CANARY.encode() + b"yz").decode(),
    "base64, moved by two": base64.b64encode(b"ab" + CANARY.encode()).decode(),
    "base64 of a header": base64.b64encode(b"Bearer " + CANARY.encode()).decode(),
    "base64 for addresses": base64.urlsafe_b64encode(CANARY.encode()).decode(),
}


def secrets_in(text: str, secrets: Sequence[str] = ()) -> tuple[str, ...]:
    return Secrets(secrets).kinds(text)


def written(subject: Transcript, *secrets: str) -> str:
    return "".join(cassette.write(redact(subject, secrets), recorded="", by="a test", secrets=secrets))


def everywhere(text: str) -> Transcript:
    body = event("thread.message.delta", {"note": "x"}).replace(b'"x"', b'"' + text.encode() + b'"')
    error = b'{"error":{"message":"Incorrect key: ' + text.encode() + b'"}}'
    return transcript(
        exchange(
            body, 40, 45, 50, request=text.encode(), target=f"/v1/x?limit={text}&key={text}",
            sent=(("Accept", text), ("X-Custom", text)), received=(("content-type", text), ("x-echo", text)),
        ),
        exchange(error, status=401),
        untestable=text, slip=text, outcome=Outcome(1, {"said": [text]}), provenance={"target": {"url": text}},
    )  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_canary_leaves_no_trace_in_any_place_or_spelling(spelling: str) -> None:
    subject = everywhere(spelling)
    assert secrets_in(spelling, [CANARY])
    text = written(subject, CANARY)
    assert not secrets_in(text, [CANARY])
    everything = text + repr(redact(subject, [CANARY])) + answer(redact(subject, [CANARY])).decode()
    for other in (spelling, CANARY, "canary", "7f3a", base64.b64encode(b"canary/").decode()[:9]):
        assert other not in everything


def test_a_key_is_learnt_from_its_header_and_removed_everywhere() -> None:
    subject = everywhere("my-own-key-1")
    keyed = exchange(b"", sent=(("Authorization", "Bearer my-own-key-1"),))
    clean = redact(transcript(*subject.exchanges, keyed))
    assert "my-own-key-1" not in repr(clean)
    assert clean.exchanges[2].request.headers == (("Authorization", "Bearer <redacted>"),)


@pytest.mark.parametrize("borders", [(), (30,), (30, 31, 120)])
def test_an_answer_that_quotes_a_long_key_is_masked_before_anything_is_cut(borders: tuple[int, ...]) -> None:
    key = "sk-proj-" + "Ab3dEf9h" * 20
    quoted = json.dumps({"error": {"message": f"Incorrect key: Bearer {key}"}}).encode()
    heard = transcript(exchange(quoted, *borders))
    response = without_secrets(heard, [key]).exchanges[0].response
    assert response is not None
    body = b"".join(chunk.data for chunk in response.chunks)
    assert len(body) == len(quoted)
    assert key[:16].encode() not in body
    plain = transcript(exchange(b"{}"))
    assert without_secrets(plain, [key]) == plain


@pytest.mark.parametrize(
    "look",
    [LOOKS, "org-0a1B2c3D4e5F6g7H8i9J0k1L", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghij_-klmnop"],
)
def test_what_looks_like_a_secret_goes_without_being_told(look: str) -> None:
    assert look not in written(everywhere(look))
    assert "secrets" in redact(everywhere(look)).provenance["redacted"]  # type: ignore[operator]


@pytest.mark.parametrize("text", ["risk-assessment-of-many-things", "sk-learn", "the bearer of this", "task-sk", ""])
def test_ordinary_words_are_no_secrets(text: str) -> None:
    assert secrets_in(text) == ()
    assert text in written(transcript(exchange(event("thread.message.completed", {"value": text}))))


def test_a_secret_cut_into_pieces_of_text_is_masked_so_that_they_still_add_up() -> None:
    pieces = ["Your key is ", "my-", "cana", "ry", "! Keep it."]
    deltas = b"".join(event("thread.message.delta", {"text": {"value": piece}}) for piece in pieces)
    body = deltas + event("thread.message.completed", {"text": {"value": "".join(pieces)}})
    clean = answer(redact(transcript(exchange(body, 60, 61)), ["my-canary"]))
    values = [json.loads(line[5:])["text"]["value"] for line in clean.split(b"\n") if line.startswith(b"data:")]
    assert values[-1] == "".join(values[:-1]) == "Your key is *********! Keep it."


def test_headers_are_kept_by_an_allow_list_in_their_order() -> None:
    sent = (
        ("Host", "me.example"), ("OpenAI-Beta", "assistants=v2"), ("api-key", "12345678"), ("User-Agent", "x"),
        ("Authorization", "Basic dTpw"), ("Content-Type", "application/json"),
    )  # fmt: skip
    received = (("Content-Type", "text/event-stream"), ("Set-Cookie", "a=b"), ("Retry-After", "1"))
    clean = redact(transcript(exchange(b"", sent=sent, received=received)))
    assert clean.exchanges[0].request.headers == (
        ("OpenAI-Beta", "assistants=v2"), ("api-key", "<redacted>"), ("Authorization", "Basic <redacted>"),
        ("Content-Type", "application/json"),
    )  # fmt: skip
    response = clean.exchanges[0].response
    assert response is not None
    assert response.headers == (("Content-Type", "text/event-stream"), ("Retry-After", "1"))
    assert clean.provenance["redacted"] == [
        "headers.api-key", "headers.authorization", "headers.host", "headers.set-cookie", "headers.user-agent", "ids",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/v1/threads/thread_a/runs/run_b/submit_tool_outputs", "/v1/threads/thread_1/runs/run_1/submit_tool_outputs"),
        ("/openai/threads/runs?api-version=2025", "/openai/threads/runs?api-version=2025"),
        ("/threads/t%2F1/runs/7f-9/steps?order=asc&after=step_z&user=me&flag",
         "/threads/id_1/runs/id_2/steps?order=asc&after=step_1&user=%3Credacted%3E&flag"),
        ("", ""),
    ],
)  # fmt: skip
def test_targets_keep_their_shape(target: str, kept: str) -> None:
    assert redact(transcript(exchange(b"", target=target))).exchanges[0].request.target == kept


def session() -> Transcript:
    """Pending calls learnt, one answered, one unknown; ids cut by the borders of chunks."""
    waits = {"id": "run_x9", "thread_id": "thread_x", "required_action": {"tool_calls": [{"id": "call_abcdefgh"}]}}
    outputs = {
        "tool_outputs": [
            {"tool_call_id": "call_abcdefgh", "output": '{"id": "call_abcdefgh"} call_abcdefgh'},
            {"tool_call_id": "call_unknown", "output": "run_x9"},
        ]
    }
    step = {"id": "step_7", "run_id": "run_x9", "file_ids": ["file-a", "file-b"], "value": "as in run_x9, run_tests"}
    refusal = b'{"error":{"message":"Expected call_ids [\'call_abcdefgh\'], got [\'call_unknown\'] in call_center"}}'
    return transcript(
        exchange(json.dumps(waits).encode(), target="/threads/thread_x/runs/run_x9"),
        exchange(event("step", step) * 2, 31, 33, 36, 60, request=json.dumps(outputs).encode(),
                 target="/threads/thread_x/runs/run_x9/submit_tool_outputs"),
        exchange(refusal, 40, status=400),
    )  # fmt: skip


def test_ids_are_renamed_alike_wherever_they_stand() -> None:
    clean = redact(session())
    waits, sent = json.loads(answer(clean)), json.loads(clean.exchanges[1].request.body)
    assert (waits["id"], waits["thread_id"]) == ("run_1", "thread_1")
    assert waits["required_action"]["tool_calls"] == [{"id": "call_1"}]
    assert [item["tool_call_id"] for item in sent["tool_outputs"]] == ["call_1", "call_2"]
    assert clean.exchanges[1].request.target == "/threads/thread_1/runs/run_1/submit_tool_outputs"
    assert b"['call_1'], got ['call_2'] in call_center" in answer(clean, 2)


def test_texts_of_models_and_tools_stay_as_they_are() -> None:
    clean = redact(session())
    outputs = [item["output"] for item in json.loads(clean.exchanges[1].request.body)["tool_outputs"]]
    assert outputs == ['{"id": "call_abcdefgh"} call_abcdefgh', "run_x9"]
    assert b'"value": "as in run_x9, run_tests"' in answer(clean, 1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"id":"run_a","object":"x"}', b'{"id":"run_1","object":"x"}'),
        (b'data: {\ndata:   "id" :\ndata:  "run_a"}\n\n', b'data: {\ndata:   "id" :\ndata:  "run_1"}\n\n'),
        (b'{"id":"run\\u005fa","run_id":"run_a"}', b'{"id":"run_1","run_id":"run_1"}'),
        (b'{"a":1,"id":"string","thread_id":"string"}', b'{"a":1,"id":"id_1","thread_id":"id_1"}'),
        (b'{"id":"","run_id":null,"step_id":7}',) * 2,
        (b'{"arguments":"{\\"id\\":\\"call_a\\"}"}',) * 2,
        (b'{"id":"run_\xff","x":"\xff"',) * 2,
        (b'{"vector_store_ids":[ "vs_b" , "vs_a" ],"id":"vs_a"}',
         b'{"vector_store_ids":[ "vs_1" , "vs_2" ],"id":"vs_2"}'),
        (b"<html>run_a</html>",) * 2,
    ],
)  # fmt: skip
def test_ids_are_edited_in_place(old: bytes, new: bytes) -> None:
    clean = redact(transcript(exchange(old, target="")))
    assert answer(clean) == new


@settings(derandomize=True, deadline=None, database=None, max_examples=30)
@given(st.lists(st.integers(0, 300), max_size=6).map(sorted))
def test_borders_of_chunks_do_not_matter(borders: list[int]) -> None:
    body = answer(session(), 1)
    cut = exchange(body, *[min(border, len(body)) for border in borders])
    clean = redact(transcript(cut)).exchanges[0].response
    assert clean is not None
    assert b"".join(chunk.data for chunk in clean.chunks) == answer(redact(transcript(exchange(body))))
    assert cut.response is not None
    assert [chunk.ms for chunk in clean.chunks] == [chunk.ms for chunk in cut.response.chunks]
    for old, new in zip(cut.response.chunks, clean.chunks, strict=True):
        if not old.data:
            assert new.data == b""


def test_a_border_keeps_its_place_in_the_content() -> None:
    chunks = tuple(Chunk(at, piece) for at, piece in enumerate([b"ab", b"cd", b"ef", b"gh"]))
    assert [chunk.data for chunk in spliced_chunks(chunks, [Edit(1, 5, b"X")])] == [b"aX", b"", b"f", b"gh"]
    assert [chunk.data for chunk in spliced_chunks(chunks, [Edit(3, 7, b"12345")])] == [b"ab", b"c1", b"23", b"45h"]
    assert spliced(b"abcdefgh", [Edit(0, 1, b""), Edit(7, 8, b"ij")]) == b"bcdefgij"


@pytest.mark.parametrize(("declared", "kept"), [("26", "27"), ("99", "100"), ("x", "x")])
def test_a_declared_length_goes_with_the_body(declared: str, kept: str) -> None:
    clean = redact(
        transcript(exchange(b'{"id":"r","file_ids":["x"]', target="", received=(("content-length", declared),)))
    )
    assert answer(clean) == b'{"id":"id_1","file_ids":["id_2"]'
    response = clean.exchanges[0].response
    assert response is not None
    grown = len(answer(clean)) - 26
    assert response.headers == (("content-length", str(int(declared) + grown) if declared != "x" else "x"),)


@settings(derandomize=True, deadline=None, database=None, max_examples=40)
@given(ANY)
def test_redacting_again_changes_nothing_and_nothing_leaks(subject: Transcript) -> None:
    once = redact(subject)
    assert leaks(once) == ()
    assert redact(once) == once


#: What makes careless patterns and readers quadratic, again and again.
REPEATED = (
    b"\\", b'{"id":"', b"eyJ", b'"value":"x",', b"sk-", b"{,\n", b'{"a_ids":[', b"%25", b"\\u005c", b"&amp;", b"://a:",
    b"key=a1", b"-----BEGIN PRIVATE KEY-----", b'"sk-a1b2c3d4e5f6g7h8",', b"basic YTpi",
)  # fmt: skip


def hostile(repeated: bytes, size: int) -> Transcript:
    return transcript(exchange(repeated * (size // len(repeated))))


@pytest.mark.parametrize("repeated", REPEATED)
def test_hostile_bodies_cost_linear_work(repeated: bytes) -> None:
    small, large = hostile(repeated, 5_000), hostile(repeated, 20_000)
    redact(small, [CANARY])
    assert steps(lambda: redact(large, [CANARY])) <= 4.5 * steps(lambda: redact(small, [CANARY]))
    redact(hostile(repeated, 400_000), [CANARY])  # minutes for a quadratic pattern; `make bench` times it


def test_ids_are_renamed_alike_in_front_and_behind() -> None:
    front = exchange(
        event("thread.run.queued", {"id": "run_abc", "thread_id": "thread_q"}), target="/v1/threads/thread_q"
    )
    behind = replace(front, side=Side.BEHIND)
    mapped = replace(exchange(b'{"id":"run_other"}', target="/up/threads/thread_q"), side=Side.BEHIND)
    clean = redact(transcript(front, behind, mapped))
    assert clean.exchanges[0] == replace(clean.exchanges[1], side=Side.FRONT)
    assert [each.side for each in clean.exchanges] == [Side.FRONT, Side.BEHIND, Side.BEHIND]
    assert clean.exchanges[2].request.target == "/up/threads/thread_1"
    assert answer(clean, 2) == b'{"id":"run_2"}'
