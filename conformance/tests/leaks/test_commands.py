"""What the commands print and write, and what an error repeats of the words it was given."""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from conformance.mock.server import Mock
from conformance.run import repeat_command
from conformance.targets.settings import Settings
from conformance.tests.commands import Said, conformance
from conformance.tests.leaks.planted import KEY, ODD, found_in
from conformance.tests.wire.transcripts import exchange, transcript
from conformance.wire.redact import redact

#: What must not be told: the whole, and every part of it that is long enough to be known again.
AZURE = "Qx7_" + "aB3dE5gH7jK9" * 3 + "AzFu" + "mN2pQ=="
SIGNATURE = "Ab/+cD3fG6hJ9kL2mN5pQ8rS1tU4vW7xY0zA3bC6dE="
PASSWORD = "p@ss:w/rd+7Qx"


def outputs(said: Said, folder: Path) -> dict[str, str]:
    """Everything that a command left behind, by what it is called."""
    files = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    names = "\n".join(str(path) for path in folder.rglob("*"))
    return {"stdout": said.stdout, "stderr": said.stderr, "names": names, **files}


def leaked(said: Said, folder: Path, *secrets: str) -> dict[str, list[str]]:
    told = outputs(said, folder)
    return {name: found for name, text in told.items() for secret in secrets if (found := found_in(text, secret))}


def test_a_server_of_azure_is_judged_without_its_keys_in_anything(tmp_path: Path) -> None:
    basic = base64.b64encode(f"uname77:{PASSWORD}".encode()).decode()
    with Mock(fault="done-twice") as mock:
        said = conformance(
            "server", f"--base-url={mock.base_url}?sig={quote(SIGNATURE, safe='')}", "--param", f"code={AZURE}",
            "--header", f"X-Functions-Key: {ODD}", "--header", f"Authorization: Basic {basic}",
            "-v", "-k", "stream-one-call", "--out", str(tmp_path), "--format", "text",
        )  # fmt: skip
    assert said.returncode == 1, said.stderr
    curl = next(line for line in said.stdout.splitlines() if " curl " in line)
    assert "?sig=${SIG}&code=${CODE}" in curl and "X-Functions-Key: ${X_FUNCTIONS_KEY}" in curl
    assert leaked(said, tmp_path, AZURE, SIGNATURE, ODD, PASSWORD) == {}


STREAM = (
    b'event: thread.run.created\ndata: {"id":"run_KEY","object":"thread.run","status":"KEY"}\n\n'
    b'event: KEY\ndata: {"id":"KEY"}\n\n'
    b'event: thread.message.delta\ndata: {"id":"msg_1","object":"thread.message.delta","delta":{"content":[{"index":0,'
    b'"type":"text","text":{"value":"LEFT"}}]}}\n\n'
    b'event: thread.message.delta\ndata: {"id":"msg_1","object":"thread.message.delta","delta":{"content":[{"index":0,'
    b'"type":"text","text":{"value":"RIGHT"}}]}}\n\n'
    b"event: done\ndata: [DONE] KEY\n\n"
)


def recording(key: str) -> bytes:
    data = key.encode()
    return STREAM.replace(b"KEY", data).replace(b"LEFT", data[:11]).replace(b"RIGHT", data[11:])


