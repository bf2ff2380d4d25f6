"""Other legal forms of a message: in other pieces, in several parts, with images, annotations, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.proof.variations.conversation import Conversation, document_of, documents, with_documents, with_streams
from conformance.proof.variations.draw import Draw, chance, cut, shuffled
from conformance.proof.variations.registry import variation
from conformance.reference.events import Event
from conformance.reference.objects import Document, text_part

DELTA = "thread.message.delta"
_ENDS = ("thread.message.completed", "thread.message.incomplete")

Events = tuple[Event, ...]
Content = list[Document]

_IMAGES: tuple[Document, ...] = (
    {"type": "image_file", "image_file": {"file_id": "file_1"}},
    {"type": "image_file", "image_file": {"file_id": "file_2", "detail": "high"}},
    {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "auto"}},
    {"type": "audio", "audio": {"id": "audio_1"}},
)


def _whole(events: Events) -> dict[str, Content]:
    """Message id -> content, for the messages that ended."""
    ended = [document_of(event) for event in events if event.name in _ENDS]
    return {message["id"]: message["content"] for message in ended}


def _delta(message: str, entries: Content) -> Event:
    return Event(DELTA, {"id": message, "object": "thread.message.delta", "delta": {"content": entries}})


def _piece(index: int, part: Document, text: str) -> Document:
    if part["type"] == "refusal":
        return {"index": index, "type": "refusal", "refusal": text}
    return {"index": index, "type": "text", "text": {"value": text}}


def _made(draw: Draw, content: Content) -> list[Document]:
    """The entries of deltas that add up to a content, each part in any pieces; parts begin in their order."""
    entries: list[Document] = []
    for index, part in enumerate(content):
        match part["type"]:
            case "text":
                entries += [_piece(index, part, text) for text in cut(draw, part["text"]["value"], 5)]
            case "refusal":
                entries += [_piece(index, part, text) for text in cut(draw, part["refusal"], 3)]
            case _:
                entries.append({"index": index, **part})
    return entries


def _grouped(draw: Draw, message: str, entries: Content) -> list[Event]:
    """Entries as deltas, several of them in one now and then."""
    deltas: list[Event] = []
    group: Content = []
    for entry in entries:
        group.append(entry)
        if not chance(draw, 4):
            deltas.append(_delta(message, group))
            group = []
    return [*deltas, _delta(message, group)] if group else deltas


def _with_deltas(events: Events, made: dict[str, list[Event]]) -> Iterator[Event]:
    """The events with the deltas of some messages replaced, all of them right before the end of their message."""
    for event in events:
        message = document_of(event).get("id", "")
        if message in made and event.name == DELTA:
            continue
        if message in made and event.name in _ENDS:
            yield from made[message]
        yield event


@variation("text-in-other-pieces")
def text_in_other_pieces(draw: Draw, conversation: Conversation) -> Conversation:
    """Deltas cut the text of a message anywhere, several of them in one event (ORD-MSG-CONCAT)."""

    def change(events: Events) -> Iterator[Event]:
        made = {message: _grouped(draw, message, _made(draw, content)) for message, content in _whole(events).items()}
        return _with_deltas(events, made)

    return with_streams(conversation, change)


@variation("several-parts")
def several_parts(draw: Draw, conversation: Conversation) -> Conversation:
    """The content of a message has several parts: texts, images, a refusal, a kind nobody knows (contract §2.7).

    Their pieces come one part after the other, or in turn once each part has begun (ORD-MSG-INDEX).
    """
    in_turn = chance(draw, 2)
    contents: dict[str, Content] = {}
    for name, document in documents(conversation):
        if name in _ENDS:
            contents[document["id"]] = _parted(draw, "".join(part["text"]["value"] for part in document["content"]))

    def whole(_name: str, document: Document) -> Document:
        changed = document.get("id") in contents and document.get("content")
        return {**document, "content": contents[document["id"]]} if changed else document

    def changed(events: Events) -> Iterator[Event]:
        made = {
            message: _interleaved(draw, message, content) if in_turn else _grouped(draw, message, _made(draw, content))
            for message, content in _whole(events).items()
            if message in contents and content
        }
        return _with_deltas(events, made)

    return with_streams(with_documents(conversation, whole), changed)


def _interleaved(draw: Draw, message: str, content: Content) -> list[Event]:
    entries = _made(draw, content)
    first = [next(entry for entry in entries if entry["index"] == index) for index in range(len(content))]
    rest: dict[int, list[Document]] = {}
    for entry in entries:
        if not any(entry is begun for begun in first):
            rest.setdefault(entry["index"], []).append(entry)
    turns = shuffled(draw, [index for index, left in rest.items() for _ in left])
    return [_delta(message, [entry]) for entry in [*first, *(rest[index].pop(0) for index in turns)]]


def _parted(draw: Draw, text: str) -> Content:
    """A text as several parts of text, with other parts among them; the last may be a refusal."""
    pieces = [piece for piece in cut(draw, text, 3) if piece]
    parts = [text_part(piece) for piece in pieces]
    if pieces and chance(draw, 6):
        parts[-1] = {"type": "refusal", "refusal": pieces[-1]}
    for _ in range(draw.integers(0, 2)):
        parts.insert(draw.integers(0, len(parts)), draw.choice(_IMAGES))
    return parts


@variation("deltas-of-nothing")
def deltas_of_nothing(draw: Draw, conversation: Conversation) -> Conversation:
    """Deltas say nothing: an empty object, an empty list, a role alone, an empty text (ORD-MSG-INDEX)."""

    def change(events: Events) -> Iterator[Event]:
        for event in events:
            yield event
            if event.name in ("thread.message.in_progress", DELTA) and chance(draw, 3):
                data = document_of(event)
                nothings: list[Document] = [{}, {"content": []}, {"role": "assistant"}, _emptied(data.get("delta", {}))]
                shown = {"id": data["id"], "object": "thread.message.delta", "delta": draw.choice(nothings)}
                yield Event(DELTA, shown)

    return with_streams(conversation, change)


def _emptied(delta: Document) -> Document:
    """A delta with nothing in its texts."""
    entries = delta.get("content", [])
    emptied = [
        {"index": entry["index"], "type": "text", "text": {"value": ""}} for entry in entries if entry["type"] == "text"
    ]
    return {"content": emptied}


@variation("annotations-in-deltas")
def annotations_in_deltas(draw: Draw, conversation: Conversation) -> Conversation:
    """Every delta of a text brings an empty list of annotations, or none does, or the role comes too (DIS-ANNOT)."""
    kind = draw.choice(["none", "all", "role"])

    def change(name: str, document: Document) -> Document:
        if name != DELTA:
            return document
        if kind == "role":
            return {**document, "delta": {"role": "assistant", **document["delta"]}}
        entries = [_listed(entry, kept=kind == "all") for entry in document["delta"].get("content", [])]
        return {**document, "delta": {**document["delta"], "content": entries}}

    return with_documents(conversation, change)


def _listed(entry: Document, *, kept: bool) -> Document:
    if entry["type"] != "text" or "text" not in entry:
        return entry
    text = {key: value for key, value in entry["text"].items() if key != "annotations"}
    return {**entry, "text": {**text, "annotations": []} if kept else text}


_ANNOTATIONS: tuple[Document, ...] = (
    {"type": "file_citation", "text": "[1]", "start_index": 0, "end_index": 3, "file_citation": {"file_id": "file_1"}},
    {"type": "file_path", "text": "sandbox:/x", "start_index": 4, "end_index": 14, "file_path": {"file_id": "file_2"}},
    {"type": "url_citation", "text": "[2]", "start_index": 0, "end_index": 3, "url_citation": {"url": "https://e.com"}},
)


@variation("cites")
def cites(draw: Draw, conversation: Conversation) -> Conversation:
    """A text has annotations; deltas number them and may say more of a file than the message does (ORD-MSG-ANNOT)."""
    cited: dict[str, tuple[int, Content]] = {}
    for name, document in documents(conversation):
        texts = [index for index, part in enumerate(document.get("content") or ()) if part["type"] == "text"]
        if name in _ENDS and texts:
            annotations = [draw.choice(_ANNOTATIONS) for _ in range(draw.integers(1, 3))]
            cited[document["id"]] = draw.choice(texts), annotations

    def whole(_name: str, document: Document) -> Document:
        if document.get("id") not in cited or not document.get("content"):
            return document
        at, annotations = cited[document["id"]]
        part = document["content"][at]
        part = {**part, "text": {**part["text"], "annotations": annotations}}
        return {**document, "content": [*document["content"][:at], part, *document["content"][at + 1 :]]}

    def changed(events: Events) -> Iterator[Event]:
        for event in events:
            message = document_of(event).get("id", "")
            if event.name in _ENDS and message in cited:
                yield from _citing(draw, message, *cited[message])
            yield event

    return with_streams(with_documents(conversation, whole), changed)


def _citing(draw: Draw, message: str, at: int, annotations: Content) -> Iterator[Event]:
    """One delta for all annotations of a part, or one for each."""
    numbered: Content = [{"index": index, **annotation} for index, annotation in enumerate(annotations)]
    if chance(draw, 2):
        numbered = [_quoting(annotation) for annotation in numbered]
    groups = [numbered] if chance(draw, 2) else [[annotation] for annotation in numbered]
    for group in groups:
        yield _delta(message, [{"index": at, "type": "text", "text": {"annotations": group}}])


def _quoting(annotation: Document) -> Document:
    if annotation["type"] != "file_citation":
        return annotation
    return {**annotation, "file_citation": {**annotation["file_citation"], "quote": "so it is"}}


@variation("empty-texts")
def empty_texts(_draw: Draw, conversation: Conversation) -> Conversation:
    """A message without content ends with an empty text, or with none (ORD-MSG-CONCAT)."""

    def change(name: str, document: Document) -> Document:
        if name in _ENDS and document["content"] == []:
            return {**document, "content": [text_part("")]}
        return document

    return with_documents(conversation, change)


@variation("lean-messages")
def lean_messages(_draw: Draw, conversation: Conversation) -> Conversation:
    """Messages in lists lack what only streams carry (DIS-MSG-STATUS)."""
    gone = ("status", "completed_at", "incomplete_at", "incomplete_details")

    def change(name: str, document: Document) -> Document:
        if name or document.get("object") != "thread.message":
            return document
        return {key: value for key, value in document.items() if key not in gone}

    return with_documents(conversation, change)
