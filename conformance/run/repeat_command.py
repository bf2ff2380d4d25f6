"""The command that asks the same once more, without anything secret in it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from urllib.parse import unquote_plus, urlsplit

from conformance.run.options import TARGET, Given, words
from conformance.targets.settings import is_secret_parameter


def again(said: Given) -> str:
    """The command that asks the same once more, without anything secret in it."""
    if "client" in said:
        return again_client(shlex.split(said["client"]), azure="azure" in said, timeout=said.get("timeout"))
    shown = {option.key: said[option.key] for option in TARGET if option.key in said}
    if "base_url" in shown:
        shown["base_url"] = _shown_url(shown["base_url"])
    if "proxy" in shown:
        shown["proxy"] = "…"
    shown |= {"header": [_hidden(text, ":") for text in shown["header"]]} if "header" in shown else {}
    shown |= {"param": [_hidden(text, "=") for text in shown["param"]]} if "param" in shown else {}
    return shlex.join(("conformance", "server", *words(shown, "")))


def again_client(command: Sequence[str], *, azure: bool, timeout: float | None) -> str:
    """The command that judges the same client once more; `timeout` is None for the usual one."""
    from conformance.targets.drivers import shown  # noqa: PLC0415 - a server and processes: only when asked

    said = ["--azure"] if azure else []
    said += [f"--timeout={timeout:g}"] if timeout is not None else []
    return shown(shlex.join(("conformance", "client", *said, "--", *command)))


def again_gateway(said: Given, command: Sequence[str]) -> str:
    """The command that judges the same gateway once more."""
    from conformance.targets.drivers import shown  # noqa: PLC0415 - a server and processes: only when asked

    named = ("base_url", "listen", "gateway_timeout", "api_key_env", "model", "ca_file", "timeout")
    values = {key: said[key] for key in named if said.get(key) is not None}
    values["base_url"] = _shown_url(values["base_url"])
    options = [f"--{key.replace('_', '-')}={value}" for key, value in values.items()]
    options += [f"--maps={what}" for what in said.get("maps") or ()]
    options += [f"--header={_hidden(text, ':')}" for text in said.get("header") or ()]
    tail = ("--", *command) if command else ()
    return shown(shlex.join(("conformance", "gateway", *options, *tail)))


def again_proxy(said: Given, upstream: str, command: Sequence[str]) -> str:
    """The command that stands between the same two once more; without a command somebody has to use it."""
    from conformance.targets.drivers import shown  # noqa: PLC0415 - see above

    kept = {key: value for key, value in said.items() if key in ("api_key_env", "header", "param", "ca_file")}
    kept |= {"header": [_hidden(text, ":") for text in kept["header"]]} if "header" in kept else {}
    kept |= {"param": [_hidden(text, "=") for text in kept["param"]]} if "param" in kept else {}
    behind = ("--", *command) if command else ()
    return shown(shlex.join(("conformance", "proxy", f"--upstream={_shown_url(upstream)}", *words(kept, ""), *behind)))


def _shown_url(url: str) -> str:
    """A URL without a user's name, and without the values of parameters that may carry a credential."""
    parts = urlsplit(url)
    pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
    query = "&".join(
        f"{name}=…" if value and is_secret_parameter(unquote_plus(name)) else f"{name}{sign}{value}"
        for name, sign, value in pairs
    )
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{query and f'?{query}'}"


def _hidden(text: str, sign: str) -> str:
    name, _, value = text.partition(sign)
    return text if value.strip().startswith("$") else f"{name}{sign}…"
