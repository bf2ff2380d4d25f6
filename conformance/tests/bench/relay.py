"""What standing between costs: the delay of an event, with one stream and with two hundred, and memory over many runs.

The proxy is a process of its own; the upstream and its clients are in this one, so that both ends have one clock. Each
event is followed by a comment that says when it was sent; what the same takes without the proxy is taken off. On a busy
machine the proxy mostly waits for a processor, which the direct path in one process does not: each row says how long.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from conformance.tests.bench.measured import Measured
from conformance.tests.bench.streams import Recorded, deltas

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

_SENT = re.compile(rb": sent (\S+)\n")

#: Events of a stream, and streams at once.
_EVENTS, _STREAMS = 40, 200

#: Seconds between two events: models write twenty pieces a second and more; of two hundred streams this machine has to
#: write and to read every event twice beside what is measured, so that they come at the rate of five a second.
_PACE, _SLOW = 0.05, 0.2


@cache
def _stream() -> Recorded:
    return deltas(_EVENTS)


def _blocks(run: bytes) -> list[bytes]:
    """The events of a legal answer about a run."""
    return [block + b"\n\n" for block in _stream().body.replace(b"run_1", run).split(b"\n\n") if block]


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pace: float) -> None:
    """Answer one submission by a stream whose events say when they were sent."""
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(re.findall(rb"(?i)content-length: *(\d+)", head)[0]))
    writer.write(_HEAD)
    for block in _blocks(re.findall(rb"/runs/(\w+)/", head)[0]):
        if pace:
            await asyncio.sleep(pace)
        said = block + b": sent %f\n\n" % perf_counter()
        writer.write(b"%x\r\n%s\r\n" % (len(said), said))
    writer.write(b"0\r\n\r\n")
    await writer.drain()
    writer.close()


async def _ask(port: int, number: int, delays: list[float]) -> None:
    """Submit to one run, and note how long each event took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = _stream().request
    path = f"/v1/threads/thread_{number}/runs/run_{number}/submit_tool_outputs"
    fields = f"Host: a\r\nContent-Type: application/json\r\nOpenAI-Beta: assistants=v2\r\nContent-Length: {len(body)}"
    writer.write(f"POST {path} HTTP/1.1\r\n{fields}\r\n\r\n".encode() + body)
    data = b""
    while not data.endswith(b"0\r\n\r\n"):
        piece = await reader.read(65536)
        now = perf_counter()
        assert piece
        delays += [now - float(sent) for sent in _SENT.findall(piece)]
        data = (data + piece)[-16:]
    writer.close()


async def _passed(streams: Sequence[int], pace: float, at_once: int) -> tuple[list[float], list[float], int, float]:
    """Delays of all events without the proxy and through it, the bytes it holds in the end, and how it `_waited`."""
    server = await asyncio.start_server(lambda r, w: _serve(r, w, pace), "127.0.0.1", 0, backlog=512)
    port = server.sockets[0].getsockname()[1]
    taken: list[list[float]] = []
    with _proxy(f"http://127.0.0.1:{port}/v1") as (through, process):
        for each in (port, through):
            delays: list[float] = []
            allowed = asyncio.Semaphore(at_once)

            async def one(
                number: int, to: int = each, into: list[float] = delays, few: asyncio.Semaphore = allowed
            ) -> None:
                await asyncio.sleep(pace * number / len(streams))  # events come in turn, not two hundred at once
                async with few:
                    await _ask(to, number, into)

            await asyncio.gather(*map(one, streams))
            taken.append(delays)
        held, waited = _held(process.pid), _waited(process.pid)
    server.close()
    return taken[0], taken[1], held, waited


@contextmanager
def _proxy(upstream: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A proxy as its users start it, and its port."""
    command = [sys.executable, "-m", "conformance", "proxy", f"--upstream={upstream}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline()
        yield int(re.findall(r":(\d+)/", base_url)[0]), process
        process.send_signal(signal.SIGINT)
        process.stdout.read()


def _waited(process: int) -> float:
    """How many times as long as it ran the relay's thread waited for a processor: what a busy machine adds."""
    rows = (each.read_text().split() for each in Path(f"/proc/{process}/task").glob("*/schedstat"))
    ran, waited = max((int(row[0]), int(row[1])) for row in rows)
    return waited / ran


def _held(process: int) -> int:
    """Bytes of a process that are in memory."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _added(name: str, streams: int, pace: float) -> Measured:
    direct, through, held, waited = asyncio.run(_passed(range(streams), pace, streams))
    added = (median(through) - median(direct)) * 1000
    nineties = [quantiles(delays, n=20)[-1] * 1000 for delays in (direct, through)]
    basis = (
        f"{len(through)} events, {median(direct) * 1000:.2f} ms direct, {median(through) * 1000:.2f} ms through; "
        f"95 of 100 within {nineties[0]:.1f} and {nineties[1]:.1f} ms; {held / 2**20:.0f} MB; "
        f"waited {waited:.1f} times as long for a processor as it ran"
    )
    return Measured(name, added, 2.0, basis)


def one_stream() -> Measured:
    return _added("ms added to an event, one stream", 1, _PACE)


def many_streams() -> Measured:
    return _added(f"ms added to an event, {_STREAMS} streams at once", _STREAMS, _SLOW)


def memory() -> Measured:
    """Ten times as many runs, one after the other and twenty at once, take no more memory but for their verdicts."""
    few, many = (asyncio.run(_passed(range(count), 0, 20))[2] for count in (100, 1000))
    basis = f"{few / 2**20:.0f} MB after 100 runs, {many / 2**20:.0f} MB after 1000"
    return Measured("memory of 1000 runs by that of 100", many / few, 1.5, basis)


MEASUREMENTS = (one_stream, many_streams, memory)
