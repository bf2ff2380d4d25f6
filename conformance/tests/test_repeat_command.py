"""The command that asks the same once more: whole, and without anything secret."""

from __future__ import annotations

import pytest

from conformance.run.repeat_command import again


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://h/v1", "http://h/v1"),
        ("http://h:8000/v1?api-version=2024-05-01-preview", "'http://h:8000/v1?api-version=2024-05-01-preview'"),
        ("http://h/v1?a=1&b=&c&d=x%26y", "'http://h/v1?a=1&b=&c&d=x%26y'"),
        ("http://h/v1?api-key=canary&a=1&sig=canary&access%5Ftoken=canary", "'http://h/v1?api-key=…&a=1&sig=…&access%5Ftoken=…'"),
        ("http://canary@h/v1", "http://h/v1"),
    ],
    ids=["no query", "a version", "every form", "credentials", "a user's name"],
)  # fmt: skip
def test_the_base_url_is_repeated_with_its_query(url: str, shown: str) -> None:
    said = again({"base_url": url})
    assert "canary" not in said
    assert said.replace("'--base-url=", "--base-url='") == f"conformance server --base-url={shown}"
