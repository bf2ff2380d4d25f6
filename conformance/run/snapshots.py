"""How a baseline lies on disk: one JSON snapshot for each scenario or file, through an extension of syrupy.

syrupy knows snapshots as what tests keep beside themselves. Here a target keeps them, in a folder of its own, and they
are written whole or not at all. Imported only where a baseline is written: reading one takes no syrupy.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from syrupy.data import SnapshotCollection
from syrupy.extensions.json import JSONSnapshotExtension

from conformance.files import write_atomically

#: Characters of a name before it is cut: file systems allow 255 bytes, and a hash and an ending come behind.
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where a snapshot lies; stands where syrupy expects the place of a test."""

    folder: Path
    subject: str

    @property
    def basename(self) -> str:
        """The name of the file without its ending: nothing in it leads to another folder, and no two meet."""
        name = quote(self.subject, safe=" ")
        return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}-{sha256(self.subject.encode()).hexdigest()[:12]}"

    def matches_snapshot_name(self, name: str) -> bool:
        """Whether a snapshot is the one of this place."""
        return name == self.basename


class VerdictSnapshot(JSONSnapshotExtension):
    """Naming, serialisation and writing of the snapshots of a baseline; to be read, they are plain JSON."""

    @classmethod
    def dirname(cls, *, test_location: Place) -> str:  # type: ignore[override]
        """The folder of the target."""
        return str(test_location.folder)

    @classmethod
    def get_snapshot_name(cls, *, test_location: Place, index: object = 0) -> str:  # type: ignore[override]  # noqa: ARG003
        """The name of the subject, as a file may have it."""
        return test_location.basename

    @classmethod
    def matches_test_location(cls, *, test_location: Place, snapshot_location: str) -> bool:  # type: ignore[override]
        """Whether a file is the one of a place."""
        return Path(snapshot_location).stem == test_location.basename

    @classmethod
    def write_snapshot_collection(
        cls, *, snapshot_collection: SnapshotCollection, name_order: dict[str, int] | None = None  # noqa: ARG003
    ) -> None:  # fmt: skip
        """Write the file so that nobody ever sees half of it."""
        for snapshot in snapshot_collection:
            write_atomically(Path(snapshot_collection.location), str(snapshot.data))


def keep(folder: Path, subject: str, data: object) -> Path:
    """Write the snapshot of a subject and return where it lies."""
    extension, place = VerdictSnapshot(), Place(folder, subject)
    location = extension.get_location(test_location=place, index=0)  # type: ignore[arg-type]
    written = [(extension.serialize(data), place, 0)]
    extension.write_snapshot(snapshot_location=location, snapshots=written)  # type: ignore[arg-type]
    return Path(location)
