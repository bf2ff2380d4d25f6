"""Packages that only some uses need: missing ones are reported before a run, with the command that installs them."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec

from conformance.errors import UsageError

_DISTRIBUTION = "submit-tool-outputs-conformance"


def check(extra: str, module: str, used_by: str) -> None:
    """Raise UsageError where the module of an extra is missing; `used_by` is what needs it, as its user wrote it."""
    if find_spec(module) is None:
        packages = " ".join(f"'{name}'" for name in packages_of(extra)) or module
        raise UsageError(f"{used_by} needs {module}, which is not installed", f"Install it: pip install {packages}")


def packages_of(extra: str) -> tuple[str, ...]:
    """What pip installs for an extra, with the versions that fit; nothing where the suite itself was not installed."""
    try:
        listed = requires(_DISTRIBUTION) or []
    except PackageNotFoundError:
        return ()
    pairs = (row.partition(";") for row in listed)
    return tuple(name.strip() for name, _, marker in pairs if marker.strip().replace('"', "'") == f"extra == '{extra}'")
