"""Transcripts in every format that is read: by the format's own library where it is Python, else by a few lines."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any

import yaml
from vcr.request import Request as VcrRequest
from vcr.serialize import serialize
from vcr.serializers import jsonserializer, yamlserializer

from conformance.model import Exchange, Headers, Transcript

HOST = "https://api.example.com"


def answered(transcript: Transcript) -> Iterator[Exchange]:
    """The exchanges that a recorder of answers sees."""
    return (exchange for exchange in transcript.exchanges if exchange.response is not None)


def body(exchange: Exchange) -> bytes:
    assert exchange.response is not None
    return b"".join(chunk.data for chunk in exchange.response.chunks)


def status(exchange: Exchange) -> int:
    assert exchange.response is not None
    return exchange.response.status


def received(exchange: Exchange) -> Headers:
    assert exchange.response is not None
    return exchange.response.headers


def lists(headers: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    return found


def _vcrpy(transcript: Transcript, serializer: Any, *, packed: bool = False) -> bytes:
    """What vcrpy itself writes; `packed` as it is recorded where the server packs and nothing unpacks."""
    requests, responses = [], []
    for exchange in answered(transcript):
        asked = exchange.request
        requests.append(VcrRequest(asked.method, HOST + asked.target, asked.body, lists(asked.headers)))
        data, headers = body(exchange), lists(received(exchange))
        if packed:
            data, headers = gzip.compress(data, mtime=0), {**headers, "Content-Encoding": ["gzip"]}
        responses.append(
            {"status": {"code": status(exchange), "message": "OK"}, "headers": headers, "body": {"string": data}}
        )
    return str(serialize({"requests": requests, "responses": responses}, serializer)).encode()


def _ruby(transcript: Transcript, *, exact: bool = False) -> dict[str, Any]:
    def kept(data: bytes) -> dict[str, str]:
        text = {"string": data.decode()} if not exact else {"base64_string": base64.encodebytes(data).decode()}
        return {"encoding": "ASCII-8BIT" if exact else "UTF-8", **text}

    return {
        "http_interactions": [
            {
                "request": {
                    "method": exchange.request.method.lower(),
                    "uri": HOST + exchange.request.target,
                    "body": kept(exchange.request.body),
                    "headers": lists(exchange.request.headers),
                },
                "response": {
                    "status": {"code": status(exchange), "message": "OK"},
                    "headers": lists(received(exchange)),
                    "body": kept(body(exchange)),
                },
                "recorded_at": "Tue, 14 Nov 2023 21:49:33 GMT",
            }
            for exchange in answered(transcript)
        ],
        "recorded_with": "VCR 6.2.0",
    }


def _exvcr(transcript: Transcript) -> Any:
    return [
        {
            "request": {
                "body": exchange.request.body.decode(errors="replace"),
                "headers": dict(exchange.request.headers),
                "method": exchange.request.method.lower(),
                "options": [],
                "request_body": "",
                "url": HOST + exchange.request.target,
            },
            "response": {
                "binary": False,
                "body": body(exchange).decode(),
                "headers": dict(received(exchange)),
                "status_code": status(exchange),
                "type": "ok",
            },
        }
        for exchange in answered(transcript)
    ]


def _har(transcript: Transcript, *, encoded: bool = False) -> Any:
    def named(headers: Headers) -> list[dict[str, str]]:
        return [{"name": name, "value": value} for name, value in headers]

    def content(exchange: Exchange) -> dict[str, Any]:
        data = body(exchange)
        text = (
            {"text": data.decode()} if not encoded else {"text": base64.b64encode(data).decode(), "encoding": "base64"}
        )
        return {"size": len(data), "mimeType": "", **text}

    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "a test", "version": "1"},
            "entries": [
                {
                    "startedDateTime": f"2026-01-02T03:04:{number:02}.000Z",
                    "request": {
                        "method": exchange.request.method,
                        "url": HOST + exchange.request.target,
                        "httpVersion": "h2",
                        "headers": [{"name": ":method", "value": "POST"}, *named(exchange.request.headers)],
                        "postData": {"mimeType": "application/json", "text": exchange.request.body.decode()},
                    },
                    "response": {
                        "status": status(exchange),
                        "headers": named(received(exchange)),
                        "content": content(exchange),
                    },
                }
                for number, exchange in enumerate(answered(transcript))
            ],
        }
    }


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode()


def _nock(transcript: Transcript) -> Any:
    return [
        {
            "scope": f"{HOST}:443",
            "method": exchange.request.method,
            "path": exchange.request.target,
            "body": _parsed(exchange.request.body),
            "status": status(exchange),
            "response": _parsed(body(exchange)),
            "rawHeaders": [word for pair in received(exchange) for word in pair],
            "reqheaders": dict(exchange.request.headers),
            "responseIsBinary": False,
        }
        for exchange in answered(transcript)
    ]


def _wiremock(transcript: Transcript) -> Any:
    return {
        "mappings": [
            {
                "id": f"00000000-0000-4000-8000-{number:012}",
                "request": {
                    "url": exchange.request.target,
                    "method": exchange.request.method,
                    "bodyPatterns": [{"equalToJson": exchange.request.body.decode(), "ignoreArrayOrder": True}],
                },
                "response": {
                    "status": status(exchange),
                    "body": body(exchange).decode(),
                    "headers": lists(received(exchange)),
                },
                "insertionIndex": number,
            }
            for number, exchange in reversed(list(enumerate(answered(transcript))))
        ]
    }


def _curl(transcript: Transcript) -> bytes:
    """One call of curl after the other, both outputs in one file."""
    lines = []
    for exchange in answered(transcript):
        asked = exchange.request
        lines += [
            b"* Connected to api.example.com (127.0.0.1) port 443\r\n",
            f"> {asked.method} {asked.target} HTTP/1.1\r\n".encode(),
        ]
        lines += [f"> {name}: {value}\r\n".encode() for name, value in asked.headers]
        lines += [b"> \r\n", f"< HTTP/1.1 {status(exchange)} OK\r\n".encode()]
        lines += [f"< {name}: {value}\r\n".encode() for name, value in received(exchange)]
        lines += [
            b"< \r\n",
            b"{ [5 bytes data]\n",
            body(exchange),
            b"* Connection #0 to host api.example.com left intact\n",
        ]
    return b"".join(lines)


def _json(document: object) -> bytes:
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


def _yaml(document: object) -> bytes:
    text: str = yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
    return b"---\n" + text.encode()


#: A way to write -> the medium it is read as, and the writer.
WRITERS: MappingProxyType[str, tuple[str, Callable[[Transcript], bytes]]] = MappingProxyType(
    {
        "vcrpy.yaml": ("vcrpy", lambda each: _vcrpy(each, yamlserializer)),
        "vcrpy-packed.yaml": ("vcrpy", lambda each: _vcrpy(each, yamlserializer, packed=True)),
        "vcrpy.json": ("vcrpy", lambda each: _vcrpy(each, jsonserializer)),
        "ruby.yml": ("Ruby VCR", lambda each: _yaml(_ruby(each))),
        "ruby-exact.yml": ("Ruby VCR", lambda each: _yaml(_ruby(each, exact=True))),
        "ruby.json": ("Ruby VCR", lambda each: _json(_ruby(each))),
        "exvcr.json": ("exvcr", lambda each: _json(_exvcr(each))),
        "php-vcr.yml": ("exvcr", lambda each: _yaml(_exvcr(each))),
        "browser.har": ("HAR", lambda each: _json(_har(each))),
        "base64.har": ("HAR", lambda each: _json(_har(each, encoded=True))),
        "nock.json": ("nock", lambda each: _json(_nock(each))),
        "wiremock.json": ("WireMock", lambda each: _json(_wiremock(each))),
        "curl.txt": ("curl -v", _curl),
    }
)
