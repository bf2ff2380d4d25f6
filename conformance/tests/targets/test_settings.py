"""What the command line says about a target becomes requests, and nothing secret becomes visible."""

from __future__ import annotations

import pytest

from conformance.errors import UsageError
from conformance.targets.settings import GivenRun, Header, Settings, parse_header, parse_query

CANARY = "sk-canary-0123456789"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "not an http:// or https:// URL"),
        ("localhost:8000/v1", "not an http:// or https:// URL"),
        ("ftp://host/", "not an http:// or https:// URL"),
        ("http://", "not an http:// or https:// URL"),
        ("http://host:99999/", "cannot be read"),
        ("http://ho st/", "spaces or control characters"),
        ("http://host/\r\nX: y", "spaces or control characters"),
        ("http://[::1", "cannot be read"),
        ("http://user:pass@host/", "user name"),
        ("http://host/#part", "fragment"),
        ("http://a..b/", "not an http:// or https:// URL"),
    ],
)
def test_a_nonsensical_base_url_is_told_in_one_message(url: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Settings(url)


@pytest.mark.parametrize(
    ("base", "query", "target"),
    [
        ("http://h", (), "/threads/t"),
        ("http://h/", (), "/threads/t"),
        ("http://h/v1/", (), "/v1/threads/t"),
        ("https://h:8443/a/b%20c/openai", (), "/a/b%20c/openai/threads/t"),
        ("http://[::1]:80/v1?api-version=2024-05-01-preview", (), "/v1/threads/t?api-version=2024-05-01-preview"),
        ("http://h/v1?a=1", (("b", "x&y"),), "/v1/threads/t?a=1&b=x%26y"),
    ],
)
def test_any_prefix_and_query_parameters_are_kept(base: str, query: tuple[tuple[str, str], ...], target: str) -> None:
    assert Settings(base, query=query).target("/threads/t") == target


def test_our_requests_say_what_the_official_clients_say() -> None:
    fields = dict(Settings("http://h", api_key=CANARY).request_headers())
    assert fields["Authorization"] == f"Bearer {CANARY}"
    assert fields["OpenAI-Beta"] == "assistants=v2"
    assert fields["Content-Type"] == fields["Accept"] == "application/json"
    assert "Content-Type" not in dict(Settings("http://h").request_headers(body=False))


@pytest.mark.parametrize(
    ("settings", "name", "right", "wrong"),
    [
        (Settings("http://h", api_key=CANARY), "Authorization", f"Bearer {CANARY}", "Bearer sk-conformance-wrong-key"),
        (
            Settings("http://h", headers=(Header("api-key", CANARY, secret=True),)),
            "api-key",
            CANARY,
            "sk-conformance-wrong-key",
        ),
    ],
)
def test_whatever_carries_the_key_is_left_out_or_wrong_where_a_situation_says_so(
    settings: Settings, name: str, right: str, wrong: str
) -> None:
    assert settings.keyed
    assert dict(settings.request_headers())[name] == right
    assert dict(settings.request_headers(frozenset({"wrong-key"})))[name] == wrong
    assert name not in dict(settings.request_headers(frozenset({"no-key"})))
    assert "OpenAI-Beta" not in dict(settings.request_headers(frozenset({"no-beta"})))


def test_a_configured_field_replaces_ours_whatever_its_case() -> None:
    settings = Settings("http://h", api_key=CANARY, headers=(parse_header("authorization: Basic eA==", {}),))
    fields = settings.request_headers()
    assert ("authorization", "Basic eA==") in fields
    assert [name.lower() for name, _ in fields].count("authorization") == 1


def test_a_header_takes_its_value_from_the_environment_only_where_it_is_exactly_a_variable() -> None:
    environment = {"NAME": CANARY}
    assert parse_header("api-key: $NAME", environment) == Header("api-key", CANARY, secret=True, variable="NAME")
    assert parse_header("X-Plain: a $NAME", environment) == Header("X-Plain", "a $NAME")
    assert parse_header("X-Empty:", environment) == Header("X-Empty", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("api-key", "is not a header"),
        (": x", "is not a header"),
        ("a b: x", "is not a header"),
        ("api-key: $MISSING", "no MISSING"),
        ("api-key: $BROKEN", "no header can carry"),
        ("X: a\r\nY: b", "no header can carry"),
        ("X: é", "no header can carry"),
        ("Host: other", "set by HTTP itself"),
        ("content-length: 3", "set by HTTP itself"),
    ],
)
def test_what_is_no_header_is_refused_without_showing_a_value(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        parse_header(text, {"BROKEN": f"{CANARY}\r\nX: y"})
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("text", ["alone", "=value"])
def test_what_is_no_query_parameter_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a query parameter"):
        parse_query([text])


@pytest.mark.parametrize(
    "contradiction",
    [
        {"provision": "magic"},
        {"provision": "assistant"},
        {"assistant_id": "asst_1"},
        {"provision": "run"},
        {"runs": (GivenRun("t", "r"),)},
        {"provision": "static", "create_streamed": True},
        {"api_key": " "},
        {"api_key": "a\nb"},
        {"timeout": 0.0},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"max_requests": 0},
        {"proxy": "socks5://h"},
    ],
)
def test_contradictions_are_told_at_once(contradiction: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Settings("http://h", **contradiction)  # type: ignore[arg-type]


def test_no_credential_shows_anywhere() -> None:
    settings = Settings(
        f"http://h/v1?sig={CANARY}-4",
        api_key=f"{CANARY}-1",
        headers=(Header("api-key", f"{CANARY}-2", secret=True),),
        query=(("token", f"{CANARY}-3"),),
        proxy=f"http://user:{CANARY}-5@proxy:3128",
    )
    shown = f"{settings!r} {dict(settings.describe())}"
    assert CANARY not in shown
    assert {f"{CANARY}-{n}" for n in range(1, 5)} <= set(settings.secrets)
    scrubbed = settings.scrub(f"key {CANARY}-1, \x1b[31m{CANARY}-2 {CANARY}-3 {CANARY}-4\r\n" + "x" * 5000)
    assert CANARY not in scrubbed
    assert scrubbed.isprintable()
    assert len(scrubbed) <= 300
