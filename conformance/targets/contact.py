"""First contact: is anything there, is it this API, does it let us in? Told once, before any scenario."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from conformance.errors import BudgetReached, NotThisApi, UnreachableTarget
from conformance.model import Exchange, Operation
from conformance.targets.advice import add_what_it_asks, follow, keep_state, let_us_in, look_elsewhere, unreachable
from conformance.targets.outputs import body, encoded
from conformance.targets.provision import NOT_OFFERED, Provisioner, refusal
from conformance.targets.quoting import is_web_page, quoted
from conformance.targets.run_polling import document_of, id_of, look, run_path
from conformance.targets.session import Ask, GivenUp, Session, succeeded
from conformance.targets.settings import Settings

#: Prefixes under which this API is commonly offered, below the base URL's path and at the root; tried only when
#: nothing is found where it should be.
_PREFIXES = ("/v1", "/api/v1", "/openai/v1", "/openai", "")

#: A path that no API offers; a static mock is distinguished from anything else by how it answers here.
_NOWHERE = "/conformance-no-such-path"

#: The operation with ids that nobody gave.
_MADE_UP_RUN = run_path("thread_conformance", "run_conformance")
_MADE_UP = f"{_MADE_UP_RUN}/submit_tool_outputs"

#: How somebody refuses a request that lacks more than it can know of.
_LACKS = re.compile(r"\b(missing|required?s?|must)\b.*\bheader|\bheader\b.*\b(missing|required?|must)\b", re.IGNORECASE)

#: How somebody who keeps threads and runs refuses such ids.
_UNKNOWN_ID = re.compile(r"\b(thread|run)(s?\b|_conformance)", re.IGNORECASE)


def make_contact(session: Session, provisioner: Provisioner) -> None:
    """Ask for what provisioning needs first. Raises UnreachableTarget, or NotThisApi with advice."""
    ask = _FIRST[session.settings.provision](provisioner)
    with provisioner.cleanup.creating(ask.path):
        _ask_first(ask, session, provisioner)


def _ask_first(ask: Ask, session: Session, provisioner: Provisioner) -> None:
    settings = session.settings
    try:
        *_, answer = session.ask_politely(ask)
    except GivenUp:
        reason = (session.given_up or "").removeprefix("the target can no longer be reached: ")
        raise unreachable(reason, settings) from None
    if answer.response is None:
        raise UnreachableTarget(f"{settings.origin} gives no HTTP answer: {answer.failure}", "Is it the right port?")
    problems = _SHOWN_BY_ANY if settings.provision == "command" else _PROBLEMS
    problem = next((problem for problem in problems if problem.shown(answer, session)), None)
    if problem is None:
        _adopt(provisioner, answer)
        return
    found = _elsewhere(session, provisioner, ask) if problem.searched else None
    raise NotThisApi(f"{problem.says}: {refusal(answer, settings)}", found or problem.hint(answer, ask, settings))


def _create_thread(provisioner: Provisioner) -> Ask:
    return Ask(Operation.OTHER, "POST", "/threads", encoded(dict(provisioner.settings.create_thread)))


def _read_given_run(provisioner: Provisioner) -> Ask:
    given = provisioner.settings.runs[0]
    return look(run_path(given.thread_id, given.run_id))


def _read_made_up_run(provisioner: Provisioner) -> Ask:  # noqa: ARG001
    return look(_MADE_UP_RUN)


def _submit_to_anything(provisioner: Provisioner) -> Ask:  # noqa: ARG001
    return Ask(Operation.SUBMIT, "POST", _MADE_UP, body("all", "absent", ["call_1"]))


#: Kind of provisioning -> the first request.
_FIRST: Mapping[str, Callable[[Provisioner], Ask]] = MappingProxyType(
    {
        "api": _create_thread,
        "assistant": _create_thread,
        "run": _read_given_run,
        "command": _read_made_up_run,
        "static": _submit_to_anything,
    }
)


class Problem(NamedTuple):
    """What shows that the API is not here, or not open to us; how it is reported, and what to do."""

    shown: Callable[[Exchange, Session], bool]
    says: str
    hint: Callable[[Exchange, Ask, Settings], str]
    #: It may be elsewhere on the same server.
    searched: bool = False


def _status(answer: Exchange) -> int:
    return answer.response.status if answer.response else 0


def _redirects(answer: Exchange, session: Session) -> bool:  # noqa: ARG001
    return 300 <= _status(answer) < 400


def _locks_out(answer: Exchange, session: Session) -> bool:  # noqa: ARG001
    return _status(answer) in (401, 403)


def _is_web_page(answer: Exchange, session: Session) -> bool:  # noqa: ARG001
    return is_web_page(answer)


def _keeps_state(answer: Exchange, session: Session) -> bool:
    """Whether ids that were made up are refused because nothing has them."""
    said = quoted(answer).replace("\\/", "/").replace(_MADE_UP, "")  # many servers quote the path they do not know
    return session.settings.provision == "static" and _status(answer) == 404 and _UNKNOWN_ID.search(said) is not None


def _is_like_nowhere(answer: Exchange, session: Session) -> bool:
    """Whether a mock answers the operation exactly like a path that nobody offers."""
    if session.settings.provision != "static" or _status(answer) not in NOT_OFFERED:
        return False
    try:
        nowhere = session.ask(Ask(Operation.OTHER, "POST", _NOWHERE, answer.request.body))
    except (GivenUp, BudgetReached):
        return True
    return _status(nowhere) == _status(answer)


def _is_not_offered(answer: Exchange, session: Session) -> bool:
    return session.settings.provision != "static" and _status(answer) in NOT_OFFERED


def _is_something_else(answer: Exchange, session: Session) -> bool:
    stateful = session.settings.provision != "static"
    return stateful and _status(answer) < 300 and id_of(document_of(answer)) is None


def _refuses_anything(answer: Exchange, session: Session) -> bool:
    """Whether the first request is refused that everything else would need; of a mock, for a header it lacks."""
    refused = 400 <= _status(answer) < 500 and _status(answer) not in (408, 409, 429)
    return refused and (session.settings.provision != "static" or _LACKS.search(quoted(answer)) is not None)


#: What an answer shows, the first that holds.
_PROBLEMS = (
    Problem(_redirects, "the target only redirects, which is not followed so that the key goes nowhere else", follow),
    Problem(_locks_out, "the target does not let us in", let_us_in),
    Problem(_is_web_page, "the target answers with a web page", look_elsewhere, searched=True),
    Problem(_keeps_state, "the target does not accept made-up ids", keep_state),
    Problem(_is_like_nowhere, "the target does not know the operation", look_elsewhere, searched=True),
    Problem(_is_not_offered, "the target offers nothing of this API", look_elsewhere, searched=True),
    Problem(_is_something_else, "the target answers, but not as this API", look_elsewhere, searched=True),
    Problem(_refuses_anything, "the target refuses the very first request", add_what_it_asks),
)


#: What an answer shows where nobody knows yet what is offered there, and with which header fields.
_SHOWN_BY_ANY = _PROBLEMS[:1]


def _adopt(provisioner: Provisioner, answer: Exchange, prefix: str | None = None) -> None:
    created = id_of(document_of(answer))
    if created is not None and answer.request.method == "POST" and provisioner.stateful:
        provisioner.adopt_thread(created, prefix)


def _elsewhere(session: Session, provisioner: Provisioner, ask: Ask) -> str | None:
    """Advice where the API is found below a common prefix; None where it is not, or nothing more may be asked."""
    settings = session.settings
    tried = dict.fromkeys(below + prefix for below in (settings.prefix, "") for prefix in _PREFIXES)
    for prefix in (prefix for prefix in tried if prefix != settings.prefix):
        try:
            answer = session.ask(replace(ask, prefix=prefix))
        except (GivenUp, BudgetReached):
            return None
        there = f"Did you mean {settings.scrub(settings.origin + prefix)} ?"
        if _keeps_state(answer, session):
            return f"{there} {keep_state(answer, ask, settings)}"
        if _is_offered(answer, session):
            _adopt(provisioner, answer, prefix)
            return there
    return None


def _is_offered(answer: Exchange, session: Session) -> bool:
    if session.settings.provision == "static":
        return succeeded(answer) and not is_web_page(answer)
    return id_of(document_of(answer)) is not None
