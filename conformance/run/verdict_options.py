"""What the options about verdicts mean: which set is scored, how strictly, and which failures are known."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from conformance.contract import requirement_sets
from conformance.errors import UsageError
from conformance.model import KnownFailure, Profile, Role
from conformance.run.known_failures import reader
from conformance.run.options import Given, is_ci


def profile(said: Given, role: Role, selection: str | None) -> Profile:
    """On what terms is judged. Raises UsageError for a requirement set that does not exist."""
    return Profile(
        role, requirements=requirement_set(said), strict="strict" in said, selection=selection, shard=said.get("shard")
    )


def requirement_set(said: Given) -> str:
    """The requirement set that is scored: the one that was named, else the newest. Raises UsageError."""
    name: str = said.get("requirements") or requirement_sets.newest()
    requirement_sets.levels(name)
    return name


def known_failures(said: Given) -> tuple[KnownFailure, ...]:
    """The rows of the list that was named; none where it is to be created. Raises UnreadableInput."""
    if "known_failures" not in said:
        return ()
    path = Path(said["known_failures"])
    return () if "update_known_failures" in said and not path.exists() else reader.read(path)


def check(said: Given, environment: Mapping[str, str] | None = None) -> None:
    """Raise UsageError for a requirement set that does not exist or a list that may not be updated here.

    Raises UnreadableInput for a list of known failures that cannot be read.
    """
    if "requirements" in said:
        requirement_set(said)
    known_failures(said)
    if "update_known_failures" not in said:
        return
    if "known_failures" not in said:
        raise UsageError("--update-known-failures without --known-failures", "Name the list: --known-failures FILE")
    if is_ci(os.environ if environment is None else environment):
        raise UsageError(
            "--update-known-failures is refused in CI (CI is set): a job would excuse what it should report",
            "Update the list on your own machine, review what changed, and commit it.",
        )
