"""Servers on loopback sockets for these tests: one that does anything to a connection, one that is a small API."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from conformance.tests.contract.documents import altered
from conformance.tests.pace import limit

Handler = Callable[[socket.socket, bytes], None]


class RawServer:
    """Reads one request from each connection, hands it to `handler`, and closes. Threads are joined at the end."""

    def __init__(self, handler: Handler) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.closing = threading.Event()
        self._handler = handler
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(limit())
            assert not thread.is_alive()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(limit())
            request = _read_request(connection)
            self.requests.append(request)
            if request:
                self._handler(connection, request)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    while length and len(body) < int(length[1]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(status: int, body: bytes | str | object, *headers: str, content_type: str = "application/json") -> bytes:
    """A whole, well-formed answer; anything but bytes and text is sent as JSON."""
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Status", f"Content-Type: {content_type}", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def static(connection: socket.socket, request: bytes) -> None:
    """A mock without state: every submission is answered by a run, anything else by 404."""
    named = re.match(rb"POST \S*/threads/([^/ ]+)/runs/([^/ ]+)/submit_tool_outputs[ ?]", request)
    if named is None:
        connection.sendall(refuse(404))
        return
    thread, run = (name.decode() for name in named.groups())
    connection.sendall(answer(200, altered("RunObject", id=run, thread_id=thread)))


class SmallApi:
    """Just enough of the API to provision runs; `changes` replace answers by (method, pattern of the path)."""

    def __init__(self, calls: list[Any] | None = None, *, creates: int = 200, key: str = "") -> None:
        self.calls = calls
        self.creates = creates
        self.key = key
        self.threads: dict[str, str] = {}
        self.seen: list[tuple[str, str]] = []
        self.runs: dict[str, str] = {}
        self.changes: dict[tuple[str, str], Callable[[str, bytes], bytes]] = {}
        self._count = 0
        self._tools: dict[str, int] = {}
        self._run_tools: dict[str, int] = {}
        self._lock = threading.Lock()

    def __call__(self, connection: socket.socket, request: bytes) -> None:
        line, _, _ = request.partition(b"\r\n")
        method, target, _ = line.decode().split(" ")
        path = target.removeprefix("/v1").partition("?")[0]
        body = request.partition(b"\r\n\r\n")[2]
        with self._lock:
            self.seen.append((method, path))
            reply = self._reply(method, path, body) if self.key.encode() in request else refuse(401)
        connection.sendall(reply)

    def _reply(self, method: str, path: str, body: bytes) -> bytes:
        for (wanted, pattern), change in self.changes.items():
            if wanted == method and re.fullmatch(pattern, path):
                return change(path, body)
        if method == "DELETE" and "/submit" not in path:
            return answer(200, {"deleted": True})
        if path.count("/") > 3 and self.threads.get(path.split("/")[4], path.split("/")[2]) != path.split("/")[2]:
            return refuse(404)
        if method == "POST" and path.endswith("/submit_tool_outputs"):
            return self._submit(path.split("/")[4], body)
        return self._create(path, body) if method == "POST" else self._look(path)

    def _look(self, path: str) -> bytes:
        run_id = path.split("/")[4] if path.count("/") > 3 else ""
        if path.endswith("/messages"):
            return answer(200, {"data": []})
        if run_id not in self.runs:
            return refuse(404)
        return answer(200, {"data": self._steps(run_id)} if path.endswith("/steps") else self._run(run_id))

    def _create(self, path: str, body: bytes) -> bytes:
        if path.endswith("/cancel"):
            self.runs[path.split("/")[4]] = "cancelled"
            return answer(200, {"status": "cancelled"})
        self._count += 1
        kind = path.rsplit("/", 1)[1].removesuffix("s")
        created = {"id": f"{kind}_{self._count}"}
        if kind == "assistant":
            self._tools[created["id"]] = len(json.loads(body)["tools"])
        if kind == "run":
            self.runs[created["id"]] = "requires_action"
            self.threads[created["id"]] = path.split("/")[2]
            self._run_tools[created["id"]] = self._tools[json.loads(body)["assistant_id"]]
            created |= self._run(created["id"])
        return answer(self.creates, created)

    def _ids(self, run_id: str) -> list[str]:
        return [f"call_{number}" for number in range(self._run_tools[run_id])]

    def _run(self, run_id: str) -> dict[str, Any]:
        calls = self.calls if self.calls is not None else [{"id": name} for name in self._ids(run_id)]
        waits = self.runs[run_id] == "requires_action"
        action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}
        return {"id": run_id, "status": self.runs[run_id], "required_action": action if waits else None}

    def _steps(self, run_id: str) -> list[Any]:
        calls = [{"id": name, "type": "function", "function": {"output": None}} for name in self._ids(run_id)]
        return [{"status": "in_progress", "step_details": {"type": "tool_calls", "tool_calls": calls}}]

    def _submit(self, run_id: str, body: bytes) -> bytes:
        try:
            document = json.loads(body)
            given = [item.get("tool_call_id") for item in document["tool_outputs"]]
            texts = all(isinstance(item["output"], str) for item in document["tool_outputs"])
        except (ValueError, KeyError):
            return refuse(400)
        if (
            self.runs.get(run_id) != "requires_action"
            or not texts
            or len(document) > 2
            or sorted(map(str, given)) != sorted(self._ids(run_id))
        ):
            return refuse(400)
        self.runs[run_id] = "completed"
        return answer(200, {"id": run_id, "status": "queued"})


def refuse(status: int) -> bytes:
    return answer(status, {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}})
