"""`make docs` writes every generated file, as the tests that find one stale say."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from conformance.tests.commands import CHECKOUT

GENERATED = (
    "conformance/contract/requirements.json", "conformance/contract/sets/2026.11.json", "docs/requirements.md",
    "docs/lifecycle.md", "docs/fault-matrix.md",
)  # fmt: skip


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_docs_writes_every_generated_file() -> None:
    said = subprocess.run(
        ["make", "--dry-run", "docs"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    ).stdout  # fmt: skip
    assert [name for name in GENERATED if f"mv {name}.part {name} " not in said] == []
    for program in (
        "conformance schemas derive",
        "conformance.tests.wire.documented",
        "conformance.tests.wire.reference",
        "conformance.tests.wire.recorded",
        "conformance.tests.verdict.joined",
        "conformance.tests.shown README.md docs/servers.md cassettes/README.md",
    ):
        assert f"/python -m {program}\n" in said
