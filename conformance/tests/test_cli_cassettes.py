"""`conformance judge` on cassettes: those of the suite as they are meant, damaged ones in one clear message."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.contract.scenarios import SCENARIOS
from conformance.tests.commands import CHECKOUT


def test_the_cassettes_of_the_suite_are_judged_as_they_are_meant(capfd: pytest.CaptureFixture[str]) -> None:
    ours = [str(CHECKOUT / "cassettes" / name) for name in ("documented", "reference")]
    assert main(["judge", *ours, "--format", "json"]) == 1
    told = [json.loads(line) for line in capfd.readouterr().out.splitlines()[:-1]]
    assert len(told) > len(SCENARIOS)
    assert [Path(one["file"]).name for one in told if one["verdict"] != "pass"] == ["stream-as-printed.jsonl"]
    assert main(["judge", str(CHECKOUT / "cassettes" / "reference")]) == 0


def _signed(lines: list[bytes]) -> bytes:
    """A cassette whose last line is right for whatever stands before it."""
    before = b"".join(lines[:-1])
    footer = {**json.loads(lines[-1]), "sha256": sha256(before).hexdigest()}
    return before + json.dumps(footer, separators=(",", ":")).encode() + b"\n"


def _changed(lines: list[bytes], old: bytes, new: bytes) -> bytes:
    assert old in b"".join(lines)
    return _signed([line.replace(old, new) for line in lines])


#: What may happen to a file, and a word of what is then said.
DAMAGES: dict[str, tuple[Callable[[list[bytes]], bytes], str]] = {
    "empty": (lambda lines: b"", "truncated"),
    "cut in a line": (lambda lines: b"".join(lines)[:-400], "cut off"),
    "cut between lines": (lambda lines: b"".join(lines[:-1]), "truncated"),
    "without its head": (lambda lines: b"".join(lines[1:]), "cannot follow"),
    "a line lost": (lambda lines: _signed([*lines[:5], *lines[6:]]), "cannot follow"),
    "a word altered": (lambda lines: b"".join(lines).replace(b"queued", b"quoted"), "altered"),
    "a body altered": (lambda lines: _changed(lines, b"queued", b"quoted"), "altered"),
    "two in one": (lambda lines: b"".join(lines * 2), "cannot follow"),
    "of a later version": (lambda lines: _changed(lines, b'{"cassette":1', b'{"cassette":2'), "newer version"),
    "not text": (lambda lines: lines[0][:40] + bytes(range(128, 256)) * 9, "not JSON"),
    "a deep pit": (lambda lines: b'{"cassette":' + b"[" * 100_000, "not JSON"),
    "a time before time": (lambda lines: _changed(lines, b'"began_ms":1000', b'"began_ms":-1'), "must be at least 0"),
    "a status of its own": (
        lambda lines: _changed(lines, b'"status":200', b'"status":2e999'),
        "must be of type integer",
    ),
    "with a key": (lambda lines: _changed(lines, b"<redacted>", b"a-key-of-somebody-0123456789"), "unsafe"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cassette_is_told_in_one_message(
    damage: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = (CHECKOUT / "cassettes" / "reference" / "json-one-call.jsonl").read_bytes()
    done, word = DAMAGES[damage]
    (tmp_path / "damaged.jsonl").write_bytes(done(whole.splitlines(keepends=True)))
    assert main(["judge", str(tmp_path)]) == 4
    said = capfd.readouterr()
    message, hint = said.err.splitlines()
    assert message.startswith(f"conformance: {tmp_path / 'damaged.jsonl'}: ")
    assert word in said.err
    assert hint.strip()
    assert "a-key-of-somebody" not in said.out + said.err
    assert said.out == ""
