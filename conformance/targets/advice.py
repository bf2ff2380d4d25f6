"""What to do when first contact fails: one function for each way of failing, from the answer to a hint for people."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from conformance.errors import UnreachableTarget
from conformance.model import Exchange
from conformance.targets.session import Ask, header_of
from conformance.targets.settings import Settings

#: A word of the reason why no connection came about -> what to do; the first that is found.
_CONNECTING = (
    ("CERTIFICATE_VERIFY", "Name the certificate authority with --ca-file."),
    ("SSL", "Is it http:// rather than https:// ?"),
)

_SUNSET = "The vendor switched this API off on 2026-08-26. Name a server that still offers it."

#: Where the vendor's own service was until then.
_SUNSET_HOST = "api.openai.com"

_STATIC = "A stateless mock is judged with --provision static."

#: Kind of provisioning -> what else may be wrong where the API is not.
_MORE = {"api": _STATIC, "assistant": _STATIC, "run": "Are the ids of the given run right, and does it still exist?"}


def unreachable(reason: str, settings: Settings) -> UnreachableTarget:
    """Nobody answers: the server, or the proxy before it."""
    through, who = "", "the server"
    if settings.proxy is not None:
        proxy = urlsplit(settings.proxy)
        through, who = f" through the proxy {proxy.hostname}:{proxy.port or 80}", "the proxy"
    hint = next((hint for word, hint in _CONNECTING if word in reason), None)
    return UnreachableTarget(
        f"nothing answers at {settings.origin}{through}: {reason}",
        hint or f"Is {who} running, and are its host and port right?",
    )


def look_elsewhere(answer: Exchange, ask: Ask, settings: Settings) -> str:  # noqa: ARG001
    """The API is not where it was asked for."""
    if urlsplit(settings.base_url).hostname == _SUNSET_HOST:
        return _SUNSET
    return " ".join(filter(None, ("Is the base URL whole, with its prefix?", _MORE.get(settings.provision))))


def let_us_in(answer: Exchange, ask: Ask, settings: Settings) -> str:  # noqa: ARG001
    """A key is missing, or it is the wrong one."""
    if urlsplit(settings.base_url).hostname == _SUNSET_HOST:
        return _SUNSET
    doubt = "Is the key right, and may it do this? " if settings.keyed else ""
    naming = (
        "Name the variable that holds the key with --api-key-env, or another scheme with --header 'api-key: $NAME'."
    )
    return doubt + naming


def add_what_it_asks(answer: Exchange, ask: Ask, settings: Settings) -> str:  # noqa: ARG001
    """A request is refused though it is right: this server wants more than the API says."""
    if settings.provision == "run":
        return _MORE["run"]
    return "What it asks for can be added to every request: --header 'NAME: VALUE', --param NAME=VALUE."


def keep_state(answer: Exchange, ask: Ask, settings: Settings) -> str:  # noqa: ARG001
    """Ids cannot be made up here: threads and runs are real."""
    return "It keeps threads and runs, so ids cannot be made up: judge it with --provision api."


def follow(answer: Exchange, ask: Ask, settings: Settings) -> str:
    """A redirect as the base URL it means: without the path that was asked for, without its query."""
    location = header_of(answer, "location")
    if not location:
        return "It does not say where to."
    there = settings.scrub(_resolved(settings.origin + answer.request.target, location))
    base = there.rstrip("/").removesuffix(ask.path.rstrip("/"))
    if base == settings.origin + settings.prefix:
        return f"It points to {there} , the same place: the server should answer as it was asked."
    return f"It points to {base} : if that is right, make it the base URL."


def _resolved(asked: str, location: str) -> str:
    """Where a redirect leads, without query and without a user's name."""
    try:
        parts = urlsplit(urljoin(asked, location))
    except ValueError:
        return location
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
