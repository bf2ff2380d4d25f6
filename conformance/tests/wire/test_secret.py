"""What is secret: by its look, by where it stands; what is not; and what a text says in every spelling."""

from __future__ import annotations

import json

import pytest

from conformance.contract.data import schema_text
from conformance.contract.schema import SCHEMA_OF_EVENT
from conformance.wire import credentials
from conformance.wire.secret import VOCABULARY, Secrets
from conformance.wire.secret_shapes import SHAPES
from conformance.wire.spellings import plain, readings

#: Of each kind a value of its look that opens nothing, in a sentence, with what must be gone.
LOOKS = {
    "api key": ("a {}", "sk-svcacct-a1B2c3D4e5F6g7H8"),
    "session key": ("{}", "sess-" + "a1B2" * 10),
    "organization": ("in {}", "org-" + "a1B2" * 6),
    "bearer token": ("authorization: Bearer {}", "a1.B2-c3_D4~e5+F6/g7=="),
    "basic credentials": ("Basic {}", "bmFtZTpwYXNzd29yZA=="),
    "web token": ("{}", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghij_-klmnop"),
    "private key": (
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
        "MIIEpAIBAAKCAQEA1a2B3c4D\nxyz=",
    ),
    "URL with a password": ("see https://{}@example.org/x", "me:pa55word"),
    "URL with a key": ("GET /x?code={}&y=1", "a1B2c3D4e5F6g7H8i9=="),
    "named key": ('"api_key": "{}"', "0123456789abcdef0123456789abcdef"),
    "named password": ("DB_PASSWORD={}", "c0rrect-horse"),
    "Azure key": ("{}", "aB3" * 17 + "a" + "JQQJ99" + "BCAC" + "a1B2" * 5 + "cd"),
    "AWS access key": ("{}", "ASIA" + "A1B2C3D4E5F6G7H8"),
    "AWS Bedrock key": ("{}", "ABSK" + "a1B2" * 12),
    "Google key": ("{}", "AIza" + "a1B2_" * 7),
    "Google token": ("{}", "ya29." + "a1B2_" * 6),
    "Google client secret": ("{}", "GOCSPX-" + "a1B2_" * 5),
    "GitHub token": ("{}", "ghs_" + "a1B2" * 9),
    "GitHub fine-grained token": ("{}", "github_pat_" + "a1B2_" * 6),
    "GitLab token": ("{}", "glpat-" + "a1B2_" * 5),
    "Slack token": ("{}", "xoxp-1234567890-abcdef"),
    "Slack app token": ("{}", "xapp-1-A1B2C3D4-e5f6"),
    "Slack web hook": ("https://hooks.slack.com/services/{}", "T00000000/B00000000/a1B2c3D4"),
    "Hugging Face token": ("{}", "hf_" + "a1B2" * 9),
    "Groq key": ("{}", "gsk_" + "a1B2" * 13),
    "xAI key": ("{}", "xai-" + "a1B2" * 20),
    "Stripe key": ("rk_live_{}", "a1B2" * 6),
    "npm token": ("{}", "npm_" + "a1B2" * 9),
    "PyPI token": ("{}", "pypi-AgE" + "a1B2_" * 12),
}


def test_every_look_has_an_example() -> None:
    assert set(LOOKS) == {kind for kind, _ in SHAPES}


@pytest.mark.parametrize("kind", LOOKS)
def test_every_look_is_found_plain_and_escaped(kind: str) -> None:
    sentence, value = LOOKS[kind]
    text = sentence.format(value)
    for said in (text, json.dumps(text)[1:-1], "".join(f"\\u{ord(character):04x}" for character in text)):
        assert kind in Secrets().kinds(said)
        assert value not in plain(Secrets().hidden(said)).decode()
        assert value not in Secrets().hidden(said)


@pytest.mark.parametrize(
    "text",
    [
        "risk-assessment-of-many-things", "the bearer of this", "basic understanding of it",
        "max_prompt_tokens: 12345678", "a key: value pair", '{"code": "invalid_request_error"}', "https://example.org:8080/path?api-version=2025-03-01",
        "run_0123456789abcdef0123456789abcdef", "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "password: required", "token=none",
        "the secret of the pyramids: unknown", '"usage":{"total_tokens":1234}', "http://127.0.0.1:8000/v1@x",
    ],
)  # fmt: skip
def test_ordinary_text_is_no_secret(text: str) -> None:
    assert Secrets().kinds(text) == ()
    assert Secrets().hidden(text) == text


def test_words_of_the_api_are_no_secrets() -> None:
    objects = ("RunObject", "MessageObject", "RunStepObject", "RunStepDeltaObject", "MessageDeltaObject")
    names = {name for each in objects for name in _properties(json.loads(schema_text(f"derived/{each}.json")))}
    names |= set(SCHEMA_OF_EVENT)
    missing = {name for name in names if len(name) >= 6 and name not in VOCABULARY}
    assert missing == set()
    assert Secrets(["completed", "thread.run"]).hidden("thread.run.completed") == "thread.run.completed"


def _properties(schema: object) -> set[str]:
    if isinstance(schema, list):
        return {name for member in schema for name in _properties(member)}
    if not isinstance(schema, dict):
        return set()
    own = schema.get("properties")
    names = set(own) if isinstance(own, dict) else set()
    return names | {name for member in schema.values() for name in _properties(member)}


@pytest.mark.parametrize(
    ("shown", "hidden"),
    [
        ("got 'my-long-secret-va… (200 characters)", "got '… (200 characters)"),
        ("…'ong-secret-value' (from character 9)", "…'…' (from character 9)"),
        ("…'g-secret-v' and my-lon", "…'…' and my-lon"),
        ("the key sk-proj-a1b2…", "the key …"),
    ],
)
def test_a_part_of_a_secret_is_hidden(shown: str, hidden: str) -> None:
    assert Secrets(["my-long-secret-value"]).hidden(shown) == hidden


def test_secrets_that_differ_are_masked_differently() -> None:
    known = Secrets(["first-secret", "other-secret"])
    masks = [edit.new for edit in known.edits(b"first-secret other-secret first-secret")]
    assert masks[0] == masks[2] != masks[1]
    assert {len(mask) for mask in masks} == {len("first-secret")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a\\u0041\\/%2f%252F&amp;lt;&#x41;&#65;", "aA///<AA"),
        ("\\\\\\u0041 \\ud83d\\ude00 \\ud83d", "A \U0001f600 \ud83d"),
        ("'\"'\"'x%%", "'x%"),
        ("plain", "plain"),
    ],
)
def test_what_a_text_says(text: str, says: str) -> None:
    assert plain(text) == says.encode(errors="surrogatepass")


