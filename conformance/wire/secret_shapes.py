"""Secrets that show by their look: one row for each kind, by what their vendors publish about them.

A row has two parts. Its search begins with letters that every such secret holds, so that the search is fast in any
text; group 1 is the secret. Repetitions are bounded or of one set of characters, so that hostile text costs linear
work. A value may hold `*`, since servers quote keys half masked.

Sources: github.com/gitleaks/gitleaks (config), docs.github.com (secret scanning, supported patterns),
github.com/microsoft/security-utilities (identifiable Azure keys), RFC 6750, RFC 7617, RFC 7468, RFC 3986 §3.2.1.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

#: Characters of the longest key of Azure's; what is longer is somebody's data.
_LONGEST_AZURE = 100

#: Between a name and its value, in an environment, JSON or YAML.
_IS = rb"[\"']{0,2} ?[=:] ?[\"']?"

_KEY_NAMES = (rb"ey(?<=[kK]ey)", rb"KEY", rb"oken(?<=[tT]oken)", rb"TOKEN")
_KEY = rb"((?=[A-Za-z+/_.~-]{0,60}[0-9])(?=[0-9+/_.~-]{0,60}[A-Za-z])[A-Za-z0-9+/_.~-]{20,}={0,2})"

_PASSWORD_NAMES = (
    rb"assword(?<=[pP]assword)", rb"PASSWORD", rb"asswd(?<=[pP]asswd)", rb"PASSWD", rb"ecret(?<=[sS]ecret)", rb"SECRET"
)  # fmt: skip
_PASSWORD = rb"((?=[^\s\"',;&*]{0,60}[0-9])(?=[^\s\"',;&*]{0,60}[A-Za-z])[^\s\"',;&*<>\\]{8,})"

#: Kind, as it is named to people -> how it looks.
SHAPES: tuple[tuple[str, re.Pattern[bytes]], ...] = tuple(
    (kind, re.compile(look))
    for kind, look in (
        ("api key", rb"(sk-(?<![A-Za-z0-9]sk-)[A-Za-z0-9_*-]{16,})"),
        ("session key", rb"(sess-(?<![A-Za-z0-9]sess-)[A-Za-z0-9]{30,})"),
        ("organization", rb"(org-(?<![A-Za-z0-9]org-)[A-Za-z0-9]{20,})"),
        ("bearer token", rb"earer (?<=[Bb]earer )([A-Za-z0-9._~+/-]{16,}=*)"),
        ("basic credentials", rb"asic (?<=[Bb]asic )([A-Za-z0-9+/_-]{8,}={0,2})"),
        ("web token", rb"(eyJ(?<![\w-]eyJ)[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,})"),
        ("private key", rb"-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----\s?([A-Za-z0-9+/=\s]{16,})"),
        ("URL with a password", rb"://([^\s/?#@:\"'<>\\]{0,200}:[^\s/?#@\"'<>\\*]{1,200})@"),
        ("URL with a key",
         rb"[?&](?:code|sig|(?:x-)?functions-key|(?:subscription-|api-?)?key|api_key|(?:access_|auth_)?token)="
         rb"((?=[^\s&#\"'<>]{0,60}[0-9])[^\s&#\"'<>\\*=]{16,}={0,2})"),
        *(("named key", name + _IS + _KEY) for name in _KEY_NAMES),
        *(("named password", name + _IS + _PASSWORD) for name in _PASSWORD_NAMES),
        ("Azure key", rb"(?<![A-Za-z0-9_-])([A-Za-z0-9_-]{44,}={0,2})"),
        ("Azure key", rb"(?<![A-Za-z0-9+/])([A-Za-z0-9+/]{44,}={0,2})"),
        ("AWS access key", rb"((?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16})(?![A-Za-z0-9])"),
        ("AWS Bedrock key", rb"(ABSK[A-Za-z0-9+/]{40,}={0,2})"),
        ("Google key", rb"(AIza[A-Za-z0-9_-]{35})"),
        ("Google token", rb"(ya29\.[A-Za-z0-9_-]{20,})"),
        ("Google client secret", rb"(GOCSPX-[A-Za-z0-9_-]{20,})"),
        ("GitHub token", rb"(gh[oprsu]_[A-Za-z0-9]{36,})"),
        ("GitHub fine-grained token", rb"(github_pat_[A-Za-z0-9_]{22,})"),
        ("GitLab token", rb"(glpat-[A-Za-z0-9_-]{20,})"),
        ("Slack token", rb"(xox[abeoprs]-[A-Za-z0-9-]{10,})"),
        ("Slack app token", rb"(xapp-[0-9]-[A-Za-z0-9-]{10,})"),
        ("Slack web hook", rb"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/]{20,})"),
        ("Hugging Face token", rb"(hf_[A-Za-z0-9]{34,})"),
        ("Groq key", rb"(gsk_[A-Za-z0-9]{40,})"),
        ("xAI key", rb"(xai-[A-Za-z0-9]{40,})"),
        ("Stripe key", rb"k_(?<=[rs]k_)(?:live|test)_([A-Za-z0-9]{16,})"),
        ("npm token", rb"(npm_[A-Za-z0-9]{36})"),
        ("PyPI token", rb"(pypi-AgE[A-Za-z0-9_-]{50,})"),
    )
)  # fmt: skip


#: What stands within the keys that Azure gives out, so that they can be told from other words of their length.
_AZURE = re.compile(rb"JQQJ99|AzFu|AzSe|ACDb|\+ASt|APIM|AIoT|\+ACR")


def looks(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield the kind and the place of everything that looks like a secret, kind by kind."""
    for kind, shape in SHAPES:
        if kind == "Azure key" and _AZURE.search(data) is None:
            continue
        is_one = _LOOKED_INTO.get(kind)
        for match in shape.finditer(data):
            if is_one is None or is_one(match[1]):
                yield kind, *match.span(1)


def _is_azure(value: bytes) -> bool:
    return len(value) <= _LONGEST_AZURE and _AZURE.search(value) is not None


def _is_basic(value: bytes) -> bool:
    """Whether a word behind `Basic` holds a name and a password; most are words of a sentence."""
    try:
        return b":" in base64.b64decode(value.translate(bytes.maketrans(b"-_", b"+/")) + b"=" * (-len(value) % 4))
    except (binascii.Error, ValueError):
        return False


#: Kinds whose shape says too little by itself -> what settles it.
_LOOKED_INTO: Mapping[str, Callable[[bytes], bool]] = MappingProxyType(
    {"Azure key": _is_azure, "basic credentials": _is_basic}
)
