"""A page by itself: one file that loads nothing, runs nothing but its own script, and escapes whatever it is told.

Every text that a template puts out has its control and format characters spelled out before it is escaped: a
template cannot forget to. Markup comes from the templates alone.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from conformance.report.confidence import CONFIDENCE
from conformance.report.plain import safe

#: Longer than any text: what is to be cut was cut before.
_WHOLE = 2**31

_QUOTED = re.compile(r"`([^`]+)`")


def page(template: str, *, style: str, script: str | None = None, **facts: object) -> str:
    """Render a template of the folder `templates` with `facts`; `style` and `script` are files beside it."""
    return _environment().get_template(template).render(**_own(style, script), **facts)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("conformance.report"), autoescape=True, undefined=StrictUndefined, finalize=_spelled,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"lines": _lines, "quoted": _quoted, "web": _web, "attested": CONFIDENCE.__getitem__}
    return environment


def _spelled(value: object) -> object:
    return safe(value, _WHOLE) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _own(style: str, script: str | None) -> Mapping[str, object]:
    """Style and script, and what the browser must find them to be before it obeys them."""
    own: dict[str, object] = {}
    for name, file in (("style", style), ("script", script)):
        if file is None:
            continue
        source, _, _ = _environment().loader.get_source(_environment(), file)  # type: ignore[union-attr]
        own[name] = Markup(source)  # noqa: S704 - a file of ours
        own[f"{name}_hash"] = b64encode(sha256(source.encode()).digest()).decode()
    return own


def _lines(text: str) -> Markup:
    """Text of several lines, each safe by itself."""
    return Markup("\n").join(safe(line, _WHOLE) for line in text.split("\n"))


def _quoted(text: str) -> Markup:
    """A sentence of the catalogue: what it puts between backticks is code."""
    return Markup(_QUOTED.sub(r"<code>\1</code>", str(escape(safe(text, _WHOLE)))))  # noqa: S704 - escaped before


def _web(url: str | None) -> str:
    """A link that leads to the web; empty for anything else a link could do."""
    return url if url is not None and url.startswith(("https://", "http://")) else ""
