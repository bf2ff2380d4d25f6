"""Several reports of one run that was shared out, by workers or by shards, made one again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from conformance.contract.scenarios import BY_ID
from conformance.errors import UsageError
from conformance.model import Exhibit, Report, Subject
from conformance.report.not_exercised import not_exercised
from conformance.verdict import known, run_wide

#: How the table orders scenarios.
_ORDER = {name: index for index, name in enumerate(BY_ID)}


@dataclass(frozen=True, slots=True)
class Part:
    """One report that is to be merged: what messages call it, and the version of the suite that wrote it."""

    name: str
    suite: str
    report: Report


def merge(parts: Sequence[Part]) -> Report:
    """The report of the whole run that these are all the shards of. Raises UsageError where they are not."""
    _check_alike(parts)
    _check_shards(parts)
    ordered = sorted(parts, key=lambda part: _number(part.report.profile.shard)[0])
    reports = [part.report for part in ordered]
    plan: Counter[str] = Counter()
    for report in reports:
        plan.update(report.plan)
    whole = replace(reports[0].profile, shard=None)
    return merged([replace(report, profile=whole, plan=dict(plan)) for report in reports])


def merged(reports: Sequence[Report]) -> Report:
    """One report of parts that were judged on the same terms: of each scenario, what came of it where it was reached.

    What shows a departure is kept once for each requirement. The run began with its first part and ended with its last.
    """
    first = reports[0]
    subjects = run_wide.settled(_subjects(reports))
    whole = first.profile.selection is None and first.profile.shard is None
    began, took_ms = _time(reports)
    whole_report = replace(
        first,
        subjects=subjects,
        not_exercised=not_exercised(subjects, first.profile.role) if whole else (),
        leftovers=tuple(leftover for report in reports for leftover in report.leftovers),
        interrupted=next((report.interrupted for report in reports if report.interrupted), None),
        exhibits=_exhibits(reports),
        left_out=sum(report.left_out for report in reports),
        began=began,
        took_ms=took_ms,
    )
    return known.checked(whole_report)


def _subjects(reports: Iterable[Report]) -> tuple[Subject, ...]:
    subjects: dict[str, Subject] = {}
    for subject in (subject for report in reports for subject in report.subjects):
        if subject.name not in subjects or subjects[subject.name].reason is not None:
            subjects[subject.name] = subject
    return tuple(sorted(subjects.values(), key=lambda subject: _ORDER.get(subject.name, len(_ORDER))))


def _exhibits(reports: Iterable[Report]) -> tuple[Exhibit, ...]:
    """One for each requirement: from the scenario that stands first."""
    met = [exhibit for report in reports for exhibit in report.exhibits]
    met.sort(key=lambda exhibit: _ORDER.get(exhibit.subject, len(_ORDER)))
    kept: dict[str, Exhibit] = {}
    for exhibit in met:
        kept.setdefault(exhibit.requirement, exhibit)
    return tuple(kept.values())


def _time(reports: Sequence[Report]) -> tuple[str, int]:
    """When the first part began, and how long it was from there to the end of the last, in milliseconds."""
    if not all(report.began for report in reports):
        return next((report.began for report in reports if report.began), ""), sum(report.took_ms for report in reports)
    began = [datetime.fromisoformat(report.began).astimezone(UTC) for report in reports]
    ended = [at + timedelta(milliseconds=report.took_ms) for at, report in zip(began, reports, strict=True)]
    return f"{min(began):%Y-%m-%dT%H:%M:%SZ}", (max(ended) - min(began)) // timedelta(milliseconds=1)


def _check_alike(parts: Sequence[Part]) -> None:
    """Raise UsageError where two were not judged on the same terms."""
    first = parts[0]
    for part in parts[1:]:
        for word, mine, other in (
            ("suite", first.suite, part.suite),
            ("target", dict(first.report.target), dict(part.report.target)),
            ("profile", replace(first.report.profile, shard=None), replace(part.report.profile, shard=None)),
        ):
            if mine != other:
                raise UsageError(
                    f"{first.name} and {part.name} are not parts of one run: the {word} differs",
                    "Shards of one run are made with the same options, save --shard.",
                )


def _check_shards(parts: Sequence[Part]) -> None:
    """Raise UsageError where a shard is missing, comes twice, or is none."""
    whole = [part.name for part in parts if part.report.profile.shard is None]
    if whole:
        raise UsageError(f"{whole[0]} is not a shard", "Only reports of runs with --shard I/N are merged.")
    numbers = [_number(part.report.profile.shard) for part in parts]
    counts = {count for _, count in numbers}
    if len(counts) > 1:
        said = " and ".join(sorted(f"{number}/{count}" for number, count in numbers))
        raise UsageError(f"these are shards of different runs: {said}", "All of them say the same N in --shard I/N.")
    seen, (count,) = Counter(number for number, _ in numbers), counts
    twice = [f"{number}/{count}" for number, times in sorted(seen.items()) if times > 1]
    missing = [f"{number}/{count}" for number in range(1, count + 1) if number not in seen]
    if twice:
        raise UsageError(f"the shard {twice[0]} comes twice", "Name the report of each shard once.")
    if missing:
        raise UsageError(f"missing: the shard {', '.join(missing)}", "The verdict is on all of them or on none.")


def _number(shard: str | None) -> tuple[int, int]:
    number, _, count = str(shard).partition("/")
    return int(number), int(count)
