"""The file in which a command may write down what it made of the run."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.wire import strict_json
from conformance.wire.json_schema import own_validator

#: Bytes: texts of our scenarios have a few dozen characters.
LIMIT = 1024 * 1024


class BadOutcome(ValueError):
    """The file is there, but not what it should be."""


def read(path: Path) -> Mapping[str, object] | None:
    """Read the file; None where none was written. Raises BadOutcome in words for whoever wrote the command."""
    try:
        # Without waiting: a pipe that nobody writes into would keep whoever opens it for ever.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise BadOutcome("it is not a regular file")
            content = file.read(LIMIT + 1)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise BadOutcome(f"it cannot be read: {problem.strerror}") from None
    if len(content) > LIMIT:
        raise BadOutcome(f"it is longer than {LIMIT} bytes")
    try:
        document: Any = strict_json.read(content)
    except strict_json.NotJson as problem:
        raise BadOutcome(f"it is not JSON: {problem.reason}") from None
    check(document)
    return dict(document)


def check(document: object) -> None:
    """Raise BadOutcome for a document that does not fit the schema `schemas/own/outcome.json`."""
    for problem in own_validator("outcome").iter_errors(document):
        where = "".join(f"/{part}" for part in problem.instance_path)
        raise BadOutcome(f"{problem.message}{f' at {where}' if where else ''}")
