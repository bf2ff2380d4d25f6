"""Bodies that a recording keeps in files of their own: read from its folder, and from nowhere else.

The recording may have come from strangers, so that no name leads out of the folder: none that is absolute, goes up or
is hidden, and no link is followed.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path

from conformance import files
from conformance.errors import UnreadableInput
from conformance.wire.recordings.beside import NotBeside
from conformance.wire.recordings.wiremock import BODIES

#: The folder of WireMock's mappings, beside the one of the bodies.
_MAPPINGS = "mappings"

#: A name in a folder: no drive, no way up, nothing hidden.
_PART = re.compile(r"[^./\\:\0][^/\\:\0]*")


class BodyFiles:
    """The files of one recording; all that it names, however often, is bounded as one recording is."""

    def __init__(self, recording: Path) -> None:
        self._recording = recording
        self._left = files.RECORDING.size

    def __call__(self, name: str) -> bytes:
        """The content of a file. Raises NotBeside."""
        path = place(self._recording, name)
        bound = files.Bound(self._left, files.RECORDING.reason)
        try:
            content = files.read(path, bound, only_files=True)
        except UnreadableInput:
            raise NotBeside("which cannot be read, or is too large") from None
        self._left -= len(content)
        return content


def place(recording: Path, name: str) -> Path:
    """Where the file lies that a recording names. Raises NotBeside where none lies in its folder."""
    parts = name.split("/")
    if not all(map(_PART.fullmatch, parts)):
        raise NotBeside("whose name leads out of the folder")
    path = _folder(recording, parts[0])
    for part in parts:
        path /= part
        mode = _mode(path)
        if stat.S_ISLNK(mode):
            raise NotBeside("which is behind a link")
    if not stat.S_ISREG(mode):
        raise NotBeside("which is not there")
    return path


def _folder(recording: Path, first: str) -> Path:
    """The folder of a recording; of a mapping below `mappings`, the one that holds its bodies as well."""
    if first == BODIES:
        for folder in recording.parents:
            if folder.name == _MAPPINGS:
                return folder.parent
    return recording.parent


def _mode(path: Path) -> int:
    """What kind of file it is, a link as well; 0 where there is none, or its name is too long."""
    try:
        return path.lstat().st_mode
    except (OSError, ValueError):
        return 0
