"""A submission as a line for a shell: its bytes, save that a variable of the shell stands for each secret in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping

from conformance.model import Exchange
from conformance.wire.secret import Secrets
from conformance.wire.spellings import plain
from conformance.wire.splice import spliced

#: What a submission needs to be worth sending again: the run it was made for waits no longer.
NEEDS = "a run that waits for outputs: put its thread, run and call ids in place of these"

#: Fields that curl writes by itself, or that say who we are.
_LEFT_OUT = frozenset({"host", "content-length", "user-agent", "accept-encoding", "connection"})

#: What a pair of double quotes does not protect.
_SPECIAL = re.compile(r'([\\"$`])')

#: The variable for what looks like a secret and is none of ours.
_UNKNOWN = "SECRET"


class CurlCommand:
    """Writes requests as commands. `variables` are the credentials that are sent -> the variable of each.

    `secrets` are values that the command must not hold either; what looks like a secret is found by itself.
    """

    def __init__(self, origin: str, variables: Mapping[str, str], secrets: Iterable[str] = ()) -> None:
        self._origin = origin
        self._secrets = Secrets((*variables, *secrets))
        self._variables = {plain(value): variable for value, variable in variables.items()}

    def of(self, exchange: Exchange) -> str:
        """The line that sends a request again to scheme, host and port of the origin."""
        request = exchange.request
        fields = [(name, value) for name, value in request.headers if name.lower() not in _LEFT_OUT]
        words = ["curl", "-N", "-i", "-X", self._quoted(request.method), self._quoted(self._origin + request.target)]
        words += [word for name, value in fields for word in ("-H", self._quoted(f"{name}: {value}"))]
        if _plain(request.body):
            return " ".join((*words, "--data-binary", self._quoted(request.body.decode())))
        masked = spliced(request.body, self._secrets.edits(request.body))
        return f"printf '{''.join(_octal(masked))}' | {' '.join((*words, '--data-binary', '@-'))}"

    def _quoted(self, text: str) -> str:
        pieces = list(self._pieces(text))
        return shlex.quote(text) if len(pieces) == 1 else '"' + "".join(pieces) + '"'

    def _pieces(self, text: str) -> Iterator[str]:
        """The text between the secrets in it, for double quotes, and the variables that stand for those."""
        data = text.encode(errors="surrogatepass")
        at = 0
        for place in self._secrets.places(data):
            yield _protected(data[at : place.start])
            yield f"${{{self._variables.get(place.says, _UNKNOWN)}}}"
            at = place.end
        yield _protected(data[at:])


def _protected(data: bytes) -> str:
    return _SPECIAL.sub(r"\\\1", data.decode(errors="surrogatepass"))


def _plain(body: bytes) -> bool:
    """Whether a body can stand in the line as it is; curl would read a file where it begins with @."""
    return body.isascii() and body.decode("latin-1").isprintable() and not body.startswith(b"@")


def _octal(body: bytes) -> Iterable[str]:
    for byte in body:
        character = chr(byte)
        kept = 0x20 <= byte < 0x7F and character not in "\\'%"
        yield character if kept else "%%" if character == "%" else f"\\{byte:03o}"
