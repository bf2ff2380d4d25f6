"""Of a request's head only what leads to the upstream is rewritten."""

from __future__ import annotations

import pytest

from conformance.relay.head import Upstream, moved, rewritten

DEEP = Upstream.at("https://api.example/deep/v1")


def test_all_other_lines_stay_as_they_are() -> None:
    head = b"POST /v1/x?q=1 HTTP/1.1\r\nX-A:  odd   \r\nhost: relay\r\nx-a: again\r\nConnection: keep-alive\r\n\r\n"
    assert rewritten(head, "/v1", DEEP) == (
        b"POST /deep/v1/x?q=1 HTTP/1.1\r\nHost: api.example\r\n"
        b"X-A:  odd   \r\nx-a: again\r\nConnection: keep-alive\r\n\r\n"
    )


def test_fields_of_one_connection_stay_behind() -> None:
    head = (
        b"GET / HTTP/1.1\nHost: relay\nProxy-Connection: x\n folded\nKeep-Alive: 5\n"
        b"Connection: keep-alive, Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: x\nAccept: a\n\n"
    )
    assert rewritten(head, "", Upstream.at("http://api.example:81")) == (
        b"GET / HTTP/1.1\r\nHost: api.example:81\r\nConnection: keep-alive\r\nAccept: a\r\n\r\n"
    )


def test_fields_and_parameters_of_the_upstream_are_set() -> None:
    upstream = Upstream.at("http://api.example", (("Authorization", "Bearer k"),), "api-version=1")
    head = b"GET /x?a=b HTTP/1.1\r\nHost: relay\r\nauthorization: Bearer mine\r\n\r\n"
    assert rewritten(head, "", upstream) == (
        b"GET /x?a=b&api-version=1 HTTP/1.1\r\nHost: api.example\r\nAuthorization: Bearer k\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("target", "behind"),
    [
        (b"/v1", b"/deep/v1"),
        (b"/v1/a%2Fb?", b"/deep/v1/a%2Fb?"),
        (b"/v10/a", b"/v10/a"),
        (b"/other", b"/other"),
        (b"http://relay:1/v1/a", b"/deep/v1/a"),
        (b"*", b"*"),
    ],
)
def test_targets_below_the_base_are_moved(target: bytes, behind: bytes) -> None:
    assert moved(target, "/v1", DEEP) == behind
