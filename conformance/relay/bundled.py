"""The bundled gateway as the one that is judged: in this process, or on sockets."""

from __future__ import annotations

from conformance.relay.habits import LIMIT, Declared
from conformance.relay.head import Upstream
from conformance.relay.in_process import InProcessEnds
from conformance.relay.relay import Relay
from conformance.targets.gateway import API_KEY, GatewayTarget, SocketEnds
from conformance.targets.settings import Settings

#: Seconds for one exchange: longer than any habit makes wait that ends by itself.
_PATIENCE = 20.0


def in_process(declared: Declared) -> GatewayTarget:
    """A gateway with a habit, without a socket."""
    ends = InProcessEnds(declared.make(), keyed=_is_keyed(declared), timeout=_PATIENCE)
    return GatewayTarget(ends, traits=declared.declares, facts={"habit": declared.name})


class SocketGateway(GatewayTarget):
    """A gateway with a habit, on sockets, from its construction until `close`."""

    def __init__(self, declared: Declared) -> None:
        self._declared = declared
        ends = SocketEnds(self._started, key=API_KEY if _is_keyed(declared) else None)
        super().__init__(ends, traits=declared.declares, facts={"habit": declared.name})

    def close(self) -> tuple[str, ...]:
        """End both ends, and the gateway between them."""
        try:
            return super().close()
        finally:
            self._relay.close()

    def _started(self, upstream: str) -> Settings:
        self._relay = Relay(Upstream.at(upstream), habit=self._declared.make())
        return Settings(self._relay.base_url, API_KEY, timeout=max(_PATIENCE, 3 * LIMIT))


def _is_keyed(declared: Declared) -> bool:
    """Whether the upstream asks for its key: a gateway with a key of its own sends another."""
    return "maps-auth" not in declared.declares
