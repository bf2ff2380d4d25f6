"""What a content looks like that no reader knows, in the words of whoever looks into it, and what to do about it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from conformance.wire import strict_json

#: How much is looked at: what something is shows at its beginning.
_HEAD = 4096

#: Characters of a text that are quoted.
_QUOTED = 40

_BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

#: ASCII in UTF-16: every other byte is zero. Four characters in a row do not come about by chance.
_WIDE = re.compile(rb"(?:[\t\n\r -~]\x00){4}|(?:\x00[\t\n\r -~]){4}")

_PAGE = re.compile(rb"<(?:!doctype|html|head|body|\?xml|title|h1|p|div)\b", re.IGNORECASE)


#: The beginnings of packet captures: pcap in both byte orders, of micro- and nanoseconds, and pcapng.
_CAPTURES = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a")
_TRACE = re.compile(rb"(?:[\d:.]+ )?(?:\[[\dx-]+\] )?(?:==|=>|<=) (?:Info:|Send|Recv)")
_HAS_YAML = re.compile(rb"(?:---|%YAML)[^\r\n]*\r?\n|[A-Za-z_][\w-]*:[ \t]*\r?\n[ \t]*(?:- |[A-Za-z_][\w-]*:)")


class Look(NamedTuple):
    """What something looks like, and what to do to have it judged."""

    like: str
    advice: str


class _Kind(NamedTuple):
    """One kind of content that is no recording, by its whole content and by its head without white space."""

    fits: Callable[[bytes, bytes], bool]
    look: Look


def is_utf16(content: bytes) -> bool:
    """Whether a content is text in UTF-16, which neither streams nor JSON are in."""
    return content.startswith(_BYTE_ORDER_MARKS) or _WIDE.match(content) is not None


#: What is no recording, and has a command of its own.
_OPENAPI = Look("it looks like an OpenAPI document", "`conformance schemas drift --spec FILE` compares it with ours.")

#: The kinds that are distinguished, the first that fits; what is none of them is text.
_KINDS = (
    _Kind(
        lambda content, head: is_utf16(content),  # noqa: ARG005
        Look(
            "it is text in UTF-16, as > of Windows PowerShell writes it",
            "Write it as UTF-8, or let the client write the file itself, as `curl --output FILE` does.",
        ),
    ),
    _Kind(
        lambda content, head: not head,  # noqa: ARG005
        Look("it is empty", "Does what should have written it print an answer? `curl -i` shows all of it."),
    ),
    _Kind(
        lambda content, head: content.startswith(b"\x1f\x8b"),  # noqa: ARG005
        Look("it is packed (gzip)", "Unpack it: `gunzip -c FILE | conformance judge -`."),
    ),
    _Kind(
        lambda content, head: content.startswith(b"PK\x03\x04"),  # noqa: ARG005
        Look("it is packed (zip)", "Unpack it, and name the folder."),
    ),
    _Kind(
        lambda content, head: _PAGE.match(head) is not None,  # noqa: ARG005
        Look(
            "it looks like a web page (HTML or XML)",
            "That is often what a proxy says, or another address. `curl -i` shows its status and headers too.",
        ),
    ),
    _Kind(
        lambda content, head: head.startswith((b"{", b"[")),  # noqa: ARG005
        Look(
            "it looks like JSON",
            "The JSON answer of a server is judged with its status and headers, as `curl -i` prints them.",
        ),
    ),
    _Kind(
        lambda content, head: content.startswith(_CAPTURES),  # noqa: ARG005
        Look(
            "it is a capture of network packets",
            "Export the exchange from Wireshark as text, or record it with `conformance proxy` or mitmproxy.",
        ),
    ),
    _Kind(
        lambda content, head: _TRACE.match(head) is not None,  # noqa: ARG005
        Look("it is a trace of curl (--trace)", "Record it with `curl -sNv URL > FILE 2>&1` instead."),
    ),
    _Kind(lambda content, head: head.startswith((b"openapi:", b"swagger:")), _OPENAPI),  # noqa: ARG005
    _Kind(
        lambda content, head: _HAS_YAML.match(head) is not None,  # noqa: ARG005
        Look(
            "it looks like YAML that no recorder known here writes",
            "Cassettes in YAML begin with `interactions:` (vcrpy) or `http_interactions:` (Ruby VCR).",
        ),
    ),
    _Kind(
        lambda content, head: b"\x00" in head,  # noqa: ARG005
        Look("it is binary", "Is it the right file?"),
    ),
)


_EXPORT = "Export the exchange as HAR, or show it with `curl -i`: both are judged."
_NO_ANSWERS = f"It holds no recorded answers. {_EXPORT}"

_ANSWER = Look(
    "it looks like the JSON answer of a server", "It is judged with its status and headers, as `curl -i` prints them."
)
_CHARLES = Look("it looks like a session of Charles", "File > Export Session writes it as an HTTP Archive (.har).")
_MOCKSERVER = Look("it looks like expectations of MockServer", "It retrieves recorded requests as HAR too.")
_JOURNAL = Look(
    "it looks like the request journal of WireMock", "Its recorder writes mappings: POST /__admin/recordings/stop."
)
_SNAPSHOTS = Look("it looks like snapshots of undici (SnapshotAgent)", f"Record with nock or Polly.js. {_EXPORT}")
_REPORT = Look("it looks like a report of this suite", "`conformance report` writes it in other forms.")

#: The documents that are distinguished: members that only they have, the first whose members are all there.
_SHAPES: tuple[tuple[frozenset[str], Look], ...] = (
    (frozenset({"consumer", "provider"}), Look("it looks like a contract of Pact", _NO_ANSWERS)),
    (frozenset({"info", "item"}), Look("it looks like a Postman collection", _NO_ANSWERS)),
    (frozenset({"openapi"}), _OPENAPI),
    (frozenset({"swagger"}), _OPENAPI),
    (frozenset({"_type", "resources"}), Look("it looks like an export of Insomnia", _NO_ANSWERS)),
    (frozenset({"data", "meta"}), Look("it looks like a simulation of Hoverfly", _EXPORT)),
    (frozenset({"httpRequest", "httpResponse"}), _MOCKSERVER),
    (frozenset({"scheme", "host", "request", "response"}), _CHARLES),
    (frozenset({"requests", "requestJournalDisabled"}), _JOURNAL),
    (frozenset({"hash", "snapshot"}), _SNAPSHOTS),
    (frozenset({"subjects", "target"}), _REPORT),
    (frozenset({"id", "object"}), _ANSWER),
    (frozenset({"error"}), _ANSWER),
)


def _of_document(content: bytes) -> Look | None:
    """What a JSON document that is no recording looks like; None for one that nobody knows."""
    try:
        document = strict_json.read(content.removeprefix(codecs.BOM_UTF8))
    except strict_json.NotJson:
        return None
    first = document[0] if isinstance(document, list) and document else document
    members = first.keys() if isinstance(first, Mapping) else frozenset()
    return next((look for shape, look in _SHAPES if shape <= members), None)


def look(content: bytes) -> Look:
    """What a content that is no recording looks like."""
    head = content[:_HEAD].removeprefix(codecs.BOM_UTF8).strip()
    if head.startswith((b"{", b"[")) and (shape := _of_document(content)) is not None:
        return shape
    return next((kind.look for kind in _KINDS if kind.fits(content, head)), None) or _text(head)


def _text(head: bytes) -> Look:
    first = head.splitlines()[0].decode(errors="replace")
    quoted = "".join(char if char.isprintable() else "?" for char in first[:_QUOTED])
    return Look(
        f"it is text that begins with {quoted!r}",
        "A stream begins with `event:`, `data:`, `id:`, `retry:` or a comment, `: …`.",
    )
