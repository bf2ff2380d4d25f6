"""How a client reads a stream: every legal form of server-sent events means the same to it."""

from __future__ import annotations

from conformance.checks.shared.legal_forms import Unusual, unusual

unusual(
    Unusual("reading.bom", "bom", "the byte order mark was not dropped"),
    Unusual("reading.line-ends", "line-ends", "the line ends were not understood"),
    Unusual("reading.fields", "no-space", "fields without a space were not understood"),
    Unusual("reading.comments", "comments", "comments were not passed over"),
    Unusual("reading.data-lines", "data-lines", "several data lines were not joined"),
    Unusual("reading.empty-events", "empty-events", "blocks without data were not passed over"),
    Unusual("reading.unknown-fields", "unknown-fields", "unknown fields were not passed over"),
    Unusual("reading.chunks", "chunks", "a stream in small pieces was not understood"),
    Unusual("reading.long-lines", "long-lines", "a long line was not understood"),
    Unusual("reading.line-separators", "line-separators", "characters of a text were treated as line ends"),
)
