"""A signal ends a run once, wherever it comes; a second one ends the waiting, and loses nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from conformance.model import Exchange
from conformance.targets.cleanup import Cleanup
from conformance.targets.interruption import REASONS, breakable, finishing, hurried, interrupting, shielded
from conformance.targets.session import Ask, Session
from conformance.targets.settings import Settings


@contextmanager
def raised(reason: str) -> Iterator[None]:
    with pytest.raises(KeyboardInterrupt) as interrupt:
        yield
    assert str(interrupt.value) == reason


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(("number", "reason"), REASONS.items(), ids=[signal.Signals(one).name for one in REASONS])
def test_each_signal_interrupts_and_says_which_it_was(number: int, reason: str) -> None:
    before = signal.getsignal(number)
    with raised(reason), interrupting():
        send(number)
    assert signal.getsignal(number) is before


def test_what_this_process_ignores_does_not_interrupt_it() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupting():
            send(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_second_is_noted_and_the_third_gets_out_of_anything() -> None:
    with interrupting():
        with raised("interrupted by SIGTERM"):
            send(signal.SIGTERM)
        assert not hurried()
        send(signal.SIGINT)
        assert hurried()
        with raised("interrupted by SIGHUP"):
            send(signal.SIGHUP)
    assert not hurried()


def test_what_is_shielded_comes_to_its_end() -> None:
    done = []
    with interrupting(), raised("interrupted by SIGTERM"), shielded():
        with shielded():
            send(signal.SIGTERM)
        done.append("all of it")
    assert done == ["all of it"]


def test_a_removal_goes_on_but_for_the_request_that_can_be_given_up() -> None:
    with interrupting(), finishing():
        send(signal.SIGTERM)
        assert hurried()
        with raised("interrupted by SIGTERM"), breakable():
            send(signal.SIGTERM)


def test_what_an_interrupted_removal_leaves_is_listed() -> None:
    asked: list[str] = []

    def ask(self: Session, request: Ask) -> Iterator[Exchange]:
        asked.append(request.path)
        send(signal.SIGTERM)
        raise AssertionError("the signal ends the request")
        yield

    cleanup, session = Cleanup(), Session(Settings("http://127.0.0.1:9/v1"), lambda _: pytest.fail("nothing is sent"))
    cleanup.created("/threads", "thread_1")
    cleanup.created("/threads", "thread_2")
    with pytest.MonkeyPatch.context() as patch, interrupting():
        patch.setattr(Session, "ask_politely", ask)
        left = cleanup.clear(session)
    assert left == ("DELETE /threads/thread_1: interrupted", "DELETE /threads/thread_2: interrupted")
    assert asked == ["/threads/thread_1"]
