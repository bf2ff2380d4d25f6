"""Secrets to plant, how they may be spelled, and how an output is searched for them: without the code under test."""

from __future__ import annotations

import base64
import html
import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote, quote_plus, unquote_plus
from xml.sax.saxutils import quoteattr

#: Every character that some spelling writes otherwise, and a look that nothing recognises.
ODD = "Zq8/\"w+v=k9$x'y<u>&t7\\m5%4 r2"

#: What shows by its look.
KEY = "sk-proj-Ab3dEf9hIj2kLm5nOp8q"

_NARROW = {"+": "-", "/": "_"}


def _core(secret: str, before: int) -> str:
    """What is the same of a secret in base64, whatever stands around it, after so many other bytes."""
    data = bytes(before) + secret.encode()
    return base64.b64encode(data).decode()[-(-before * 8 // 6) : len(data) * 8 // 6]


def _url_safe(text: str) -> str:
    return "".join(_NARROW.get(character, character) for character in text)


SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON, slashes escaped": lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "JSON, all escaped": lambda secret: "".join(f"\\u{ord(character):04x}" for character in secret),
    "JSON in JSON": lambda secret: json.dumps(json.dumps(secret))[1:-1],
    "percent": lambda secret: quote(secret, safe=""),
    "percent, lower case": lambda secret: quote(secret, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
    "percent, all": lambda secret: "".join(f"%{byte:02X}" for byte in secret.encode()),
    "form": quote_plus,
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 without padding": lambda secret: base64.b64encode(secret.encode()).decode().rstrip("="),
    "base64, one byte on": lambda secret: base64.b64encode(b"x" + secret.encode()).decode(),
    "base64, two bytes on": lambda secret: base64.b64encode(b"xy" + secret.encode() + b"z").decode(),
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "HTML": html.escape,
    "XML": lambda secret: quoteattr(secret)[1:-1],
    "HTML, all": lambda secret: "".join(f"&#x{ord(character):x};" for character in secret),
    "shell": lambda secret: shlex.quote(secret)[1:-1] if "'" in secret else secret,
}

#: Spellings that are planted together, one behind another: a run for each of them takes its time.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    family: tuple(name for name in SPELLINGS if name.startswith(family))
    for family in ("plain", "JSON", "percent", "form", "base64", "HTML", "XML", "shell")
}


def spelled(family: str, secret: str) -> str:
    """A secret in every spelling of a family."""
    return " ".join(SPELLINGS[name](secret) for name in FAMILIES[family])


def found_in(output: str, secret: str) -> list[str]:
    """The spellings in which an output holds a secret, and whether it holds a part of ten characters."""
    whole = {name: spell(secret) for name, spell in SPELLINGS.items() if not name.startswith("base64")}
    whole |= {f"base64 at {shift}": _core(secret, shift)[:-1] for shift in range(3)}
    whole |= {f"base64 at {shift} for URLs": _url_safe(_core(secret, shift)[:-1]) for shift in range(3)}
    parts = {f"part {at}": secret[at : at + 10] for at in range(len(secret) - 9)}
    read = tuple(_readings(output))
    return [name for name, text in (whole | parts).items() if any(text in each for each in read)]


def _readings(output: str) -> Iterator[str]:
    yield output
    yield html.unescape(output)
    yield unquote_plus(output)
    yield output.replace("\\\\", "\\").replace('\\"', '"').replace("\\/", "/")
    yield output.replace("'\"'\"'", "'")
