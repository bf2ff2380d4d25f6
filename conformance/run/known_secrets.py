"""What a run knows to be secret before it meets anybody: its target's credentials and those of the environment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from conformance.wire.credentials import of_environment, of_options


def known_secrets(given: Iterable[str] = (), environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The values that no output of a run may hold, besides what its transcripts hold and what looks like a secret."""
    return (*given, *of_environment(os.environ if environment is None else environment))


def of_command_line(words: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """What the words of our own command line give away, whether they can be understood or not."""
    there = os.environ if environment is None else environment
    return known_secrets(of_options(words, there), there)
