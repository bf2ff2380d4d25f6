"""Polly.js, nock and mitmproxy themselves record every reference cassette, and it is judged the same afterwards."""

from __future__ import annotations

import json
import shutil
import subprocess
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from conformance.model import Exchange, Transcript
from conformance.tests.commands import CHECKOUT
from conformance.tests.wire.foreign.writers import answered, body, received, status
from conformance.tests.wire.test_recordings_round_trip import CASSETTES, in_medium, statuses
from conformance.wire import cassette
from conformance.wire.recordings import read

pytestmark = pytest.mark.real

SCRIPT = Path(__file__).parent / "foreign" / "recorders.mjs"
PACKAGES = {
    "nock": ["nock@14.0.10"],
    "HAR": ["@pollyjs/core@6.0.6", "@pollyjs/adapter-node-http@6.0.6", "@pollyjs/persister-fs@6.0.6"],
}
#: What a recorder breaks on: Polly.js parses what is posted as JSON.
REFUSED = {"nock": frozenset[str](), "HAR": frozenset({"malformed-json"})}
#: Seconds for an installation and for all recordings: far more than either takes.
PATIENCE = 600

#: Fields that the connection of the replay decides.
_OF_CONNECTION = frozenset({"connection", "content-length", "host", "transfer-encoding"})


def originals() -> dict[str, Transcript]:
    found = {}
    for path in sorted(CASSETTES.glob("*.jsonl")):
        found[path.stem] = cassette.read(path.read_text(encoding="utf-8").splitlines(), path.name)
    return found


class _Replay(BaseHTTPRequestHandler):
    """Answers request after request with the answers of one cassette after the other."""

    protocol_version = "HTTP/1.1"
    exchanges: list[Exchange]

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65_537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        self.rfile.read(int(self.headers.get("content-length") or 0))
        exchange = self.exchanges.pop(0)
        data = body(exchange)
        self.send_response_only(status(exchange))
        for name, value in received(exchange):
            if name.lower() not in _OF_CONNECTION:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def replayed(transcripts: dict[str, Transcript]) -> Iterator[str]:
    exchanges = [exchange for transcript in transcripts.values() for exchange in answered(transcript)]
    server = HTTPServer(("127.0.0.1", 0), type("Replay", (_Replay,), {"exchanges": exchanges}))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def job(name: str, base: str, transcript: Transcript) -> dict[str, Any]:
    requests = [
        {
            "method": exchange.request.method,
            "target": exchange.request.target,
            "headers": {k: v for k, v in exchange.request.headers if k.lower() not in _OF_CONNECTION},
            "body": exchange.request.body.decode(),
        }
        for exchange in answered(transcript)
    ]
    return {"name": name, "base": base, "requests": requests}


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not on this machine")
@pytest.mark.timeout(2 * PATIENCE)
@pytest.mark.parametrize("kind", ["nock", "HAR"])
def test_what_a_javascript_recorder_wrote_is_judged_the_same(kind: str, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{}", encoding="utf-8")
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", *PACKAGES[kind]], cwd=tmp_path, check=True, timeout=PATIENCE
    )
    kept = {name: transcript for name, transcript in originals().items() if name not in REFUSED[kind]}
    with replayed(kept) as base:
        jobs = [job(name, base, transcript) for name, transcript in kept.items()]
        (tmp_path / "jobs.json").write_text(json.dumps(jobs), encoding="utf-8")
        words = ["node", str(SCRIPT), "nock" if kind == "nock" else "polly", str(tmp_path / "jobs.json"), str(tmp_path)]
        subprocess.run(words, cwd=tmp_path, check=True, timeout=PATIENCE)
    for name, transcript in kept.items():
        (after,) = read(f"{name}.json", (tmp_path / f"{name}.json").read_bytes(), None)
        assert after.provenance["kind"] == kind
        assert statuses(after) == statuses(in_medium(transcript, kind)), name


WRITER = """
import json, sys
from mitmproxy import http, io
from mitmproxy.test import tflow
for name, exchanges in json.load(open(sys.argv[1])).items():
    with open(f"{sys.argv[2]}/{name}.mitm", "wb") as file:
        writer = io.FlowWriter(file)
        for number, e in enumerate(exchanges):
            pairs = lambda side: [(k.encode(), v.encode()) for k, v in e[side]]
            url = "https://api.example.com" + e["target"]
            asked = http.Request.make(e["method"], url, e["sent"].encode(), pairs("asked"))
            asked.timestamp_start = float(number)
            answer = http.Response.make(e["status"], e["body"].encode(), pairs("received"))
            writer.add(tflow.tflow(req=asked, resp=answer))
"""

JUDGE = """
import json, pathlib, sys
from conformance.tests.wire.test_recordings_round_trip import statuses
from conformance.wire.recordings import read
found = {}
for path in pathlib.Path(sys.argv[1]).glob("*.mitm"):
    (transcript,) = read(path.name, path.read_bytes(), None)
    assert transcript.provenance == {"kind": "mitmproxy"}
    found[path.stem] = statuses(transcript)
print(json.dumps(found))
"""


@pytest.mark.timeout(2 * PATIENCE)
def test_what_mitmproxy_saved_is_judged_the_same(tmp_path: Path) -> None:
    """In an environment of its own, beside what reading and judging needs: it pins much of what others use."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    ours = ["httpx", "jinja2", "jsonschema", "jsonschema-rs", "orjson", "pytest", "pyyaml", "tomlkit", "vcrpy"]
    subprocess.run([python, "-m", "pip", "install", "-q", "mitmproxy", *ours], check=True, timeout=PATIENCE)
    kept = originals()
    flows = {
        name: [
            {
                "method": exchange.request.method,
                "target": exchange.request.target,
                "asked": exchange.request.headers,
                "sent": exchange.request.body.decode(),
                "status": status(exchange),
                "received": received(exchange),
                "body": body(exchange).decode(),
            }
            for exchange in answered(transcript)
        ]
        for name, transcript in kept.items()
    }
    (tmp_path / "flows.json").write_text(json.dumps(flows), encoding="utf-8")
    subprocess.run([python, "-c", WRITER, tmp_path / "flows.json", tmp_path], check=True, timeout=PATIENCE)
    done = subprocess.run(
        [python, "-c", JUDGE, tmp_path], cwd=CHECKOUT, check=True, timeout=PATIENCE, capture_output=True, text=True
    )
    found = json.loads(done.stdout)
    for name, transcript in kept.items():
        assert found[name] == statuses(in_medium(transcript, "mitmproxy")), name
