"""`conformance prove`: every fault dies by the requirements it breaks and by no other, and nothing legal is accused."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import TYPE_CHECKING

from conformance.commands import verdicts

if TYPE_CHECKING:
    from conformance.proof.matrix import Trial

#: Legal exchanges that are drawn and judged, in a plain proof and in a full one: about 6 ms each.
VARIATIONS, VARIATIONS_IN_FULL = 300, 10_000

#: What they are drawn from unless another seed is given.
SEED = "legal"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how thorough it is to be, and what is printed."""
    parser.add_argument("--full", action="store_true", help="play wire faults over sockets too, and every scenario")
    parser.add_argument("--seed", default=SEED, help=f"what legal variations are drawn from (default: {SEED})")
    parser.add_argument(
        "--format", choices=("text", "json", "markdown", "html"), default="text", help="what is printed"
    )


def run(arguments: argparse.Namespace) -> int:
    """Prove and print the matrix; 0 where the proof holds, else 1."""
    from conformance.report import matrix_page, matrix_picture  # noqa: PLC0415 - only when asked
    from conformance.run import proving  # noqa: PLC0415 - the client, the mock and the judge: only when asked

    began = monotonic()
    clean = proving.record()
    trials = tuple(_heard(proving.prove(clean, full=arguments.full)))
    matrix = proving.matrix_of(trials, clean)
    clients = proving.matrix_of_clients(full=arguments.full)
    count = VARIATIONS_IN_FULL if arguments.full else VARIATIONS
    accused = tuple(proving.vary(count, arguments.seed))
    printed = {
        "text": lambda: matrix_page.summary(
            matrix, clients, _variations(count, arguments.seed, accused), monotonic() - began
        ),
        "json": lambda: matrix_page.as_json(matrix, clients),
        "markdown": lambda: matrix_page.page(matrix, trials, clients),
        "html": lambda: matrix_picture.document(matrix, trials, clients),
    }
    verdicts.write(printed[arguments.format]())
    return 0 if matrix.holds and clients.holds and not accused else 1


def _variations(count: int, seed: str, accused: Sequence[str]) -> tuple[str, ...]:
    """The variations in a few lines: how many passed, drawn from what, and every accusation."""
    return (f"{count - len(accused)} of {count} legal variations passed (seed {seed})", *accused)


def _heard(trials: Iterator[Trial]) -> Iterator[Trial]:
    """Pass trials on, saying on a terminal how far it is."""
    live = sys.stderr.isatty()
    for number, trial in enumerate(trials, 1):
        if live:
            print(f"\r\x1b[K{number}  {trial.fault.name}", end="", file=sys.stderr, flush=True)
        yield trial
    if live:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
