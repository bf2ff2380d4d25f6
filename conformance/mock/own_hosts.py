"""Which hosts a mock answers for: its own. A page of a stranger may resolve a name of its own to this machine."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from conformance.model import Headers


@dataclass(frozen=True, slots=True)
class OwnHosts:
    """The address that is listened on, and further names that lead to it; without a list of names any does."""

    address: str
    names: Collection[str] | None = ()

    def stranger(self, headers: Headers) -> str | None:
        """The host that a request asks for, where that is not one of these; None where it says none (HTTP/1.0)."""
        if self.names is None:
            return None
        asked = next((value.strip() for name, value in headers if name.lower() == "host"), None)
        return None if asked is None or self._serves(_without_port(asked).lower().removesuffix(".")) else asked

    def _serves(self, host: str) -> bool:
        # RFC 6761 keeps these names on this machine; nobody else can resolve them.
        if host == "localhost" or host.endswith(".localhost") or host in {name.lower() for name in self.names or ()}:
            return True
        found = _address(host)
        if found is None:
            return host == self.address.lower()
        own = _address(self.address)
        return found.is_loopback or found == own or (own is not None and own.is_unspecified)


def _without_port(authority: str) -> str:
    host, colon, port = authority.rpartition(":")
    host = host if colon and port.isdigit() else authority
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
