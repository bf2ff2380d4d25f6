"""The page `docs/requirements.md`, made from the requirements alone.

Write it anew with

python -m conformance.report.requirements_page > docs/requirements.md
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from conformance.contract.requirements import REQUIREMENTS
from conformance.contract.scenarios import TRAITS
from conformance.model import Requirement, Source
from conformance.report.lists import when

_INTRODUCTION = """\
# Requirements

What `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs` of the OpenAI Assistants API (v2) requires of
servers, clients and gateways, plain and streamed. This page is generated; `conformance explain ID` shows a requirement
with a conforming and a violating example.

- **Level**: a MUST that is not met fails. A SHOULD that is not met is a warning; with `--strict` it fails, unless its
  confidence is L. MAY and INFO are not judged.
- **Confidence**: H, observed in real traffic; M, one good source; L, inferred, and never a failure.
- **Judged**: either planned, in every scenario with the named conditions; or when observed, because it cannot be
  triggered on demand or is the client's choice; or not judged (excluded), with the reason.

After an `error` event, requirements that something must still come do not apply.
"""

#: What each family of requirements is about.
FAMILIES = {
    "request": "Which requests a server must understand",
    "submission": "Which submissions are accepted, and what a refusal must not change",
    "response": "The plain answer",
    "errors": "Refusals and server errors",
    "framing": "The stream as HTTP and as server-sent events",
    "events": "Single events",
    "order": "The order of events",
    "content": "The content of steps and messages",
    "done": "The end of the stream",
    "surface": "Runs, steps and messages, read before and after",
    "sending": "What a client sends",
    "retry": "When a client sends a submission again",
    "reading": "How a client reads a stream",
    "outcome": "What a client reports",
    "relay": "Gateways",
}


def page() -> str:
    """Return the whole page as Markdown: a table of contents, then each family, then each requirement."""
    families = [(name, tuple(rows)) for name, rows in groupby(REQUIREMENTS.values(), lambda row: row.family)]
    contents = "\n".join(_entry(name, rows) for name, rows in families)
    sections = "\n".join(_section(name, rows) for name, rows in families)
    return f"{_INTRODUCTION}\n{contents}\n{sections}"


def _entry(family: str, rows: tuple[Requirement, ...]) -> str:
    judged = sum(row.excluded is None for row in rows)
    return f"- [{family}](#{family}): {FAMILIES[family]} ({judged} judged, {len(rows) - judged} not)"


def _section(family: str, rows: tuple[Requirement, ...]) -> str:
    head = f'\n<a id="{family}"></a>\n\n## {FAMILIES[family]}\n'
    return "\n".join([head, *("\n".join(_requirement(row)) for row in rows)])


def _requirement(row: Requirement) -> Iterator[str]:
    yield f'<a id="{row.id}"></a>\n\n### {row.id}\n'
    yield f"{row.sentence}\n"
    yield f"- **{row.level}**, for {row.role}s, confidence {row.confidence}, since {row.added}"
    yield f"- Why: {row.why}"
    yield from (f"- Evidence: {fact}" for fact in row.evidence)
    yield f"- Sources: {'; '.join(map(_source, row.sources))}"
    yield f"- Contract: {', '.join(row.contract)}"
    yield f"- {_judged(row)}\n"


def _source(source: Source) -> str:
    return f"{source.kind}, [{source.ref}]({source.url})" if source.url else f"{source.kind}, {source.ref}"


def _judged(row: Requirement) -> str:
    operations = " and ".join(sorted(row.operations, reverse=True))
    needs = "; ".join(f"`{need}` ({TRAITS[need]})" for need in sorted(row.needs))
    words = {
        "excluded": f"Not judged: {row.excluded}",
        "observed": f"Judged when observed, for {operations}.",
        "planned": f"Judged for {operations} if all of these hold: {needs}.",
    }
    return words[when(row)]


if __name__ == "__main__":
    print(page(), end="")
