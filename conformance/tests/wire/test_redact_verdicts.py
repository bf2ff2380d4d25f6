"""Redaction changes no verdict: not of real traffic, not of what is broken, not where a secret was in the text."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.model import Transcript
from conformance.tests.wire import documented
from conformance.tests.wire.transcripts import answer
from conformance.verdict.judge import judge
from conformance.wire.recordings import read
from conformance.wire.redact import redact

WIRE = Path(__file__).resolve().parents[4] / "shared" / "wire"
RECORDED = sorted((*WIRE.glob("*/*.sse"), *WIRE.glob("*/*.json")))


def verdicts(subject: Transcript) -> list[tuple[str, str, int]]:
    found = [(verdict.requirement, verdict.status.value, len(verdict.findings)) for verdict in judge(subject).verdicts]
    assert found
    return found


@pytest.mark.parametrize("name", documented.transcripts())
@pytest.mark.parametrize("secret", ["nothing of it", "San Francisco", "70 degrees and sunny."])
def test_of_the_documented_examples(name: str, secret: str) -> None:
    subject = documented.transcripts()[name]
    kept = redact(subject, [secret])
    assert verdicts(kept) == verdicts(subject)
    assert secret.encode() not in answer(kept) + kept.exchanges[0].request.body


@pytest.mark.skipif(not RECORDED, reason="the real recordings are not beside this checkout")
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_of_real_traffic(path: Path) -> None:
    (subject,) = read(path.name, path.read_bytes(), None)
    assert verdicts(redact(subject)) == verdicts(subject)
