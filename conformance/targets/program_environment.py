"""The environment of somebody's program that we start."""

from __future__ import annotations

from collections.abc import Mapping

#: Addresses that no proxy of the environment may be asked for.
_LOOPBACK = "127.0.0.1,localhost"


def environment(inherited: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command: what there is, without what another run of ours left, and never through a proxy."""
    kept = {name: value for name, value in inherited.items() if not name.startswith("CONFORMANCE_")}
    proxies = {name: ",".join(filter(None, (inherited.get(name), _LOOPBACK))) for name in ("NO_PROXY", "no_proxy")}
    return {**kept, **proxies, **variables}
