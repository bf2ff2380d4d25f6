"""Runs the measurements of the groups that are named, or all: one table, and exit 1 where a limit is broken."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from conformance.tests.bench import commands, decoder, growth, judge, kept, relay
from conformance.tests.bench.measured import Measured

GROUPS: dict[str, Sequence[Callable[[], Measured]]] = {
    "decoder": decoder.MEASUREMENTS,
    "judge": judge.MEASUREMENTS,
    "growth": growth.MEASUREMENTS,
    "commands": commands.MEASUREMENTS,
    "kept": kept.MEASUREMENTS,
    "relay": relay.MEASUREMENTS,
}


def main(names: Sequence[str]) -> int:
    unknown = [name for name in names if name not in GROUPS]
    if unknown:
        print(f"no group {unknown[0]!r}; there are: {', '.join(GROUPS)}", file=sys.stderr)
        return 4
    all_kept = True
    for name in names or GROUPS:
        for measure in GROUPS[name]:
            result = measure()
            all_kept = all_kept and result.kept
            print(_row(result), flush=True)
    return 0 if all_kept else 1


def _row(result: Measured) -> str:
    limit = f"{'≥' if result.at_least else '≤'} {result.limit:g}"
    return f"{'ok' if result.kept else 'BROKEN':7}{result.name:48}{result.value:8.2f}  {limit:7}  {result.basis}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
