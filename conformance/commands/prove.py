"""`conformance prove`: every fault is caught by just the requirements it breaks, and nothing legal fails.

With `-k` only what is asked is played, and nothing is said of the rest.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import TYPE_CHECKING

from conformance.commands import verdicts
from conformance.commands.arguments import one_of, option_groups
from conformance.errors import UsageError
from conformance.run import options
from conformance.run.selection import near, selection

if TYPE_CHECKING:
    from conformance.proof.fault_matrix import Trial

#: Legal exchanges that are drawn and judged, in a plain proof and in a full one: about 6 ms each.
VARIATIONS, VARIATIONS_IN_FULL = 300, 10_000

#: What can be printed.
_FORMATS = ("text", "json", "markdown", "html")

#: What they are drawn from unless another seed is given.
SEED = "legal"


USAGE = "[options]"
EXAMPLES = (
    "conformance prove",
    "conformance prove -k drop-done",
)
DOCS = "docs/contributing.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how thorough it is to be, and what is printed."""
    groups = option_groups(parser, (options.SELECTION, options.OUTPUT))
    chosen = groups[options.SELECTION]
    chosen.add_argument(
        "-k", dest="selection", metavar="EXPR",
        help="play only the faults that match: an expression over FAULT:REQUIREMENT, as for pytest's -k"
        " (default: all faults and all legal variations)",
    )  # fmt: skip
    chosen.add_argument(
        "--full", action="store_true",
        help="play faults of the transport over sockets too, and faults of the state in every scenario"
        " (default: in memory, and in the scenarios that show them)",
    )  # fmt: skip
    chosen.add_argument("--seed", default=SEED, help=f"the seed of the legal variations (default: {SEED})")
    groups[options.OUTPUT].add_argument(
        "--format", default="text", metavar="FORMAT", **one_of(_FORMATS, "format"),
        help=f"what is printed: {', '.join(_FORMATS)} (default: text)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Prove and print the matrix; 0 where the proof holds, or what was asked of it, else 1."""
    if arguments.selection is not None:
        return _part(arguments)
    from conformance.report import fault_matrix_page, fault_matrix_picture  # noqa: PLC0415 - only when asked
    from conformance.run import proving  # noqa: PLC0415 - the client, the mock and the judge: only when asked

    began = monotonic()
    clean = proving.record()
    trials = tuple(_heard(proving.prove(clean, full=arguments.full)))
    matrix = proving.matrix_of(trials, clean)
    clients = proving.matrix_of_clients(full=arguments.full)
    sides = (matrix, clients, proving.matrix_of_gateways(full=arguments.full))
    count = VARIATIONS_IN_FULL if arguments.full else VARIATIONS
    accused = tuple(proving.vary(count, arguments.seed))
    printed = {
        "text": lambda: fault_matrix_page.summary(
            sides, _variations(count, arguments.seed, accused), monotonic() - began
        ),
        "json": lambda: fault_matrix_page.as_json(sides),
        "markdown": lambda: fault_matrix_page.page(sides, trials),
        "html": lambda: fault_matrix_picture.document(sides, trials),
    }
    verdicts.write(printed[arguments.format]())
    return 0 if all(side.holds for side in sides) and not accused else 1


def _part(arguments: argparse.Namespace) -> int:
    """Play only the faults and habits that are asked for. Raises UsageError where there are none."""
    from conformance.mock.habits import HABITS  # noqa: PLC0415 - only when asked
    from conformance.proof.fault_matrix import RIGHT, rows  # noqa: PLC0415
    from conformance.proof.faults import FAULTS  # noqa: PLC0415
    from conformance.relay.habits import GATEWAY_HABITS  # noqa: PLC0415
    from conformance.report import fault_matrix_page  # noqa: PLC0415
    from conformance.run import proving  # noqa: PLC0415

    if arguments.format != "text":
        raise UsageError(
            f"-k and --format {arguments.format} cannot be combined",
            "Use --format text: the others show the whole proof.",
        )
    wanted = selection(arguments.selection)
    tables = (FAULTS, HABITS, GATEWAY_HABITS)
    faults, habits, of_gateways = (proving.selected(table, wanted) for table in tables)
    if not faults and not habits and not of_gateways:
        hint = (
            near(arguments.selection, tuple(name for table in tables for name in table))
            or "`conformance list faults` shows all; -k matches FAULT:REQUIREMENT."
        )
        raise UsageError(f"nothing selected: -k {arguments.selection!r} matches no fault and no habit", hint)
    clean = proving.record() if faults else ()
    trials = [
        *_heard(proving.prove(clean, faults, full=arguments.full)),
        *_heard(proving.prove_clients(habits, full=arguments.full)),
        *_heard(proving.prove_gateways(of_gateways, full=arguments.full)),
    ]
    verdicts.write(fault_matrix_page.part(trials, sum(map(len, tables))))
    return 0 if all(row.outcome in RIGHT for trial in trials for row in rows(trial)) else 1


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
