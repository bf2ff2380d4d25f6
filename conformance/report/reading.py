"""What somebody who looked at a finding says of it: a verdict says what is wrong, this says what that means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """One requirement that some implementations depart from, as somebody read it in what they sent."""

    targets: tuple[str, ...]
    requirement: str
    #: What a user of them notices.
    notice: str
    #: How those who maintain them can fix it.
    mend: str
    #: Why it is not of their own making; empty where it is.
    because: str = ""
