"""A search in words: each departure once, with the body, the line that sends it again, and the seed."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.fuzz.expectation import Expectation
from conformance.fuzz.judge import FuzzFinding
from conformance.fuzz.search import Search
from conformance.report.curl_command import CurlCommand
from conformance.report.plain import field, safe
from conformance.targets.settings import Settings
from conformance.wire.secret import secrets_of

_WIDTH = 100

#: Characters of a body or a line that are shown: shrunk ones are far shorter, an unshrunk one may hold anything.
_LONGEST = 4000


def summary(search: Search) -> str:
    """How many bodies of each expectation were sent, and the seed that sends them again."""
    parts = [f"{search.cases[each]} {each}" for each in Expectation if search.cases[each]]
    stopped = f" · stopped: {safe(search.stopped)}" if search.stopped else ""
    return f"fuzz {search.mode}: {search.cases.total()} cases ({', '.join(parts)}) · seed {search.seed}{stopped}"


def block(departure: FuzzFinding, search: Search, settings: Settings, variable: str) -> str:
    """One departure: what was found, the rule, the body, how to send it again. `variable` stands for the key."""
    return "\n".join(_lines(departure, search, settings, variable))


def _lines(departure: FuzzFinding, search: Search, settings: Settings, variable: str) -> Iterator[str]:
    requirement, finding = departure.requirement, departure.finding
    yield f"{departure.status.upper()}  {requirement.id}  {requirement.level}  fuzz {search.mode}"
    yield field("found", safe(finding.message), _WIDTH)
    yield field("expected", safe(finding.expected), _WIDTH)
    yield field("got", safe(finding.got), _WIDTH)
    yield field("rule", f"{requirement.sentence} ({', '.join(requirement.contract)})", _WIDTH)
    variables = settings.variables(variable)
    line = CurlCommand(settings.origin, variables, settings.secrets).of(departure.exchange)
    body = secrets_of(settings.secrets).hidden(departure.exchange.request.body.decode(errors="backslashreplace"))
    # Neither is wrapped: both are there to be copied. The ids are those of a run that is over by now.
    yield f"  {'body':<10}{safe(body, _LONGEST)}"
    yield f"  {'send':<10}{safe(line, _LONGEST)}"
    yield f"  {'seed':<10}{search.seed}"
