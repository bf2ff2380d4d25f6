"""Serves the mock of openai-responses on a socket: it catches what its own process asks, so requests are passed to it.

python docs/results/servers/openai_responses_server.py 4023

The mock has no model. What a test of its user would do is done here: a run asks for a call of each of its functions as
soon as it was created, and is completed once outputs have come.
"""

import re
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
from openai.types.beta.threads.run import RequiredAction
from openai_responses import OpenAIMock
from respx.models import AllMockedAssertionError

#: Where the mock answers: every request of httpx to it is caught.
API = "https://api.openai.com"

MOCK = OpenAIMock()


def play(path: str, answer: httpx.Response) -> None:
    """Do to a run what a model would, once its creation or a submission was answered."""
    runs = MOCK.state.beta.threads.runs
    if answer.is_success and path.endswith("/runs"):
        run = runs.get(answer.json()["id"])
        calls = [
            {
                "id": f"call_{run.id}_{number}",
                "type": "function",
                "function": {"name": tool.function.name, "arguments": '{"place": "Reykjavik"}'},
            }
            for number, tool in enumerate(run.tools)
        ]
        run.status = "requires_action"
        run.required_action = RequiredAction.model_validate(
            {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}
        )
        runs.put(run)
    submitted = re.fullmatch(r".*/runs/([^/]+)/submit_tool_outputs", path)
    if answer.is_success and submitted is not None:
        run = runs.get(submitted[1])
        run.status, run.required_action = "completed", None
        runs.put(run)


class Relay(BaseHTTPRequestHandler):
    """Asks the mock what it was asked, and passes its answer on."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """One request through httpx, whose answer is the mock's."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        try:
            answer = httpx.request(self.command, API + self.path, headers=headers, content=body)
        except AllMockedAssertionError:  # the mock has no such route
            answer = httpx.Response(404)
        if self.command == "POST":
            play(self.path.partition("?")[0], answer)
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = answer  # noqa: N815 - the names of http.server

    def log_message(self, format: str, *words: object) -> None:
        """Say nothing."""


with MOCK.router:
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Relay).serve_forever()
