"""A key that is planted wherever a target is told one, and the search for what shows of it."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote, unquote

#: Holds what must be spelled differently in JSON, in URLs and in base64.
KEY = 'canary/7Qz+"Wx=0123456789~kLm'


def spellings(key: str) -> list[str]:
    """How a server may write a key: plain, escaped, percent-encoded, in base64, each also twice."""
    escaped = json.dumps(key)[1:-1]
    small = re.sub("%..", lambda match: match[0].lower(), quote(key, safe=""))
    coded = [base64.b64encode(f"{before}{key}".encode()).decode() for before in ("", "u:", "Bearer ")]
    return [
        key, escaped, json.dumps(escaped)[1:-1], "".join(f"\\u{ord(character):04x}" for character in key),
        quote(key, safe=""), small, quote(quote(key, safe=""), safe=""), *coded,
        base64.urlsafe_b64encode(key.encode()).decode(), quote(coded[0], safe=""), f"Bearer {key}",
    ]  # fmt: skip


def traces(text: str, key: str = KEY) -> list[str]:
    """What shows of a key in a text, read in every way: no ten of its characters in a row may be left."""
    readings = {text}
    for _ in range(3):
        readings |= {unquote(one, errors="replace") for one in readings}
        readings |= {re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), one) for one in readings}
        readings |= {re.sub(r"\\(.)", r"\1", one) for one in readings}
    for one in list(readings):
        for coded in re.findall(r"[A-Za-z0-9+/_-]{12,}", one):
            for start in range(4):
                whole = coded[start : start + (len(coded) - start) // 4 * 4].replace("-", "+").replace("_", "/")
                readings.add(base64.b64decode(whole).decode(errors="replace"))
    pieces = [key[at : at + 10] for at in range(len(key) - 9)]
    return [piece for piece in pieces if any(piece in one for one in readings)]
