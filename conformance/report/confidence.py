"""What the letter of a confidence means, in the words of every page and explanation."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from conformance.model import Confidence

#: How well a requirement is attested -> in words.
CONFIDENCE: Mapping[Confidence, str] = MappingProxyType(
    {
        Confidence.H: "observed in real traffic",
        Confidence.M: "one good source",
        Confidence.L: "inferred, and never a failure",
    }
)
