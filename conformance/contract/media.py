"""What each medium shows of an exchange: one table, by which recordings are planned and judged.

A requirement names what it needs of the medium among its `needs`. A transcript tells its medium by the `kind` of its
provenance, which a cassette carries; what we ask ourselves, and whatever is not listed here, shows everything. What
passes between strangers shows everything, too, but others may act on its runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: What a medium can show, and what each word means.
FACTS: Mapping[str, str] = MappingProxyType(
    {
        "head": "status and header fields of the answer are known",
        "times": "it is known when each piece of the answer came",
        "end": "it is known how the body of the answer was ended",
        "last-line": "it is known whether a blank line ended the last event",
        "ids": "ids, names, paths and header values are as they were sent",
    }
)

#: What we record ourselves.
WHOLE = frozenset(FACTS)

#: Medium -> what it shows: the formats in which strangers keep exchanges. Their tools replace what is private, and
#: editors trim the last line of a text.
MEDIA: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "raw stream": frozenset(),
        "curl -i": frozenset({"head", "end", "last-line"}),
        "curl -i without a length": frozenset({"head"}),
        "curl -v": frozenset({"head"}),
        "pasted stream": frozenset(),
        "session record": frozenset({"head"}),
        "HAR": frozenset({"head"}),
        "Ruby VCR": frozenset({"head"}),
        "vcrpy": frozenset({"head"}),
        "exvcr": frozenset({"head"}),
        "nock": frozenset({"head"}),
        "WireMock": frozenset({"head"}),
        "mitmproxy": frozenset({"head", "last-line"}),
        "recording without headers": frozenset(),
        "proxy": WHOLE,
    }
)


def foreign(medium: object) -> bool:
    """Whether strangers recorded it: runs in it are theirs, and others may have acted on them."""
    return medium in MEDIA


def shown_by(medium: object) -> frozenset[str]:
    """What a medium shows, as traits."""
    return MEDIA[str(medium)] if foreign(medium) else WHOLE
