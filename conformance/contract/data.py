"""The one place in the core that reads package data: text in, nothing else.

In a wheel `schemas/` and `cassettes/` lie below `conformance/_data/`; in a checkout they lie at its root.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable


def data_root() -> Traversable:
    """The folder that holds `schemas` and `cassettes`."""
    package = files("conformance")
    packed = package.joinpath("_data")
    return packed if packed.is_dir() else package.joinpath("..")


@cache
def contract_text(name: str) -> str:
    """The text of a file beside this module, such as `requirements.json`."""
    return files("conformance.contract").joinpath(name).read_text(encoding="utf-8")


def contract_names(folder: str) -> tuple[str, ...]:
    """The names of the files in a folder beside this module."""
    return tuple(file.name for file in files("conformance.contract").joinpath(folder).iterdir())


@cache
def schema_text(path: str) -> str:
    """The text of a file below `schemas/`, such as `derived/RunObject.json`."""
    return data_root().joinpath("schemas", *path.split("/")).read_text(encoding="utf-8")
