"""Two folders of the guard, compared file by file."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from itertools import islice
from pathlib import Path

#: The folder of what was judged, which is given and not said.
INPUTS = "inputs"

#: Lines shown of one file's differences: enough to see which seam it was.
_SHOWN = 40

#: Characters shown of a line.
_WIDTH = 300


def differences(old: Path, new: Path) -> Iterator[str]:
    """What two folders differ in, in lines for people; nothing where they are equal.

    Only what both were asked for is compared: a part, which is a folder at the top, that one of them lacks is named.
    """
    parts_old, parts_new = _parts(old), _parts(new)
    for part in sorted(parts_old ^ parts_new):
        yield f"{part}: only in {'the old' if part in parts_old else 'the new'} folder"
    for part in sorted(parts_old & parts_new):
        yield from _of_part(old / part, new / part, part)


def _parts(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir() if entry.is_dir() and entry.name != INPUTS}


def _of_part(old: Path, new: Path, name: str) -> Iterator[str]:
    before, after = _files(old), _files(new)
    for file in sorted(before | after):
        if file not in after:
            yield f"{name}/{file}: gone"
        elif file not in before:
            yield f"{name}/{file}: new"
        else:
            yield from _of_file(old / file, new / file, f"{name}/{file}")


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _of_file(old: Path, new: Path, name: str) -> Iterator[str]:
    before, after = old.read_bytes(), new.read_bytes()
    if before == after:
        return
    yield f"{name}: differs"
    # Lines that are in both are left out first: comparing all of a large file takes minutes.
    was, now = (text.decode("utf-8", "replace").splitlines() for text in (before, after))
    common = set(was) & set(now)
    rest = [[line for line in lines if line not in common] for lines in (was, now)]
    changes = unified_diff(rest[0], rest[1], lineterm="", n=0)
    shown = [line for line in changes if not line.startswith(("--- ", "+++ ", "@@ "))]
    yield from (f"    {line[:_WIDTH]}" for line in islice(shown, _SHOWN))
    if not shown:
        yield "    the same lines in another order or number"
    if len(shown) > _SHOWN:
        yield f"    … and {len(shown) - _SHOWN} more lines"
