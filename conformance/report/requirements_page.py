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

What a server that offers `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs` is held to, plain and streamed,
and what a client that calls it.
This page is generated; `conformance explain ID` shows the same with a conforming and a violating example.

**Level**: a breach of a MUST fails, a breach of a SHOULD warns (and fails with `--strict`, unless the confidence is L).
What is a MAY or INFO is not judged.
**Confidence**: H, seen on the real wire; M, one good source; L, inferred, and never a failure.
**Judged**: planned before anything is sent, where all the named conditions hold; or when observed,
because it cannot be triggered on demand on a real server, or because it is the client's own choice; or excluded, with
the reason.
An `error` event suspends every rule of the kind that something must still come.
"""

#: What each family of requirements is about.
FAMILIES = {
    "request": "What must be understood of a request",
    "submission": "Which submissions are accepted, and what a refusal leaves as it was",
    "response": "The plain answer",
    "errors": "Refusals and faults",
    "framing": "The stream as HTTP and as server-sent events",
    "events": "Each event by itself",
    "order": "The order of events",
    "content": "What the pieces add up to",
    "done": "The end of the stream",
    "surface": "The rest of the API, before and after",
    "sending": "What a client sends",
    "retry": "When a client sends it again",
    "reading": "How a client reads a stream",
    "outcome": "What a client makes of the answer",
    "relay": "What stands between",
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
    yield f"- **{row.level}**, confidence {row.confidence}, binds the {row.role}, since {row.added}"
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
    told = {
        "excluded": f"Not judged: {row.excluded}",
        "luck": f"Judged when observed, for {operations}.",
        "planned": f"Judged for {operations} where all hold: {needs}.",
    }
    return told[when(row)]


if __name__ == "__main__":
    print(page(), end="")
