"""The habits of the bundled client as faults: they are played, reported and counted like those of a server."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from conformance.mock.client.habits import DECLARED, Declared
from conformance.proof.faults.registry import Fault


def _fault(declared: Declared) -> Fault:
    return Fault(
        declared.name,
        declared.layer,
        declared.sentence,
        declared.breaks,
        equivalent=declared.legal,
        scenarios=declared.scenarios,
    )


#: Every habit by its name, in the order of their declarations.
HABITS: Mapping[str, Fault] = MappingProxyType({name: _fault(declared) for name, declared in DECLARED.items()})
