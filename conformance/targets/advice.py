"""What to do when first contact fails: one function for each way of failing, from the answer to a hint for people."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from conformance.errors import UnreachableTarget
from conformance.model import Exchange
from conformance.targets.session import Ask, header_of
from conformance.targets.settings import Settings

#: A word of the reason why no connection came about -> what to do; the first that is found.
_CONNECTING = (
    ("CERTIFICATE_VERIFY", "Name the certificate authority with --ca-file FILE."),
    ("SSL", "Does the server speak http:// instead of https://?"),
)

_SUNSET = "OpenAI switched this API off on 2026-08-26. Name a server that still offers it with --base-url."

#: Where OpenAI offered it until then.
_SUNSET_HOST = "api.openai.com"

_STATIC = "Judge a stateless mock with --provision static."

#: Kind of provisioning -> what else may be wrong where the API is not.
_MORE = {"api": _STATIC, "assistant": _STATIC, "run": "Are the ids of --run right, and does that run still exist?"}


def unreachable(reason: str, settings: Settings) -> UnreachableTarget:
    """Nobody answers: the server, or the proxy before it."""
    through, who = "", "the server"
    if settings.proxy is not None:
        proxy = urlsplit(settings.proxy)
        through, who = f" through the proxy {proxy.hostname}:{proxy.port or 80}", "the proxy"
    hint = next((hint for word, hint in _CONNECTING if word in reason), None)
    return UnreachableTarget(
        f"nothing answers at {settings.origin}{through}: {reason}",
        hint or f"Is {who} running, and are host and port right? --wait SECONDS waits for a server that is starting.",
    )


def look_elsewhere(answer: Exchange, ask: Ask, settings: Settings) -> str:  # noqa: ARG001
    """The API is not where it was asked for."""
    if urlsplit(settings.base_url).hostname == _SUNSET_HOST:
        return _SUNSET
    return " ".join(filter(None, ("Does the base URL include its prefix, such as /v1?", _MORE.get(settings.provision))))


def let_us_in(answer: Exchange, ask: Ask, settings: Settings) -> str:  # noqa: ARG001
    """A key is missing, or it is wrong."""
    if urlsplit(settings.base_url).hostname == _SUNSET_HOST:
        return _SUNSET
    doubt = "Is the key right, and does it have permission to do this? " if settings.keyed else ""
    naming = "Name the environment variable that holds the key: --api-key-env NAME, or --header 'api-key: $NAME'."
    return doubt + naming


def add_what_it_asks(answer: Exchange, ask: Ask, settings: Settings) -> str:  # noqa: ARG001
    """A request is refused though it is right: this server wants more than the API says."""
    if settings.provision == "run":
        return _MORE["run"]
    return "Add what it asks for to every request: --header 'NAME: VALUE' or --param NAME=VALUE."


def keep_state(answer: Exchange, ask: Ask, settings: Settings) -> str:  # noqa: ARG001
    """Ids cannot be made up here: threads and runs are real."""
    return "It keeps threads and runs, so invented ids are unknown to it. Judge it with --provision api."


def follow(answer: Exchange, ask: Ask, settings: Settings) -> str:
    """A redirect as the base URL it means: without the path that was asked for, without its query."""
    location = header_of(answer, "location")
    if not location:
        return "The redirect does not say where to."
    there = settings.scrub(_resolved(settings.origin + answer.request.target, location))
    base = there.rstrip("/").removesuffix(ask.path.rstrip("/"))
    if base == settings.origin + settings.prefix:
        return f"It redirects to {there} , the same place: the server should answer the request itself."
    return f"It redirects to {base} : if that is the API, use it as --base-url."


def _resolved(asked: str, location: str) -> str:
    """Where a redirect leads, without query and without a user's name."""
    try:
        parts = urlsplit(urljoin(asked, location))
    except ValueError:
        return location
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
