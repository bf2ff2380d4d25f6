"""`conformance record`: write a cassette of each scenario played against a server, redacted."""

from __future__ import annotations

import argparse
import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path

from conformance import __version__, options
from conformance.selection import selection


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say who is recorded, and where to."""
    for option in options.TARGET:
        parser.add_argument(f"--{option.name}", dest=option.key, **option.arguments())
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder to write SCENARIO.jsonl files into")
    parser.add_argument("-k", dest="selection", metavar="EXPR", help="only these scenarios, as in pytest")


def run(arguments: argparse.Namespace) -> int:
    """Record every scenario the target can play; 2 where one could not be brought about, 3 for a slip of ours."""
    from conformance.files import write_atomically  # noqa: PLC0415 - these load the client: only when asked
    from conformance.run import plan  # noqa: PLC0415
    from conformance.wire import cassette  # noqa: PLC0415
    from conformance.wire.redact import redact  # noqa: PLC0415

    wanted = selection(arguments.selection) if arguments.selection is not None else None
    target = options.target(options.given({**vars(arguments), "out": None}))
    folder, sums, code = Path(arguments.out), [], 0
    now = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        for scenario in plan(target).scenarios:
            if wanted is not None and not wanted(scenario.id):
                continue
            transcript = target.exchange(scenario)
            kept = redact(transcript, target.secrets)
            by = f"conformance {__version__}"
            lines = "".join(cassette.write(kept, recorded=now, by=by, secrets=target.secrets))
            write_atomically(folder / f"{scenario.id}.jsonl", lines)
            sums.append((f"{scenario.id}.jsonl", hashlib.sha256(lines.encode()).hexdigest()))
            missed = transcript.slip or transcript.untestable
            code = max(code, 3 if transcript.slip else 2 if transcript.untestable else 0)
            print(f"{scenario.id}.jsonl" + (f"  ({missed})" if missed else ""))
        write_atomically(folder / "SHA256SUMS", cassette.sums(sums))
    finally:
        for leftover in target.close():
            print(f"conformance: left behind: {leftover}", file=sys.stderr)
    return code
