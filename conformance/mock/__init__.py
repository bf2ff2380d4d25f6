"""Whom we play: the reference server, a small but complete Assistants API on real sockets.

A request is read (`http_reader`), answered (`api`, `routes`, `handlers`) from what the server keeps (`state`, `runs`),
by the rules of a submission (`submission`) and the words of a model (`scripted_model`). The answer is planned whole as
a `Response` before its first byte is played (`http_player`), so that it may break off anywhere.
"""
