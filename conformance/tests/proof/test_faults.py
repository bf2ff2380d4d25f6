"""Faults are what they say: pure, alone in their lie, and told at the event and the bytes that they changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.contract.requirements import REQUIREMENTS
from conformance.contract.scenarios import BY_ID
from conformance.model import Exchange, Finding, Response, Status, Transcript
from conformance.proof.faults import FAULTS, LAYERS, Fault, broken
from conformance.proof.faults.pieces import Absent, pieces_of, place, with_pieces
from conformance.proof.faults.registry import declare
from conformance.proof.faults.responses import body_of
from conformance.tests.proof.proving import lies, transcript

WIRE = [name for name, fault in FAULTS.items() if fault.change is not None]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_says_its_lie_and_breaks_what_exists(name: str) -> None:
    fault = FAULTS[name]
    assert fault.does[:1].isupper() or fault.does.startswith("`")
    assert fault.does.endswith(".")
    assert fault.breaks <= REQUIREMENTS.keys()
    assert bool(fault.breaks) != bool(fault.equivalent)
    assert set(fault.scenarios) <= BY_ID.keys()
    assert fault.layer in [module.__name__.rpartition(".")[2] for module in LAYERS]


@pytest.mark.parametrize("name", ["done-twice", "drop-done"])
def test_a_name_is_given_once(name: str) -> None:
    with pytest.raises(ValueError, match="already"):
        declare(FAULTS[name])


@pytest.mark.parametrize(("breaks", "reason"), [(frozenset[str](), ""), (frozenset({"done.once"}), "it is legal")])
def test_a_fault_breaks_something_or_says_why_it_is_legal(breaks: frozenset[str], reason: str) -> None:
    with pytest.raises(ValueError, match="legal"):
        declare(Fault("planted", "ending", "It lies.", breaks, equivalent=reason))


@pytest.mark.parametrize("name", WIRE)
def test_a_fault_leaves_alone_what_it_does_not_lie_about(name: str) -> None:
    fault = FAULTS[name]
    for lie in lies(name):
        for was, now in zip(lie.before.exchanges, lie.after.exchanges, strict=True):
            assert now.request is was.request
            if was.response is None or not fault.applies.to(was, was.response):
                assert now is was


def test_a_fault_that_applies_nowhere_gives_an_equal_transcript() -> None:
    plain = transcript("json-one-call")
    assert broken(plain, FAULTS["drop-done"]) == plain


def test_a_stream_is_read_into_pieces_and_written_back() -> None:
    response = _streamed(transcript("stream-two-messages"))
    pieces = pieces_of(response)
    assert b"".join(piece.raw for piece in pieces) == body_of(response)
    assert with_pieces(response, pieces) is response
    assert body_of(with_pieces(response, pieces[:3])) == b"".join(piece.raw for piece in pieces[:3])


def test_an_event_that_is_not_there_has_no_place() -> None:
    with pytest.raises(Absent, match="error"):
        place(pieces_of(_streamed(transcript("stream-one-call"))), "error")


def _streamed(one: Transcript) -> Response:
    return next(
        exchange.response
        for exchange in one.exchanges
        if exchange.response is not None and pieces_of(exchange.response)
    )


@pytest.mark.parametrize("name", [name for name in WIRE if FAULTS[name].event and FAULTS[name].breaks])
def test_one_lie_in_one_event_is_told_at_that_event_and_its_bytes(name: str) -> None:
    """The place is named by the first primary finding of each stream: its index, and the bytes that were changed."""
    looked = 0
    for before, after, subject in lies(name):
        primary = [finding for verdict in subject.verdicts for finding in verdict.findings if finding.primary]
        for index, touched, raw in _touched(before, after):
            here = [finding for finding in primary if finding.exchange == index]
            if not here:
                continue
            looked += 1
            assert touched in {finding.event for finding in here}, [_shown(finding) for finding in here]
            spans = {finding.span for finding in here if finding.event == touched}
            assert {_cut(after.exchanges[index], span) for span in spans} == {raw}
    assert looked


def _touched(before: Transcript, after: Transcript) -> Iterator[tuple[int, int, bytes]]:
    """The exchange, the index of the event that was changed, and its bytes."""
    for index, (was, now) in enumerate(zip(before.exchanges, after.exchanges, strict=True)):
        if was is not now and was.response is not None and now.response is not None:
            old, new = pieces_of(was.response), pieces_of(now.response)
            (touched,) = [at for at, (one, two) in enumerate(zip(old, new, strict=True)) if one.raw != two.raw]
            yield index, touched, new[touched].raw


def _cut(exchange: Exchange, span: tuple[int, int] | None) -> bytes:
    assert span is not None
    assert exchange.response is not None
    return body_of(exchange.response)[slice(*span)]


def _shown(finding: Finding) -> tuple[str, int | None]:
    return finding.message, finding.event


@pytest.mark.parametrize("name", [name for name in WIRE if FAULTS[name].breaks])
def test_whatever_follows_from_a_lie_names_what_it_follows_from(name: str) -> None:
    for _, _, subject in lies(name):
        told = {verdict.requirement for verdict in subject.verdicts if verdict.findings}
        for verdict in subject.verdicts:
            assert all(finding.because in told for finding in verdict.findings if not finding.primary)
        assert any(finding.primary for verdict in subject.verdicts for finding in verdict.findings) == bool(told)


@pytest.mark.parametrize("name", [name for name in WIRE if FAULTS[name].breaks])
def test_what_a_lie_leaves_nothing_to_look_at_names_a_lie_that_was_told(name: str) -> None:
    for _, _, subject in lies(name):
        told = {verdict.requirement for verdict in subject.verdicts if any(one.primary for one in verdict.findings)}
        blind = [verdict for verdict in subject.verdicts if verdict.status is Status.UNTESTABLE]
        assert not told or {verdict.because for verdict in blind} <= told