def test_each_place_of_a_reading_is_known_in_the_text_as_it_came() -> None:
    text = b"xx%2541\\u0042&amp;C"
    *_, last = readings(text)
    assert last.data == b"xxAB&C"
    spans = [last.span(at, at + 1) for at in range(len(last.data))]
    assert [text[start:end] for start, end in spans] == [b"x", b"x", b"%2541", b"\\u0042", b"&amp;", b"C"]


@pytest.mark.parametrize("name", ["X-API-Key", "sig", "code", "subscription-key", "access_token", "Cookie", "apikey2"])
def test_names_of_credentials(name: str) -> None:
    assert credentials.is_named(name)


@pytest.mark.parametrize("name", ["max_tokens", "api-version", "order", "author", "design", "decode", "run_id"])
def test_names_of_other_things(name: str) -> None:
    assert not credentials.is_named(name)


def test_credentials_of_a_command_line() -> None:
    words = ("prog", "--api-key", "one", "--token=two", "KEY=three", "http://me:four@h?sig=five", "-H", "api-key: six")
    assert set(credentials.of_words(words)) == {"one", "two", "three", "me", "four", "me:four", "five", "six"}


@pytest.mark.parametrize(
    "line",
    [
        "exec prog --api-key the-key --verbose",
        "export API_KEY='the-key'; prog",
        "curl -H 'Authorization: Bearer the-key' http://h/",
        "curl -u name:the-key http://h/",
        "api_key='the-key'; it's",
        "bash -c 'bash -c \"prog --token the-key --once\"'",
    ],
)
def test_credentials_of_a_line_for_a_shell(line: str) -> None:
    found = set(credentials.of_words(("sh", "-c", line)))
    assert "the-key" in {one.rstrip(";").strip("'") for one in found}
    assert not any(" --" in one for one in found), "what stands behind a key is none"


@pytest.mark.parametrize(
    "name",
    ["OPENAI_API_KEY", "PGPASSWORD", "MYSQL_PWD", "SSHPASS", "DB_PASS", "api_key", "GITHUBTOKEN", "AUTH", "A_KEY_V2",
     "TOKEN_PROD", "npm_config_//registry.example/:_authToken"],
)  # fmt: skip
def test_variables_that_hold_credentials(name: str) -> None:
    assert list(credentials.of_environment({name: "v4lue-of-it"})) == ["v4lue-of-it"]


@pytest.mark.parametrize("name", ["PWD", "KEYBOARD", "TOKENIZERS_PARALLELISM", "COMPAT", "BYPASS", "AUTHOR"])
def test_variables_of_other_things(name: str) -> None:
    assert not list(credentials.of_environment({name: "/home" if name == "PWD" else "v4lue-of-it"}))
