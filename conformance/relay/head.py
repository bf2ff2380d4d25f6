"""The head of a request as lines of bytes: what leads to the upstream is rewritten, everything else stays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from conformance.model import Headers

#: Fields that belong to one connection alone and mean nothing behind the relay. `Connection` itself stays: both
#: connections live and end together.
_HOP_BY_HOP = frozenset({"keep-alive", "proxy-connection", "proxy-authorization", "upgrade", "http2-settings"})


class Upstream(NamedTuple):
    """Where requests are passed on to."""

    host: str
    port: int
    tls: bool
    #: Path of its base URL, without a slash at its end.
    prefix: str
    #: What `Host` says.
    authority: str
    #: Fields that are set in every request, in place of the client's own.
    headers: Headers = ()
    #: Query parameters that are added to every target, encoded; empty for none.
    query: str = ""

    @classmethod
    def at(cls, url: str, headers: Headers = (), query: str = "") -> Upstream:
        """The upstream at a base URL that was checked before, such as http://127.0.0.1:8000/v1."""
        parts = urlsplit(url)
        assert parts.hostname is not None  # noqa: S101 - it was checked
        tls = parts.scheme == "https"
        return cls(
            parts.hostname,
            parts.port or (443 if tls else 80),
            tls,
            parts.path.rstrip("/"),
            parts.netloc.rpartition("@")[2],
            headers,
            query,
        )


def rewritten(head: bytes, base: str, upstream: Upstream) -> bytes:
    """The head of a request as the upstream gets it: its target below another base, its `Host`, no hop-by-hop field.

    `base` is the path under which clients reach the relay, which becomes that of the upstream. All other lines stay
    byte for byte, in their order.
    """
    first, *lines = head.rstrip(b"\r\n").split(b"\n")
    method, _, rest = first.rstrip(b"\r").partition(b" ")
    target, _, version = rest.rpartition(b" ")
    set_here = {name.lower() for name, _ in upstream.headers}
    kept = [line.rstrip(b"\r") for line in _kept(lines, _HOP_BY_HOP | set_here | {"host"})]
    own = [f"{name}: {value}".encode("latin-1") for name, value in upstream.headers]
    return b"\r\n".join(
        [
            b" ".join((method, moved(target, base, upstream), version)),
            f"Host: {upstream.authority}".encode("latin-1"),
            *(_without_upgrade(line) for line in kept),
            *own,
            b"",
            b"",
        ]
    )


def _kept(lines: Iterable[bytes], dropped: Iterable[str]) -> Iterable[bytes]:
    """The lines of all other fields; a folded line goes with the field it belongs to."""
    away = False
    for line in lines:
        if not line[:1].isspace():
            away = line.partition(b":")[0].decode("latin-1").strip().lower() in dropped
        if not away:
            yield line


def _without_upgrade(line: bytes) -> bytes:
    """A `Connection` without the names of fields that are not passed on."""
    name, colon, value = line.partition(b":")
    if name.lower() != b"connection":
        return line
    options = [option.strip() for option in value.split(b",")]
    left = [option for option in options if option.decode("latin-1").lower() not in _HOP_BY_HOP - {"keep-alive"}]
    return line if left == options else name + colon + b" " + b", ".join(left)


def moved(target: bytes, base: str, upstream: Upstream) -> bytes:
    """A target below the base of the upstream in place of ours; one outside ours is passed on as it stands."""
    path, mark, query = target.partition(b"?")
    if path.startswith((b"http://", b"https://")):  # absolute form, as for a forward proxy
        path = urlsplit(path.decode("latin-1")).path.encode("latin-1") or b"/"
    ours = base.encode()
    if path == ours or path.startswith(ours + b"/"):
        path = (upstream.prefix.encode("latin-1") + path[len(ours) :]) or b"/"
    both = b"&".join(filter(None, (query, upstream.query.encode("latin-1"))))
    return path + (b"?" + both if both else mark)
