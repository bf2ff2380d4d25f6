"""A submission as a line for a shell: exactly its bytes, and no key."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

from conformance.model import Exchange

#: What a submission needs to be worth sending again: the run it was made for waits no longer.
NEEDS = "a run that waits for outputs: put its thread, run and call ids in place of these"

#: Fields that curl writes by itself, or that say who we are.
_LEFT_OUT = frozenset({"host", "content-length", "user-agent", "accept-encoding", "connection"})

#: What a pair of double quotes does not protect.
_SPECIAL = re.compile(r'([\\"$`])')


def curl(exchange: Exchange, origin: str, secrets: Sequence[str], variable: str) -> str:
    """The line that sends a request again; `origin` is scheme, host and port. Secrets are read from a variable."""
    request = exchange.request
    fields = [(name, value) for name, value in request.headers if name.lower() not in _LEFT_OUT]
    words = ["curl", "-N", "-i", "-X", request.method, _quoted(origin + request.target, secrets, variable)]
    words += [word for name, value in fields for word in ("-H", _quoted(f"{name}: {value}", secrets, variable))]
    if _plain(request.body):
        return " ".join((*words, "--data-binary", shlex.quote(request.body.decode())))
    return f"printf '{''.join(_octal(request.body))}' | {' '.join((*words, '--data-binary', '@-'))}"


def _plain(body: bytes) -> bool:
    """Whether a body can stand in the line as it is; curl would read a file where it begins with @."""
    return body.isascii() and body.decode("latin-1").isprintable() and not body.startswith(b"@")


def _octal(body: bytes) -> Iterable[str]:
    for byte in body:
        character = chr(byte)
        kept = 0x20 <= byte < 0x7F and character not in "\\'%"
        yield character if kept else "%%" if character == "%" else f"\\{byte:03o}"


def _quoted(text: str, secrets: Sequence[str], variable: str) -> str:
    pieces = list(_pieces(text, secrets))
    if len(pieces) == 1:
        return shlex.quote(text)
    return '"' + f"${{{variable}}}".join(_SPECIAL.sub(r"\\\1", piece) for piece in pieces) + '"'


def _pieces(text: str, secrets: Sequence[str]) -> Iterator[str]:
    """The text between the secrets in it."""
    if not secrets:
        yield text
        return
    yield from re.split("|".join(map(re.escape, secrets)), text)
