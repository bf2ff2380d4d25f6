"""Reports that somebody else made and that are put beside one's own: whose they are is said, and they are looked at.

A report is a stranger's until it was read by the suite's own reader, which refuses what its verdicts do not come to.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from conformance.errors import UsageError
from conformance.files import REPORT, read
from conformance.model import Report
from conformance.report import reader
from conformance.report.column import Column, Facts
from conformance.report.result import verdict_word
from conformance.run.known_secrets import known_secrets
from conformance.wire.secret import secrets_of

#: What a report that is added may be named, and the version of what was judged: nothing that a page would act on.
NAME = re.compile(r"[A-Za-z0-9@][A-Za-z0-9 ._@+/-]{0,63}")
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}")

_FORM = re.compile(f"(?P<name>{NAME.pattern})@(?P<version>{VERSION.pattern})=(?P<file>.+)")

_HOW = "Write --add 'NAME@VERSION=FILE': a result without the version of what was judged helps nobody."

#: Verdicts of a run that says nothing of its target.
_NO_VERDICT = ("NOTHING JUDGED", "ERROR", "UNREADABLE")


def added(word: str) -> Column:
    """The column of `NAME@VERSION=FILE`.

    Raises UsageError where name or version is missing or the report is not one of a whole run, and UnreadableInput
    where it is none of this suite.
    """
    form = _FORM.fullmatch(word)
    if form is None:
        raise UsageError(f"--add {word}: no name and version of what was judged", _HOW)
    path = Path(form["file"])
    content = read(path, REPORT)
    kinds = secrets_of(known_secrets()).kinds(content)
    if kinds:
        raise UsageError(
            f"--add {path}: the report looks as if it held a secret ({', '.join(kinds)})",
            "Judge again with the key in a variable: --api-key-env NAME. Take back the key that is in it.",
        )
    report = reader.read(content, str(path))
    part = _part(report)
    if part is not None:
        raise UsageError(
            f"--add {path}: the report is not one of a whole run: {part}", "Judge everything, and add that."
        )
    named = report.target.get("version", form["version"])
    if named != form["version"]:
        raise UsageError(f"--add {word}: the report is of version {named}", _HOW)
    facts = Facts(version=form["version"], added=True)
    target = {**report.target, "name": form["name"], "version": form["version"]}
    return Column(form["name"], report.profile.role.value, "", replace(report, target=target), facts=facts)


def _part(report: Report) -> str | None:
    """What is missing of a whole run."""
    profile, word = report.profile, verdict_word(report)
    if word in _NO_VERDICT:
        return f"its verdict is {word}"
    if report.interrupted:
        return f"it was interrupted: {report.interrupted}"
    if profile.selection:
        return f"only -k {profile.selection} was judged"
    return f"it is shard {profile.shard}" if profile.shard else None
