"""Gateways of others, with the files that the documentation shows: what each departs from is what the page says."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from conformance.tests.commands import CHECKOUT, conformance
from conformance.tests.test_cli_gateway import base_url, free_port

pytestmark = pytest.mark.real

FILES = CHECKOUT / "docs" / "drivers" / "gateways"

#: Scenarios in which the gateways differ.
SOME = ("relay-streamed", "relay-paced-short", "relay-leaves")

#: File -> the requirements that it departs from in these.
NGINX: dict[str, set[str]] = {
    "nginx-as-it-comes.conf": {"relay.flows", "relay.prompt", "relay.version"},
    "nginx.conf": set(),
}
HAPROXY: dict[str, set[str]] = {"option abortonclose": set(), "no option abortonclose": {"relay.client-left"}}
HTTP_PROXY: dict[str, set[str]] = {"http-proxy-as-it-comes.cjs": {"relay.client-left"}, "http-proxy.cjs": set()}

#: Seconds for installing a package.
PATIENCE = 300


def departed(port: int, upstream: int, *command: str) -> set[str]:
    """What a gateway at a port, which passes on to another one, departs from."""
    words = [word for name in SOME for word in ("--scenario", name)]
    done = conformance(
        "gateway", "--base-url", base_url(port), "--listen", f"127.0.0.1:{upstream}", *words, "--format", "json",
        "--", *command,
    )  # fmt: skip
    subjects = [json.loads(line) for line in done.stdout.splitlines()]
    assert [subject["scenario"] for subject in subjects if subject["scenario"]] == list(SOME), done.stderr
    found = [row for subject in subjects for row in subject["verdicts"]]
    assert not [row for row in found if row["status"] == "error"]
    return {row["requirement"] for row in found if row["status"] in ("fail", "warn")}


def written(file: str, folder: Path, port: int, upstream: int) -> Path:
    """A file of the documentation with other ports, in a folder."""
    words = (FILES / file).read_text("utf-8")
    there = folder / file
    there.write_text(words.replace(":8080", f":{port}").replace(":9000", f":{upstream}"), encoding="utf-8")
    return there


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
@pytest.mark.parametrize("file", NGINX)
def test_nginx_departs_as_the_page_says(file: str, tmp_path: Path) -> None:
    port, upstream = free_port(), free_port()
    there = written(file, tmp_path, port, upstream)
    assert departed(port, upstream, "nginx", "-p", str(tmp_path), "-c", str(there)) == NGINX[file]


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="HAProxy is not installed")
@pytest.mark.parametrize("option", HAPROXY)
def test_haproxy_departs_as_the_page_says(option: str, tmp_path: Path) -> None:
    port, upstream = free_port(), free_port()
    there = written("haproxy.cfg", tmp_path, port, upstream)
    there.write_text(there.read_text("utf-8").replace("option abortonclose", option), encoding="utf-8")
    assert departed(port, upstream, "haproxy", "-f", str(there)) == HAPROXY[option]


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where http-proxy is installed."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("npm")
    words = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "http-proxy@1.18.1"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode:
        pytest.skip(f"npm could not install http-proxy: {done.stderr.strip()[-200:]}")
    return folder / "node_modules"


@pytest.mark.parametrize("file", HTTP_PROXY)
def test_http_proxy_departs_as_the_page_says(file: str, modules: Path) -> None:
    port, upstream = free_port(), free_port()
    command = ("env", f"PORT={port}", f"NODE_PATH={modules}", "node", str(FILES / file))
    assert departed(port, upstream, *command) == HTTP_PROXY[file]
