"""From OpenAI's OpenAPI document to the files below `schemas/`, in five pure steps.

    whole document ─ slice ─► the operation and what it reaches
                   ─ strip ─► without prose and extensions                          slice.py
                   ─ nullable ─► plain JSON Schema 2020-12                          nullable.py   = openapi.json
                   ─ overlay ─► corrected, each correction with its evidence        overlay.py
                   ─ derive ─► one open, self-contained schema for each object      derive.py     = derived/*.json

`openapi.json` is OpenAI's word, uncorrected: `overlay.yaml` extends it, and drift is measured against it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from conformance.contract.vendor.derive import schema_of
from conformance.contract.vendor.openapi_document import Json
from conformance.contract.vendor.overlay import corrected
from conformance.contract.vendor.slice import OBJECTS, slice_of


def derived(document: Mapping[str, Json], overlay: Mapping[str, Json]) -> dict[str, str]:
    """The text of every derived file by its path below `schemas/`.

    `document` is a whole OpenAPI document, `overlay` a parsed OpenAPI Overlay 1.0. The same input gives the same
    bytes. Raises `OwnError` where a correction no longer fits, `UnreadableInput` where the document does not describe
    the operation.
    """
    upstream = slice_of(document)
    ours = corrected(upstream, overlay)
    schemas = {f"derived/{name}.json": text(schema_of(name, ours)) for name in OBJECTS}
    return {"openapi.json": text(upstream), **schemas}


def text(document: Json) -> str:
    """A JSON document as it is committed: keys sorted, indented by two, a newline at the end."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