FOREIGN = {
    "OpenAI": KEY,
    "AWS": "AKIAIOSFODNN7EXAMPLF",
    "Google": "AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "GitHub": "ghp_" + "a1B2" * 9,
    "Slack": "xoxb-1234567890-abcdefGHIJ12",
    "Azure": AZURE,
    "web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghij_-klmnop",
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_strangers_recording_is_judged_without_the_keys_in_it(kind: str, tmp_path: Path) -> None:
    key = FOREIGN[kind]
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / f"{key}.sse"
    path.write_bytes(recording(key))
    for form in ("text", "json"):
        said = conformance("judge", str(path), "-v", "--out", str(tmp_path / "out"), "--format", form)
        assert said.returncode == 1
        assert leaked(said, tmp_path / "out", key) == {}
    wrong = conformance("verify", str(path))
    assert wrong.returncode == 1 and "unsafe" in wrong.stdout
    assert found_in(wrong.stdout + wrong.stderr, key) == []


@pytest.mark.parametrize(
    "words",
    [
        ("server", "--base-url", "http://127.0.0.1:1", "--api-key-env", KEY),
        ("server", "--base-url", "http://127.0.0.1:1", "--api-key-env", ODD),
        ("mock", "--api-key-env", KEY),
        ("server", "--base-url", "http://127.0.0.1:1", "--header", f"Authorization={ODD}"),
        ("server", "--base-url", "http://127.0.0.1:1", "--header", ODD),
        ("server", "--base-url", "http://127.0.0.1:1", "--header", f"X: ${ODD}"),
        ("server", "--base-url", "http://127.0.0.1:1", "--param", ODD),
        ("server", "--base-url", "http://127.0.0.1:1", "--param", f"={ODD}"),
        ("server", "--base-url", f"http://u:{ODD}@h:99999999"),
        ("server", "--base-url", f"http://u:{ODD}@h"),
        ("server", "--base-url", f"http://[{KEY}"),
        ("server", "--base-url", "http://127.0.0.1:1", "--proxy", f"http://u:{ODD.replace(' ', '')}@[h"),
        ("server", "--base-url", "http://127.0.0.1:1", "--proxy", f"socks9://{KEY}@h"),
        ("server", f"--api-key={KEY}"),
        ("client", "--", f"no-such-program-{KEY}"),
        ("judge", f"/nowhere/{KEY}.sse"),
        ("judge", "--known-failures", f"/nowhere/{KEY}", "x"),
        ("compare", KEY, KEY),
        ("explain", KEY),
        (KEY,),
    ],
    ids=lambda words: " ".join(words)[:40].encode("ascii", "replace").decode(),
)
def test_an_error_repeats_no_value_that_may_be_a_key(words: tuple[str, ...], tmp_path: Path) -> None:
    said = conformance(*words)
    assert said.returncode in (4, 5), said.stderr
    assert leaked(said, tmp_path, KEY, ODD) == {}


def test_a_client_is_judged_without_its_own_key_or_that_of_its_command_line(tmp_path: Path) -> None:
    program = (
        "import os,sys,urllib.request as u\n"
        "r=u.Request(os.environ['OPENAI_BASE_URL']+'/threads/'+os.environ['CONFORMANCE_THREAD_ID'],"
        "headers={'Authorization':'Bearer '+sys.argv[2]})\n"
        "print(sys.argv[2], sys.argv[4]); sys.stderr.write('failed with '+sys.argv[2][:12]+'\\n')\n"
        "print(u.urlopen(r).status)\nprint('the key is '+sys.argv[4]); sys.exit(3)\n"
    )
    own, told = "Own7kEy0fTheClient4711", "T0ld/by=its+w0rds"
    said = conformance(
        "client", "--scenario", "plain-one-call", "--trace", "-v", "--out", str(tmp_path), "--",
        sys.executable, "-c", program, "x", own, "--api-key", told, MORE="1",
    )  # fmt: skip
    assert said.returncode in (1, 2, 5), said.stderr
    assert (tmp_path / "clients" / "plain-one-call.txt").read_text().endswith("the key is …\n")
    assert leaked(said, tmp_path, own, told) == {}


def test_a_key_in_the_path_of_a_base_url_is_in_nothing(tmp_path: Path) -> None:
    with Mock() as mock:
        url = mock.base_url.replace("/v1", f"/{KEY}/v1")
        said = conformance("server", "--base-url", url, "-v", "-k", "stream-one-call", "--out", str(tmp_path))
    assert "/…/v1" in said.stderr
    assert leaked(said, tmp_path, KEY) == {}


def test_a_key_in_a_list_of_known_failures_or_in_the_name_of_a_folder_is_in_nothing(tmp_path: Path) -> None:
    rows = tmp_path / "known.toml"
    rows.write_text(f'[[failure]]\nrequirement = "done.once"\nreason = "see {KEY}"\nlink = "https://h.example/{KEY}"\n')
    out = tmp_path / KEY
    with Mock(fault="done-twice") as mock:
        said = conformance(
            "server", "--base-url", mock.base_url, "-v", "-k", "stream-one-call", "--out", str(out),
            "--known-failures", str(rows),
        )  # fmt: skip
    assert "/…/report.txt" in said.stdout
    assert json.loads((out / "report.json").read_text())["known_failures"][0]["reason"] == "see …"
    assert leaked(said, out, KEY).keys() == {"names"}  # its owner named it


def test_a_cassette_of_a_stranger_is_kept_without_keys_in_any_of_its_words() -> None:
    heard = transcript(exchange(b"{}"))
    request = replace(heard.exchanges[0].request, method=KEY)
    strange = replace(heard.exchanges[0], request=request, situation=frozenset({KEY}))
    kept = redact(replace(heard, exchanges=(strange,), traits=frozenset({KEY}), scenario=KEY))
    assert found_in(repr(kept), KEY) == []


@pytest.mark.parametrize("option", ["base_url", "proxy"])
def test_pytest_names_the_target_and_the_command_without_credentials(option: str) -> None:
    url = f"http://u:{KEY}@127.0.0.1:1/v1?code={AZURE}"
    said = {"base_url": "http://127.0.0.1:1", option: url, "client": f"prog --token {PASSWORD}"}
    for given in (said, {key: value for key, value in said.items() if key != "client"}):
        told = f"{repeat_command.shown_target(given)} {repeat_command.again(given)}"
        behind = ("prog", "--token", PASSWORD)
        told += repeat_command.again_proxy(given, url, behind) + repeat_command.again_gateway(given, behind)
        assert found_in(told, KEY) == found_in(told, AZURE) == found_in(told, PASSWORD) == []


def test_the_credentials_of_a_proxy_are_secrets() -> None:
    settings = Settings("http://127.0.0.1:1", proxy=f"http://uname77:{quote(PASSWORD, safe='')}@127.0.0.1:2")
    basic = base64.b64encode(f"uname77:{PASSWORD}".encode()).decode()
    for said in (PASSWORD, basic, quote(PASSWORD, safe="")):
        assert found_in(settings.scrub(f"407 of {said}"), PASSWORD) == []
        kept = redact(transcript(exchange(f'{{"error":"{said}"}}'.encode())), settings.secrets)
        assert found_in(repr(kept), PASSWORD) == []


def test_every_kind_of_key_is_found_cut_and_escaped_too() -> None:
    for key in FOREIGN.values():
        escaped = "".join(f"\\u{ord(character):04x}" for character in key)
        for said in (key, escaped):
            kept = redact(transcript(exchange(STREAM.replace(b"KEY", said.encode()))))
            assert found_in(repr(kept), key) == [] and escaped not in repr(kept)
        kept = redact(transcript(exchange(recording(key))))
        assert kept.exchanges[0].response is not None
        body = b"".join(chunk.data for chunk in kept.exchanges[0].response.chunks)
        lines = [json.loads(line[6:]) for line in body.split(b"\n") if b'"value"' in line]
        values = [line["delta"]["content"][0]["text"]["value"] for line in lines]
        assert "".join(values).strip("*0123456789") == ""
