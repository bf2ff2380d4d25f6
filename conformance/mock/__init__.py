"""Whom we play: the reference on real sockets.

A request is read (`http_reader`), answered by the reference (`conformance.reference.api`), and the answer is played
(`http_player`), so that it may break off anywhere. `replies` says what a client under test meets; `client` is a client
with habits for the judge of clients to be tried on.
"""
