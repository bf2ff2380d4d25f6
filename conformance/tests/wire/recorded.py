"""The recordings of real programs: which program, how it was started and recorded, and the verdicts they get.

They were recorded once and stay as they are. `manifest.json` beside them holds the verdicts as a baseline; after a
change of those, `python -m conformance.tests.wire.recorded` writes them and `cassettes/SHA256SUMS` again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conformance.tests.wire.documented import CASSETTES, sums
from conformance.verdict.judge import judge
from conformance.wire import cassette

FOLDER = CASSETTES / "recorded"


def implementations() -> tuple[Path, ...]:
    """The folder of each program."""
    return tuple(sorted(path for path in FOLDER.iterdir() if path.is_dir()))


def manifest(folder: Path) -> dict[str, Any]:
    """What is written down of a program's recordings."""
    document: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return document


def verdicts(folder: Path) -> dict[str, dict[str, list[str]]]:
    """Cassette -> status -> the requirements that came to it; what could not be tested is left out."""
    return {path.name: _verdicts(path) for path in sorted(folder.glob("*.jsonl"))}


def _verdicts(path: Path) -> dict[str, list[str]]:
    transcript = cassette.read(path.read_text(encoding="utf-8").splitlines(), path.name)
    found: dict[str, list[str]] = {}
    for verdict in judge(transcript).verdicts:
        if verdict.status in ("pass", "fail", "warn"):
            found.setdefault(verdict.status.value, []).append(verdict.requirement)
    return {status: sorted(found[status]) for status in sorted(found)}


def main() -> None:
    """Write every manifest with the verdicts of today, and the sums of all cassettes."""
    for folder in implementations():
        document = {**manifest(folder), "verdicts": verdicts(folder)}
        (folder / "manifest.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8", newline="\n")
    (CASSETTES / "SHA256SUMS").write_text(sums(CASSETTES), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
