"""What keeping a report in a folder costs, beside the same run that keeps nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.contract.scenarios import BY_ID
from conformance.model import Operation, Scenario, Status, Transcript
from conformance.report.exhibits import Exhibitor
from conformance.run import saving
from conformance.run.loop import Run
from conformance.run.plan import plan
from conformance.targets.builtin_mock import BuiltIn
from conformance.targets.run_polling import look
from conformance.tests.bench.measured import Measured, cpu, medians

#: Looks at a run in one transcript: a run of ten minutes, looked at as often as a run of the mock.
POLLS = 900

#: A departure that an exhibit is made of.
_FAULT = "answer-still-waits"


class Patient(BuiltIn):
    """The built-in mock with a departure; whoever asks it looks at the run many times more, without waiting."""

    def exchange(self, scenario: Scenario) -> Transcript:
        transcript = super().exchange(scenario)
        exchanges = transcript.exchanges
        last = max(index for index, each in enumerate(exchanges) if each.operation is Operation.GET_RUN)
        path = exchanges[last].request.target.removeprefix("/v1").partition("?")[0]
        more = tuple(
            replace(self._transport.send(look(path)).exchange, began_ms=exchanges[last].began_ms) for _ in range(POLLS)
        )
        return replace(transcript, exchanges=(*exchanges[: last + 1], *more, *exchanges[last + 1 :]))


def judged(out: Path | None) -> None:
    """Judge it, with everything that `--out` asks for or with nothing of it."""
    target, said = Patient(fault=_FAULT), {} if out is None else {"out": str(out)}
    run = Run(
        target,
        plan(target, [BY_ID["json-one-call"]]),
        exhibitor=None if out is None else Exhibitor(),
        kept=saving.keeper(said),
        shapes=out is not None,
    )
    report = saving.kept(run.finished(), said).report
    failed = [verdict for verdict in report.subjects[0].verdicts if verdict.status is Status.FAIL]
    if not failed or bool(report.exhibits) is (out is None):
        raise AssertionError("the measured run should show a departure, and keep it where there is a folder")


def out() -> Measured:
    with TemporaryDirectory() as folder:
        number = count()
        kept, plain = medians(cpu(lambda: judged(Path(folder, str(next(number))))), cpu(lambda: judged(None)), times=3)
    basis = f"{kept:.2f} / {plain:.2f} s of the processor"
    return Measured(f"--out / without, a transcript of {POLLS} polls", kept / plain, 2.0, basis)


MEASUREMENTS = (out,)
