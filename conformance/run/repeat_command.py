"""The command that asks the same once more, without anything secret in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from urllib.parse import unquote_plus, urlsplit

from conformance.run.options import TARGET, Given, words
from conformance.wire.credentials import is_named

#: Options about verdicts without which another verdict may come of the same run.
_DECIDING = frozenset({"strict", "requirements", "known_failures"})


def again(said: Given) -> str:
    """The command that asks the same once more, without anything secret in it."""
    if "client" in said:
        return again_client(
            shlex.split(said["client"]),
            said,
            azure="azure" in said,
            timeout=said.get("timeout"),
            persistent="persistent" in said,
        )
    shown = {option.key: said[option.key] for option in TARGET if option.key in said} | _deciding(said)
    for key in {"base_url", "proxy"} & shown.keys():
        shown[key] = _shown_url(shown[key])
    shown |= {"header": [_shown_header(text) for text in shown["header"]]} if "header" in shown else {}
    shown |= {"param": [_shown_parameter(text) for text in shown["param"]]} if "param" in shown else {}
    return shlex.join(("conformance", "server", *words(shown, "")))


def again_client(
    command: Sequence[str], said: Given, *, azure: bool, timeout: float | None, persistent: bool = False
) -> str:
    """The command that judges the same client once more; `timeout` is None for the usual one."""
    from conformance.targets.drivers import shown  # noqa: PLC0415 - a server and processes: only when asked

    options = ["--azure"] if azure else []
    options += ["--persistent"] if persistent else []
    options += [f"--timeout={timeout:g}"] if timeout is not None else []
    options += words(_deciding(said), "")
    return f"{shlex.join(('conformance', 'client', *options, '--'))} {shown(command)}"


def shown_target(said: Given) -> str | None:
    """Who is judged, as the options name it, without anything secret; None for the built-in mock."""
    if "client" in said:
        from conformance.targets.drivers import shown  # noqa: PLC0415 - see above

        return shown(shlex.split(said["client"]))
    return _shown_url(said["base_url"]) if "base_url" in said else None


def again_judge(said: Given, *, role: str | None = None, operation: str | None = None) -> str:
    """The command that judges recordings once more, without their names; None for what is usual."""
    options = [f"--{name}={value}" for name, value in (("role", role), ("operation", operation)) if value is not None]
    return shlex.join(("conformance", "judge", *options, *words(_deciding(said), "")))


def _deciding(said: Given) -> dict[str, object]:
    return {key: said[key] for key in _DECIDING & said.keys()}


def again_proxy(said: Given, upstream: str, command: Sequence[str]) -> str:
    """The command that stands between the same two once more; without a command somebody has to use it."""
    kept = {key: value for key, value in said.items() if key in ("api_key_env", "header", "param", "ca_file")}
    kept |= {"header": [_shown_header(text) for text in kept["header"]]} if "header" in kept else {}
    kept |= {"param": [_shown_parameter(text) for text in kept["param"]]} if "param" in kept else {}
    ours = shlex.join(("conformance", "proxy", f"--upstream={_shown_url(upstream)}", *words(kept, "")))
    return ours + _behind(command)


def again_gateway(said: Given, command: Sequence[str]) -> str:
    """The command that judges the same gateway once more."""
    named = ("base_url", "listen", "gateway_timeout", "wait", "api_key_env", "model", "ca_file", "timeout")
    values = {key: said[key] for key in named if said.get(key) is not None}
    values["base_url"] = _shown_url(values["base_url"])
    options = [f"--{key.replace('_', '-')}={value}" for key, value in values.items()]
    options += [f"--maps={what}" for what in said.get("maps") or ()]
    options += [f"--header={_shown_header(text)}" for text in said.get("header") or ()]
    return shlex.join(("conformance", "gateway", *options)) + _behind(command)


def _behind(command: Sequence[str]) -> str:
    """Somebody else's command, where there is one, behind the words of ours."""
    from conformance.targets.drivers import shown  # noqa: PLC0415 - a server and processes: only when asked

    return f" -- {shown(command)}" if command else ""


def _shown_url(url: str) -> str:
    """A URL without a user's name, and without the values of parameters that may carry a credential."""
    parts = urlsplit(url)
    pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
    query = "&".join(
        f"{name}=…" if value and is_named(unquote_plus(name)) else f"{name}{sign}{value}" for name, sign, value in pairs
    )
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{query and f'?{query}'}"


def _shown_header(text: str) -> str:
    """A header with its value in an environment variable that is named for it: whose value is secret, nobody knows."""
    name, _, value = text.partition(":")
    return text if value.strip().startswith("$") else f"{name}: ${re.sub(r'[^A-Z0-9]+', '_', name.strip().upper())}"


def _shown_parameter(text: str) -> str:
    name, _, value = text.partition("=")
    return f"{name}=…" if is_named(name) and not value.startswith("$") else text
