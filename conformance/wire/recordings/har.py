"""HTTP Archives (HAR 1.2) as browsers, Playwright, proxies and Polly.js write them.

The content of an answer is decoded: its content coding is undone, and what is no text is base64. Polly.js keeps a
packed answer as a JSON list of base64 pieces instead, and leaves out an empty one. Elsewhere a content without a text
is one that was not kept. Chromium and mitmproxy read a stream that names no charset as Windows-1252 and as Latin-1,
which is undone. Playwright can keep bodies in files beside the archive. mitmproxy writes an answer that
broke off twice, each time without its body. Requests are put in the order in which they began. Times of pieces are not
kept, nor how a body ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from conformance.model import Exchange, Transcript
from conformance.wire import strict_json
from conformance.wire.recordings import foreign
from conformance.wire.recordings.beside import Beside, NotBeside
from conformance.wire.recordings.body import Body, from_base64, from_hex, misread, stored
from conformance.wire.recordings.entry import Entry

TITLE = "an HTTP Archive (.har)"

_HINT = "It should be HAR 1.2: log.entries, each with a request (method, url) and a response (status, content)."

#: Makers whose archives are read in a way of their own, in lower case.
_MITMPROXY, _POLLY = "mitmproxy", "polly"

#: The member that names the file of a body, in what was sent and in what was answered.
_FILE = "_file"

_NOT_KEPT = (
    "the archive keeps this body in a file of its own, {why}: keep them together, or record it with the bodies "
    "embedded (Playwright: content or updateContent is 'embed')"
)


def fits(document: object) -> bool:
    """Whether a document has the shape of an archive."""
    log = document.get("log") if isinstance(document, Mapping) else None
    return isinstance(log, Mapping) and "entries" in log


def read(name: str, document: object, beside: Beside) -> tuple[Transcript, ...]:
    """Read an archive; raises UnreadableInput, with the place, where it is none."""
    log = Entry(document, name, _HINT).get("log")
    creator = log.get("creator")
    maker = str(creator.get("name").value if isinstance(creator.value, Mapping) else "").lower()
    entries = _in_order(list(log.get("entries").each()))
    if maker == _MITMPROXY:
        entries = [each for each, before in zip(entries, [None, *entries], strict=False) if not _same(each, before)]
    exchanges = [_exchange(entry, maker, beside) for entry in entries]
    return foreign.transcript(name, "HAR", (each for each in exchanges if each is not None))


def bodies(document: object) -> Iterator[str]:
    """The files beside an archive that hold bodies. Raises UnreadableInput, with the place, where it is none."""
    for entry in Entry(document, "", _HINT).get("log").get("entries").each():
        for side, member in (("request", "postData"), ("response", "content")):
            name = _within(entry, side, member, _FILE)
            if isinstance(name, str):
                yield name


def _within(entry: Entry, *members: str) -> object:
    """A value that lies so deep; None where one of the members is not there."""
    for member in members:
        if entry.value is None:
            return None
        entry = entry.get(member)
    return entry.value


def _same(entry: Entry, before: Entry | None) -> bool:
    return before is not None and entry.value == before.value


def _in_order(entries: list[Entry]) -> list[Entry]:
    """The entries by when they began, where each says so."""
    began = [_began(entry) for entry in entries]
    if not all(began):
        return entries
    return [entry for _, entry in sorted(zip(began, entries, strict=True), key=lambda pair: pair[0] or 0)]


def _began(entry: Entry) -> float | None:
    said = entry.get("startedDateTime").value
    try:
        return datetime.fromisoformat(said).timestamp() if isinstance(said, str) else None
    except (ValueError, OverflowError):
        return None


def _exchange(entry: Entry, maker: str, beside: Beside) -> Exchange | None:
    """One exchange; None for a WebSocket, which is another protocol."""
    request, response = entry.get("request"), entry.get("response")
    if "_webSocketMessages" in entry.members() or request.get("url").text().startswith(("ws:", "wss:")):
        return None
    return foreign.exchange(
        request.get("method").text(), foreign.target_of(request.get("url")), foreign.headers(request.get("headers")),
        _asked(request.get("postData"), beside), _answer(entry, response, maker, beside),
    )  # fmt: skip


def _asked(posted: Entry, beside: Beside) -> Body:
    """What was sent, where it was kept."""
    if posted.value is None:
        return Body(b"")
    if posted.get("text").value is None and posted.get(_FILE).value is not None:
        with suppress(NotBeside):
            return Body(beside.body(posted.get(_FILE).text()))
    if posted.get("encoding").value == "base64":
        return Body(from_base64(posted.get("text")))
    return stored(posted.get("text"))


def _answer(entry: Entry, response: Entry, maker: str, beside: Beside) -> foreign.Answer | str:
    if response.value is None or response.get("status").value in (0, -1, None):
        return "no answer: the request was blocked, broken off or never answered"
    fields, content = foreign.headers(response.get("headers")), response.get("content")
    status = response.get("status").status()
    if content.value is None:
        return foreign.Answer(status, fields, None)
    kind = content.get("mimeType").value
    if not fields and isinstance(kind, str) and "/" in kind:
        fields = (("content-type", kind),)
    if content.get(_FILE).value is not None:
        try:
            return foreign.Answer(status, fields, Body(beside.body(content.get(_FILE).text())))
        except NotBeside as why:
            return _NOT_KEPT.format(why=why)
    if maker == _MITMPROXY and content.get("text").value == "" and _broke_off(entry):
        return foreign.Answer(status, fields, None)
    return foreign.Answer(status, fields, _body(content, str(kind), maker))


def _broke_off(entry: Entry) -> bool:
    """Whether mitmproxy saw no end of an answer."""
    timings = entry.get("timings")
    return isinstance(timings.value, Mapping) and timings.get("receive").value == 0


def _body(content: Entry, kind: str, maker: str) -> Body | None:
    text = content.get("text")
    if text.value is None:
        empty = maker.startswith(_POLLY) or (content.get("size").value == 0 and "event-stream" not in kind)
        return Body(b"") if empty else None
    encoded = content.get("encoding").value == "base64"
    if encoded or content.get("_isBinary").value is True:
        pieces = _pieces(text)
        undo = from_base64 if encoded else from_hex
        return Body(b"".join(undo(piece) for piece in pieces))
    if isinstance(text.value, str) and not _names_charset(kind) and (data := misread(text.value)) is not None:
        return Body(data)
    return stored(text)


def _names_charset(kind: str) -> bool:
    """Whether a media type says how its text is encoded; JSON is UTF-8 without saying so."""
    return "charset" in kind.lower() or "json" in kind.lower()


def _pieces(text: Entry) -> tuple[Entry, ...]:
    """The pieces of an encoded text: itself, or those that a JSON list in it holds."""
    if not text.text().startswith("["):
        return (text,)
    try:
        listed = strict_json.read(text.text().encode(errors="surrogatepass"))
    except strict_json.NotJson:
        text.refuse("a JSON list of pieces was expected")
    return tuple(Entry(listed, text.place, text.hint).each())
