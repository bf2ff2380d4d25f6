"""What an unwelcome answer says of itself, as people read it: no markup, whatever it was written in."""

from __future__ import annotations

import re
from html import unescape

from conformance.model import Exchange
from conformance.targets.session import body_of, header_of

#: Bytes that are looked at: a page says what it is about before that, and a hostile one has no more to say.
_MOST = 8000

#: What a page holds that nobody reads: comments, styles and scripts with all that is in them, and tags.
_MARKUP = re.compile(r"<!--.*?-->|<(style|script)\b.*?</\1\s*>|<[^<>]*>", re.DOTALL | re.IGNORECASE)


def is_web_page(exchange: Exchange) -> bool:
    """Whether the answer is a page for people."""
    said = (header_of(exchange, "content-type") or "").lower()
    return "html" in said or body_of(exchange)[:64].lstrip().lower().startswith((b"<!doctype", b"<html"))


def quoted(exchange: Exchange) -> str:
    """The words of an answer; the caller hides what is secret and cuts them."""
    said = body_of(exchange)[:_MOST].decode(errors="replace").strip()
    return unescape(_MARKUP.sub(" ", said)).strip() if is_web_page(exchange) else said
