"""What `curl -v` prints: lines of the request behind `>`, of the answer behind `<`, of curl itself behind `*`.

The body stands between them as it came, where both outputs of curl went to the same place; with `-i` as well, the heads
of the answer stand before it once more. Of what was sent there are the line and the header fields; the body is not
printed. Where curl's own words stand behind a body, nobody knows how its last line ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from conformance.model import Exchange, Headers, Transcript
from conformance.wire.recordings import curl, foreign
from conformance.wire.recordings.beside import Beside
from conformance.wire.recordings.body import Body

TITLE = "the output of curl -v"

#: A status line behind `<`, at the beginning of a line.
_STATUS = re.compile(rb"^< HTTP/\d(?:\.\d)? (\d{3})\b", re.MULTILINE)
_REQUEST = re.compile(rb"> ([A-Z]+) (\S+) HTTP/\d(?:\.\d)?")
_ANSWERED = re.compile(rb"< HTTP/\d(?:\.\d)? (\d{3})\b")

#: What stands before a status line that curl printed: its own words, a request, its meter, or the command itself.
_BEFORE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\* |> |< HTTP/|\$ |% |curl |Note: |[{}] \[\d+ bytes data\]|% Total)")

#: Curl's progress meter: CR and twelve columns, the last one five wide; versions with other columns are read without
#: regard to what follows. Only its last state ends a line: else what is written next stands right behind it, a line of
#: curl or a piece of a body.
_METER = re.compile(
    rb"\r(?:[ \d.kMGTP]{30,50}(?: (?:--:--:--|[ \d]{1,2}:\d\d:\d\d|[ \d]{2,3}d \d\dh|[ \d]{7}d)){3} [ \d.kMGTP]{5}"
    rb"|[ \d.kMGTP]+(?:--:--:--|\d+:\d\d:\d\d)[ \d:.kMGTP-]*)(?:\r?\n(?=\* |curl: |[ \t]+% Total|\Z))?"
)

#: Curl's own words within a body: they are written at once and the body in blocks, so that they stand anywhere, also in
#: the middle of a line.
_OWN = re.compile(
    rb"[{}] \[\d+ bytes data\]\r?\n"
    rb"|\* (?:Connection #|Connection state|Closing connection|[Ss]hutting down|Excess found|Leftovers|TLSv|old SSL|"
    rb"HTTP/\d|h2|STREAM|transfer closed|Operation timed out|Request completely|upload completely|Recv failure|"
    rb"Send failure|Issue another|Mark bundle|Ignoring the response)[^\r\n]*\r?\n?"
    rb"|^\* [^\n]*\n|^[ \t]+(?:% Total|Dload)[^\n]*\n|^curl: \(\d+\)[^\n]*\n?",
    re.MULTILINE,
)

_ELSEWHERE = "the file does not hold the body of its answer; `curl -sNv URL > FILE 2>&1` writes both into it"

#: What curl says when whoever ran it had set a limit: what was missing then is nobody's fault.
_GIVEN_UP = re.compile(rb"^(?:\* Operation timed out|curl: \(28\))", re.MULTILINE)

#: How much is looked at: certificates and handshakes take a few thousand bytes.
_HEAD = 65_536


def fits(content: bytes) -> bool:
    """Whether a content is what curl prints with `-v`."""
    head = content[:_HEAD]
    return _BEFORE.match(head) is not None and _STATUS.search(head) is not None


@dataclass(slots=True)
class _Draft:
    """One request and its answer while the lines are read."""

    method: str = "POST"
    target: str = ""
    sent: list[bytes] = field(default_factory=list)
    status: int = 0
    received: list[bytes] = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)
    in_body: bool = False


def read(name: str, content: bytes, beside: Beside) -> tuple[Transcript, ...]:
    """Read every exchange; beside it may lie the body of the last request."""
    drafts = list(_drafts(content))
    given_up = drafts[-1:] if _GIVEN_UP.search(content) is not None else []
    exchanges = [_exchange(draft, whole=draft not in given_up) for draft in drafts]
    if beside.request is not None and exchanges:
        exchanges[-1] = replace(exchanges[-1], request=replace(exchanges[-1].request, body=beside.request))
    return foreign.transcript(name, "curl -v", exchanges)


def _drafts(content: bytes) -> Iterator[_Draft]:
    draft = _Draft()
    for line in _METER.sub(b"", content.removeprefix(b"\xef\xbb\xbf")).splitlines(keepends=True):
        bare = line.rstrip(b"\r\n")
        if started := _REQUEST.match(bare):
            if draft.status or draft.target:
                yield draft
            draft = _Draft(started[1].decode(), started[2].decode("latin-1"))
        elif answered := _ANSWERED.match(bare):
            draft.status, draft.received, draft.in_body = int(answered[1]), [], False
        elif bare.startswith(b"> ") and not draft.status:
            draft.sent.append(bare[2:])
        elif draft.status and not draft.in_body:
            draft.in_body = bare in (b"<", b"< ") and draft.status >= 200
            draft.received += [bare[2:]] if bare.startswith(b"< ") else []
        elif draft.in_body:
            draft.body.append(line)
    if draft.status or draft.target:
        yield draft


def _exchange(draft: _Draft, *, whole: bool) -> Exchange:
    printed = _OWN.sub(b"", b"".join(draft.body))
    sent = Body(b"")
    if not draft.status:
        return foreign.exchange(draft.method, draft.target, _headers(draft.sent), sent, "no answer was printed")
    body = curl.without_heads(printed)
    if whole and not printed and _had_body(draft):
        return foreign.exchange(draft.method, draft.target, _headers(draft.sent), sent, _ELSEWHERE)
    answer = foreign.Answer(draft.status, _headers(draft.received), Body(body) if whole else None)
    return foreign.exchange(draft.method, draft.target, _headers(draft.sent), sent, answer)


def _had_body(draft: _Draft) -> bool:
    """Whether a body may have gone elsewhere, as with `-o` or `2> FILE`: nothing says that there was none."""
    declared = next((value for name, value in _headers(draft.received) if name.lower() == "content-length"), "")
    return declared != "0" and draft.status not in (204, 304)


def _headers(lines: list[bytes]) -> Headers:
    """HTTP field values are bytes; Latin-1 shows each as one character."""
    pairs = (line.decode("latin-1").partition(":") for line in lines)
    return tuple((name.strip(), value.strip()) for name, colon, value in pairs if colon and name)
