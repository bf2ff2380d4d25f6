"""The decisions of the server that have one right way and many wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.mock.submission import RULES, Rule
from conformance.proof import story
from conformance.proof.story import Story


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One field for each decision; as they stand they are the right ones, and each can be replaced."""

    #: Asked one after the other before a submission is accepted.
    rules: tuple[Rule, ...] = RULES
    #: What happens to a run once its outputs were accepted.
    go_on: Callable[..., Story] = story.go_on
