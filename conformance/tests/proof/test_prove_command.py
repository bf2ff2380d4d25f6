"""The command tells the proof as it is: what is legal and accused makes it fail."""

from conformance.run import proving


def test_drawn_variations_are_counted_and_none_is_accused():
    assert list(proving.vary(40, "a seed")) == []


def test_an_accused_variation_is_told_with_its_seed(monkeypatch):
    from conformance.proof.variations import judged

    monkeypatch.setattr(judged, "accusations", lambda _transcript: ("done.last: planted",))
    told = list(proving.vary(2, "a seed"))
    assert len(told) == 2
    assert told[1].startswith("variation a seed/1 ") and told[1].endswith("done.last: planted")
