"""First contact: is anything there, is it this API, does it let us in? Told once, before any scenario."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from conformance.errors import NotThisApi, UnreachableTarget
from conformance.model import Exchange, Operation
from conformance.targets.outputs import body, encoded
from conformance.targets.provision import NOT_OFFERED, Provisioner, refusal
from conformance.targets.runs import document_of, id_of, look, run_path
from conformance.targets.sending import Ask, GivenUp, Session, body_of, header_of

#: Prefixes under which this API is commonly offered; tried only when nothing is found where it should be.
_PREFIXES = ("/v1", "/api/v1", "/openai/v1", "/openai")

#: Where the vendor's own service was until 2026-08-26.
_SUNSET_HOST = "api.openai.com"

#: A path that no API offers; a static mock is told apart from anything else by how it answers here.
_NOWHERE = "/conformance-no-such-path"


def make_contact(session: Session, provisioner: Provisioner) -> None:
    """Ask for what provisioning needs first. Raises UnreachableTarget, or NotThisApi with advice."""
    ask = _FIRST[session.settings.provision](provisioner)
    with provisioner.ledger.creating(ask.path):
        _ask_first(ask, session, provisioner)


def _ask_first(ask: Ask, session: Session, provisioner: Provisioner) -> None:
    settings = session.settings
    try:
        *_, answer = session.ask_politely(ask)
    except GivenUp:
        reason = (session.given_up or "").removeprefix("the target can no longer be reached: ")
        raise UnreachableTarget(f"nothing answers at {settings.origin}: {reason}", _advice(reason)) from None
    if answer.response is None:
        raise UnreachableTarget(f"{settings.origin} gives no HTTP answer: {answer.failure}", "Is it the right port?")
    problem = _problem(answer, session)
    if problem is None:
        _adopt(provisioner, answer)
        return
    found = _elsewhere(session, provisioner, ask) if settings.provision in ("api", "assistant") else None
    raise NotThisApi(f"{problem}: {refusal(answer, settings)}", found or _hint(answer, session))


def _create_thread(provisioner: Provisioner) -> Ask:  # noqa: ARG001
    return Ask(Operation.OTHER, "POST", "/threads", encoded({}))


def _read_given_run(provisioner: Provisioner) -> Ask:
    given = provisioner.settings.runs[0]
    return look(run_path(given.thread_id, given.run_id))


def _submit_to_anything(provisioner: Provisioner) -> Ask:  # noqa: ARG001
    path = run_path("thread_conformance", "run_conformance") + "/submit_tool_outputs"
    return Ask(Operation.SUBMIT, "POST", path, body("all", "absent", ["call_1"]))


#: Kind of provisioning -> the first request.
_FIRST: Mapping[str, Callable[[Provisioner], Ask]] = MappingProxyType(
    {"api": _create_thread, "assistant": _create_thread, "run": _read_given_run, "static": _submit_to_anything}
)


def _problem(answer: Exchange, session: Session) -> str | None:
    """What shows that the API is not here, or not open to us; None where a run may be asked for."""
    return next((problem for shown, problem in _PROBLEMS if shown(answer, session)), None)


def _status(answer: Exchange) -> int:
    return answer.response.status if answer.response else 0


def _redirects(answer: Exchange, session: Session) -> bool:  # noqa: ARG001
    return 300 <= _status(answer) < 400


def _locks_out(answer: Exchange, session: Session) -> bool:  # noqa: ARG001
    return _status(answer) in (401, 403)


def _is_web_page(answer: Exchange, session: Session) -> bool:  # noqa: ARG001
    said = (header_of(answer, "content-type") or "").lower()
    return "html" in said or body_of(answer)[:64].lstrip().lower().startswith((b"<!doctype", b"<html"))


def _is_like_nowhere(answer: Exchange, session: Session) -> bool:
    """Whether a mock answers the operation exactly like a path that nobody offers."""
    if session.settings.provision != "static" or _status(answer) not in NOT_OFFERED:
        return False
    return _status(session.ask(Ask(Operation.OTHER, "POST", _NOWHERE, answer.request.body))) == _status(answer)


def _is_not_offered(answer: Exchange, session: Session) -> bool:
    return session.settings.provision != "static" and _status(answer) in NOT_OFFERED


def _is_something_else(answer: Exchange, session: Session) -> bool:
    stateful = session.settings.provision != "static"
    return stateful and _status(answer) < 300 and id_of(document_of(answer)) is None


#: What an answer shows, the first that holds.
_PROBLEMS: tuple[tuple[Callable[[Exchange, Session], bool], str], ...] = (
    (_redirects, "the target only redirects, which is not followed so that the key goes nowhere else"),
    (_locks_out, "the target does not let us in"),
    (_is_web_page, "the target answers with a web page"),
    (_is_like_nowhere, "the target does not know the operation"),
    (_is_not_offered, "the target offers nothing of this API"),
    (_is_something_else, "the target answers, but not as this API"),
)


def _adopt(provisioner: Provisioner, answer: Exchange, prefix: str = "") -> None:
    created = id_of(document_of(answer))
    if created is not None and answer.request.method == "POST" and provisioner.stateful:
        provisioner.adopt_thread(created, prefix)


def _elsewhere(session: Session, provisioner: Provisioner, ask: Ask) -> str | None:
    """Advice where the API is found below a common prefix."""
    base = session.settings.base_url.partition("?")[0].rstrip("/")
    for prefix in _PREFIXES:
        answer = session.ask(Ask(ask.operation, ask.method, prefix + ask.path, ask.body))
        if id_of(document_of(answer)) is not None:
            _adopt(provisioner, answer, prefix)
            return f"Did you mean {session.settings.scrub(base + prefix)} ?"
    return None


def _hint(answer: Exchange, session: Session) -> str:
    if urlsplit(session.settings.base_url).hostname == _SUNSET_HOST:
        return "The vendor switched this API off on 2026-08-26. Name a server that still offers it."
    if _redirects(answer, session):
        where = session.settings.scrub(header_of(answer, "location") or "nowhere")
        return f"It points to {where} : if that is right, make it the base URL."
    if _locks_out(answer, session):
        return (
            "Name the variable that holds the key with --api-key-env, or another scheme with --header 'api-key: $NAME'."
        )
    if session.settings.provision == "run":
        return "Are the ids of the given run right, and does it still exist?"
    return "Is the base URL whole, with its prefix? A stateless mock is judged with --provision static."


#: A word of the reason why no connection came about -> what to do; the first that is found.
_ADVICE = (
    ("CERTIFICATE_VERIFY", "Name the certificate authority with --ca-file."),
    ("SSL", "Is it http:// rather than https:// ?"),
    ("", "Is the server running, and are host and port right?"),
)


def _advice(reason: str) -> str:
    return next(advice for word, advice in _ADVICE if word in reason)
