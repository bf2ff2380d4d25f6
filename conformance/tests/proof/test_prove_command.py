"""The command tells the proof as it is: what is legal and accused makes it fail."""

import pytest

from conformance.cli import main
from conformance.mock.habits import HABITS
from conformance.model import Subject
from conformance.proof.faults import FAULTS
from conformance.relay.habits import GATEWAY_HABITS
from conformance.run import proving


def test_drawn_variations_are_counted_and_none_is_accused():
    assert list(proving.vary(40, "a seed")) == []


def test_an_accused_variation_is_told_with_its_seed(monkeypatch):
    from conformance.proof.variations import accusation

    monkeypatch.setattr(accusation, "accusations", lambda _transcript: ("done.last: planted",))
    told = list(proving.vary(2, "a seed"))
    assert len(told) == 2
    assert told[1].startswith("variation a seed/1 ") and told[1].endswith("done.last: planted")


def test_only_what_is_asked_is_played_and_nothing_is_said_of_the_rest(capsys):
    assert main(["prove", "-k", "done-twice"]) == 0
    *told, last = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[2].partition(":")[0] for line in told] == ["done-twice"]
    assert last == f"1 of 1 as declared; {len(FAULTS) + len(HABITS) + len(GATEWAY_HABITS) - 1} others not selected"


def test_a_requirement_selects_whatever_breaks_it(capsys):
    assert main(["prove", "-k", "reading.bom or done.once"]) == 0
    told = capsys.readouterr().out
    breaking = [fault for fault in (*FAULTS.values(), *HABITS.values()) if fault.breaks & {"reading.bom", "done.once"}]
    assert len(breaking) > 1
    assert all(f"{fault.name}: " in told for fault in breaking)


def test_what_is_not_as_declared_is_an_exit_code(monkeypatch, capsys):
    monkeypatch.setattr("conformance.proof.fault_matrix.judge", lambda transcript: Subject(transcript.scenario, ()))
    assert main(["prove", "-k", "done-twice"]) == 1
    assert "survived: done-twice: done.once" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-k", "no-such-fault"], "matches no fault and no habit"),
        (["-k", "done and"], "expected a word"),
        (["-k", "done-twice", "--format", "json"], "-k and --format json cannot be combined"),
    ],
)
def test_what_cannot_be_played_is_a_usage_error(words, said, capsys):
    assert main(["prove", *words]) == 4
    assert said in capsys.readouterr().err
