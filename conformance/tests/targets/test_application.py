"""An application of one's own environment, served for a run: by either protocol, or not, and why."""

from __future__ import annotations

import re
import shutil
import socket
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from conformance.mock.server import Mock
from conformance.run import baseline
from conformance.targets import application
from conformance.targets.application import NoApplication, load, protocol, serve_asgi
from conformance.tests.commands import CHECKOUT, conformance
from conformance.tests.targets import applications

#: Where the applications of these tests are.
HERE = applications.__name__

needs_uvicorn = pytest.mark.skipif(find_spec("uvicorn") is None, reason="uvicorn is not installed")


@pytest.mark.parametrize("name", ["wsgi", pytest.param("asgi", marks=needs_uvicorn)])
def test_an_application_is_served_and_judged(name: str) -> None:
    judged = conformance("server", "--app", f"{HERE}:{name}", "-k", "stream-one-call", "--format", "text")
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert judged.stdout.startswith(f"PASS  {HERE}:{name}  ")
    assert f"conformance server --app={HERE}:{name} " in judged.stdout


def test_the_path_of_the_base_url_is_where_it_has_the_api() -> None:
    judged = conformance("server", "--app", f"{HERE}:wsgi", "--base-url", "http://localhost/api", "-k", "json-one-call")
    assert judged.returncode == 5
    assert "POST /api/threads was answered 404" in judged.stderr
    assert "Did you mean http://127.0.0.1:" in judged.stderr


def test_what_cannot_be_imported_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "conformance").mkdir()
    (tmp_path / "broken.py").write_text("print('I begin')\nimport no_such_module\n")
    judged = conformance("server", "--app", "broken:app", "-k", "json-one-call", cwd=tmp_path)
    assert judged.returncode == 5
    assert "the application broken:app ended with exit code 1" in judged.stderr
    assert judged.stderr.count("ModuleNotFoundError: No module named 'no_such_module'") == 1
    assert "Traceback" not in judged.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--app", "calc"), "--app 'calc': no MODULE:NAME"),
        (("--app", "calc:"), "--app 'calc:': no MODULE:NAME"),
        (("--app", "a:b", "--serve", "true"), "--app and --serve start a server each"),
        (("--app", "a:b", "--base-url", "http://api.example.org/v1"), "--base-url names another server"),
        (("--app", "a:b", "--base-url", "https://127.0.0.1/v1"), "--base-url names another server"),
        (("--app", "a:b", "--wait", "-1"), "--wait -1: invalid number of seconds"),
    ],
)
def test_what_cannot_be_meant_is_refused(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    for command in (("server",), ("record", "--out", str(tmp_path / "recorded"))):
        refused = conformance(*command, *words)
        assert (refused.returncode, message in refused.stderr) == (4, True), refused.stderr


class Spoken:
    """An application that is an object."""

    async def __call__(self, scope: object, receive: object, send: object) -> None: ...


class Written:
    """An application that is an object, of the older kind."""

    def __call__(self, environ: object, start_response: object, more: object = None) -> list[bytes]:
        return []


async def bound(_: object, scope: object, receive: object, send: object) -> None: ...


def wrapped(*words: object, **more: object) -> list[bytes]:
    return []


@pytest.mark.parametrize(
    ("speaks", "expected"),
    [
        (applications.asgi, "ASGI"),
        (Spoken(), "ASGI"),
        (partial(bound, None), "ASGI"),
        (lambda scope, receive, send: None, "ASGI"),
        (lambda scope: Spoken(), "ASGI"),
        (applications.wsgi, "WSGI"),
        (Written(), "WSGI"),
        (wrapped, "WSGI"),
    ],
)
def test_the_protocol_is_known_by_the_call(speaks: Any, expected: str) -> None:
    assert protocol(speaks) == expected


def test_what_makes_an_application_is_none() -> None:
    with pytest.raises(NoApplication, match="takes 0 parameters; what makes an application is not one"):
        protocol(applications.make)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("no_such_module:app", "ModuleNotFoundError: No module named 'no_such_module'"),
        (f"{HERE}:nothing", f"AttributeError: module '{HERE}' has no attribute 'nothing'"),
        (f"{HERE}:PAGES", "is no application: its type is str"),
        ("odd_syntax:app", r"SyntaxError: .*odd_syntax.py, line 2"),
        ("odd_ending:app", "the module odd_ending ended the program: exit code 3"),
    ],
)
def test_what_is_not_there_is_said(named: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "odd_syntax.py").write_text("\ndef app(:\n")
    (tmp_path / "odd_ending.py").write_text("import sys\nsys.exit(3)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(NoApplication, match=message):
        load(named)


def test_without_uvicorn_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(NoApplication, match="needs uvicorn, which is not installed: pip install uvicorn"):
        serve_asgi(applications.asgi, 0)


def test_what_serves_imports_nothing_of_the_suite() -> None:
    """It is started by its path, and shares no module with what judges."""
    assert "import conformance" not in Path(application.__file__).read_text()
    assert "from conformance" not in Path(application.__file__).read_text()


def test_the_baseline_of_an_application_is_named_for_it() -> None:
    assert baseline.folder_of("kept", {"kind": "application", "name": "my_package.api:app"}) == Path(
        "kept", "my-package-api-app"
    )


#: A handler as runtimes of JavaScript have it, before a server elsewhere.
HANDLER = """
export default async (request) => {
  const { pathname, search } = new URL(request.url);
  const headers = ["content-type", "openai-beta"].map((name) => [name, request.headers.get(name) ?? ""]);
  const body = request.body && (await request.text());
  return fetch("ORIGIN" + pathname + search, { method: request.method, headers, body });
};
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_lines_around_a_handler_of_javascript_serve_it(tmp_path: Path) -> None:
    page = (CHECKOUT / "docs" / "servers.md").read_text("utf-8")
    (lines,) = re.findall(r"`serve\.mjs`:\n\n```js\n(.*?)```", page, re.DOTALL)
    with Mock() as mock, socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
        (tmp_path / "handler.mjs").write_text(HANDLER.replace("ORIGIN", mock.origin))
        (tmp_path / "serve.mjs").write_text(lines.replace("8080", str(port)))
        free.close()
        judged = conformance(
            "server", f"--base-url=http://127.0.0.1:{port}/v1", "--serve=node serve.mjs", "-k", "stream-one-call",
            cwd=tmp_path,
        )  # fmt: skip
    assert judged.returncode == 0, judged.stdout + judged.stderr
