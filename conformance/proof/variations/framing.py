"""What the lines of a stream may look like to a reader that keeps to the standard (WHATWG, section 9.2)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.proof.variations.draw import Draw, chance
from conformance.proof.variations.frame import BLANK, Frame, Frames, Line
from conformance.proof.variations.registry import variation

BOM = b"\xef\xbb\xbf"
_ENDS = (b"\n", b"\r\n", b"\r")


def _within(draw: Draw, frames: Frames, lines: tuple[bytes, ...], one_in: int = 4) -> Frames:
    """The frames with lines put anywhere before the blank line of a block; one without it stays as it is."""

    def put(frame: Frame) -> Iterator[Line]:
        for line in frame:
            if chance(draw, one_in):
                yield Line(draw.choice(lines))
            yield line

    return tuple(tuple(put(frame)) if not frame[-1].text else frame for frame in frames)


def _between(draw: Draw, frames: Frames, blocks: tuple[Frame, ...], one_in: int = 4) -> Frames:
    """The frames with blocks that are no events before, between and after them."""

    def put() -> Iterator[Frame]:
        for frame in frames:
            if chance(draw, one_in):
                yield draw.choice(blocks)
            yield frame
        if chance(draw, one_in):
            yield draw.choice(blocks)

    return tuple(put())


def _each_line(frames: Frames, old: bytes, new: bytes) -> Frames:
    return tuple(
        tuple(line._replace(text=new + line.text[len(old) :]) if line.text.startswith(old) else line for line in frame)
        for frame in frames
    )


@variation("no-space-after-the-colon")
def no_space_after_the_colon(draw: Draw, frames: Frames) -> Frames:
    """The one space after a colon is left out (SSE-FIELD)."""
    if any(line.text.startswith(b"data:  ") for frame in frames for line in frame):
        return frames  # a second space is the value's own
    names = draw.choice([(b"event", b"data"), (b"data",), (b"event",)])
    for name in names:
        frames = _each_line(frames, name + b": ", name + b":")
    return frames


@variation("data-before-the-name")
def data_before_the_name(draw: Draw, frames: Frames) -> Frames:
    """The fields of a block come in another order; the lines of its data keep theirs (SSE-FIELD)."""

    def moved(frame: Frame) -> Frame:
        name, *rest = frame[:-1]
        at = draw.integers(0, len(rest))
        return (*rest[:at], name, *rest[at:], frame[-1])

    return tuple(moved(frame) if len(frame) > 2 else frame for frame in frames)


@variation("empty-data-lines")
def empty_data_lines(draw: Draw, frames: Frames) -> Frames:
    """Empty lines of data come around a document: they are white space of its JSON (SSE-MULTI)."""

    def around(frame: Frame) -> Frame:
        documents = [line for line in frame if line.text.startswith((b"data: {", b"data:{"))]
        if len(documents) != 1:
            return frame
        at = frame.index(documents[0])
        before = (Line(draw.choice([b"data", b"data:", b"data: "])),) * draw.integers(0, 2)
        after = (Line(draw.choice([b"data", b"data:", b"data: "])),) * draw.integers(0, 2)
        alone = not any(line.text.startswith(b"data") for line in (*frame[:at], *frame[at + 1 :]))
        return (*frame[:at], *before, frame[at], *after, *frame[at + 1 :]) if alone else frame

    return tuple(around(frame) for frame in frames)


@variation("comments")
def comments(draw: Draw, frames: Frames) -> Frames:
    """Comments stand anywhere in a block, also such as look like fields (SSE-COMMENT)."""
    lines = (b":", b": ping - 2025-06-15", b":event: thread.run.failed", b":data: {", ": ünïcode".encode(), b": \x00")
    return _within(draw, frames, lines)


@variation("keep-alives")
def keep_alives(draw: Draw, frames: Frames) -> Frames:
    """Comments keep the connection alive between blocks, before the first and after the last (SSE-COMMENT)."""
    blocks = ((Line(b": keep-alive"), BLANK), (Line(b":"), BLANK), (Line(b": ping"),), (BLANK, BLANK))
    return _between(draw, frames, blocks)


@variation("blocks-without-data")
def blocks_without_data(draw: Draw, frames: Frames) -> Frames:
    """Blocks without data dispatch nothing, whatever their name (SSE-EMPTY-DATA)."""
    blocks = ((Line(b"event: ping"), BLANK), (Line(b"event: thread.run.failed"), BLANK), (Line(b"event"), BLANK),
              (Line(b"id: 1"), BLANK))  # fmt: skip
    return _between(draw, frames, blocks)


@variation("ids")
def ids(draw: Draw, frames: Frames) -> Frames:
    """Events have ids, empty ones and such as a reader ignores too (SSE-ID)."""
    return _within(draw, frames, (b"id: 7", b"id", b"id:", b"id: a\x00b", "id: ü".encode()))


@variation("retry")
def retry(draw: Draw, frames: Frames) -> Frames:
    """The server says how long to wait before connecting again, or something that does not say it (SSE-ID)."""
    return _between(
        draw, frames, ((Line(b"retry: 3000"), BLANK), (Line(b"retry: soon"), BLANK), (Line(b"retry"), BLANK))
    )


@variation("unknown-stream-fields")
def unknown_stream_fields(draw: Draw, frames: Frames) -> Frames:
    """Fields that nobody knows are ignored: another name, another case, no colon (SSE-UNKNOWN-FIELD)."""
    return _within(draw, frames, (b"foo: bar", b"foo", b"Data: x", b"EVENT: y", b" data: z", b"date: {", b"..."))


@variation("line-ends")
def line_ends(draw: Draw, frames: Frames) -> Frames:
    """Lines end in CRLF or in CR (SSE-EOL)."""
    end = draw.choice([b"\r\n", b"\r"])
    return tuple(tuple(line._replace(end=end) for line in frame) for frame in frames)


@variation("mixed-line-ends")
def mixed_line_ends(draw: Draw, frames: Frames) -> Frames:
    """Lines end in LF, CRLF and CR by turns; no CR comes right before an LF of its own (SSE-EOL)."""
    made: list[Frame] = []
    previous = b""
    for frame in frames:
        lines: list[Line] = []
        for line in frame:
            ends = (b"\r\n", b"\r") if previous == b"\r" and not line.text else _ENDS
            previous = draw.choice(ends)
            lines.append(line._replace(end=previous))
        made.append(tuple(lines))
    return tuple(made)


@variation("byte-order-mark")
def byte_order_mark(_draw: Draw, frames: Frames) -> Frames:
    """The stream begins with a byte order mark (SSE-BOM)."""
    (first, *lines), *rest = frames
    return ((first._replace(text=BOM + first.text), *lines), *rest)


@variation("half-a-comment-at-the-end")
def half_a_comment_at_the_end(draw: Draw, frames: Frames) -> Frames:
    """After the last block comes a comment that no blank line follows: there is no event to end (SSE-BLANK)."""
    rest = draw.choice([b": by", b":"])
    return (*frames, (Line(rest, draw.choice([b"", b"\n"])),))
