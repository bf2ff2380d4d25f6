"""What the scripted model does: the calls it makes, the parts of its answer, how its run ends.

`SCRIPTS` has one entry for each row of `contract.scenarios.SCRIPTS`; a variation may make up any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function; `pieces` of JSON text add up to its arguments."""

    name: str
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Says:
    """A message; `pieces` add up to its text, each is one delta."""

    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunsCode:
    """A step of the built-in code interpreter; `pieces` add up to its input."""

    pieces: tuple[str, ...]
    logs: str


@dataclass(frozen=True, slots=True)
class SearchesFiles:
    """A step of the built-in file search, with one result."""

    file_id: str
    file_name: str
    text: str


Part = Says | RunsCode | SearchesFiles


@dataclass(frozen=True, slots=True)
class Script:
    """What happens to a run once its calls are made."""

    #: What the model does once it has every output.
    parts: tuple[Part, ...]
    #: What it does before it asks for outputs.
    before: tuple[Part, ...] = ()
    #: How often it asks for outputs.
    rounds: int = 1
    #: `completed`; `expired` before it goes on; or, within the last message, `incomplete`, `failed`, `cancelled`,
    #: and `error`, which breaks the stream and lets the run fail afterwards.
    ending: str = "completed"
    #: How often a run that waits for outputs may be looked at before it expires; None: for ever.
    patience: int | None = None
    #: The refusal that the first submission meets, a row of the table of refusals; None: it is served.
    hindrance: str | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """What the model does until it asks for outputs or ends: without calls it ends."""

    script: Script
    calls: tuple[Call, ...] = ()


_ANSWER = Says(("In", " Köln", " it", " is", " 21", " °C", " and", " sunny", " 🌤️", ",", " 東京", " has", " rain", "."))
_FIRST = Says(("Let", " me", " work", " that", " out", "…"))
_CODE = RunsCode(("celsius", " = ", "21\n", "print", "(celsius * 9 / 5 + 32)"), "69.8\n")
_SEARCH = SearchesFiles("file_000000000000000000000001", "weather.md", "Köln: mild winters, warm summers.")

SCRIPTS = MappingProxyType(
    {
        "text": Script((_ANSWER,)),
        "round": Script((_ANSWER,), rounds=2),
        "two-messages": Script((_FIRST, _CODE, _ANSWER)),
        "built-in": Script((_SEARCH, _ANSWER)),
        "incomplete": Script((_ANSWER,), ending="incomplete"),
        "failed": Script((_ANSWER,), ending="failed"),
        "cancelled": Script((_ANSWER,), ending="cancelled"),
        "expired": Script((_ANSWER,), ending="expired"),
        "error": Script((_ANSWER,), ending="error"),
        "late": Script((_ANSWER,), patience=2),
        "busy": Script((_ANSWER,), hindrance="busy"),
        "fault": Script((_ANSWER,), hindrance="fault"),
    }
)
