"""A client's own words on how it ended: its error, the last lines it printed, and the file of everything it printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from conformance.model import ClientOutput, Subject, Transcript
from conformance.report.plain import field, safe

#: Lines of what was printed that are shown: a traceback says what matters last.
_LINES = 6


def client_output(transcript: Transcript) -> ClientOutput | None:
    """What a client said in a scenario; None where nobody saw how it ended."""
    outcome = transcript.outcome
    if outcome is None:
        return None
    error = (outcome.document or {}).get("error")
    return ClientOutput(outcome.exit_code, error if isinstance(error, str) else "", outcome.printed, outcome.output)


def with_client_output(subject: Subject, transcript: Transcript) -> Subject:
    """The subject with the client's own words, where there is a client."""
    return replace(subject, client=client_output(transcript))


def described(client: ClientOutput | None, folder: str | None) -> Iterator[tuple[str, str]]:
    """Labels and texts, safe to print; `folder` is that of the report, None where it is not kept."""
    if client is None:
        return
    yield (
        "client",
        "still running when its time was over" if client.exit_code is None else f"exit code {client.exit_code}",
    )
    if client.error:
        yield "error", safe(client.error)
    yield from zip(("printed", *[""] * _LINES), map(safe, client.printed[-_LINES:]), strict=False)
    if client.output and folder is not None:
        yield "output", client.output if folder == "." else f"{folder}/{client.output}"


def printed_by_clients(subjects: Iterable[Subject], folder: str, width: int) -> Iterator[str]:
    """Where everything lies that clients printed, where it is kept."""
    kept = next((subject.client.output for subject in subjects if subject.client and subject.client.output), "")
    if kept:
        yield field("printed", f"{folder}/{kept.rpartition('/')[0]}/ holds what the client printed, by scenario", width)
