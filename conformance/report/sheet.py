"""A small page by itself: a table or a list in one file that loads nothing, and escapes whatever it is told."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from conformance.report.plain import safe

#: Longer than any text: what is to be cut was cut before.
_WHOLE = 2**31


def sheet(template: str, *, script: str = "", **facts: object) -> str:
    """Render a template of the folder `sheets`, with `facts` to tell.

    `script` is a file beside it; the template gets what is in it and the hash by which a browser knows it.
    """
    if script:
        source, _, _ = _environment().loader.get_source(_environment(), script)  # type: ignore[union-attr]
        facts["script"] = Markup(source)  # noqa: S704 - a file of ours
        facts["script_hash"] = b64encode(sha256(source.encode()).digest()).decode()
    return _environment().get_template(template).render(**facts)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("conformance.report", "sheets"), autoescape=True, undefined=StrictUndefined,
        finalize=_spelled, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def _spelled(value: object) -> object:
    """Text with its control and format characters spelled out; a template cannot forget to."""
    return safe(value, _WHOLE) if isinstance(value, str) and not isinstance(value, Markup) else value
