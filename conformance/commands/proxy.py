"""`conformance proxy`: run between a real client and a real server, and judge both."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from conformance.commands import verdicts
from conformance.commands.arguments import add_command, add_options, command_of, option_groups
from conformance.errors import ConformanceError, UsageError
from conformance.model import Finding, Role, Verdict
from conformance.report.plain import error_text, safe
from conformance.run import options, proxying, verdict_options
from conformance.run.known_secrets import known_secrets
from conformance.run.selection import selection
from conformance.targets.drivers import shown

#: The options of a target that say how the upstream is reached.
_REACHING = frozenset({"api-key-env", "header", "param", "ca-file"})

#: The options about verdicts that mean something of traffic, which is another each time.
_VERDICTS = frozenset({"strict", "out", "requirements", "known-failures"})

#: The forms of a report that hold one side alone.
_ONE_DOCUMENT = frozenset({"junit", "html", "sarif", "badge"})


USAGE = "--upstream URL [options] [-- COMMAND ...]"
EXAMPLES = (
    "conformance proxy --upstream http://127.0.0.1:8000/v1 -- python my_application.py",
    "conformance proxy --upstream http://127.0.0.1:8000/v1 --port 8080 --for 60 --out proxied",
)
DOCS = "docs/proxy.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where it stands, how the upstream is reached, what becomes of the verdicts, and the command."""
    groups = option_groups(parser, (options.TARGETS, options.SELECTION, options.OUTPUT, options.GATING))
    target = groups[options.TARGETS]
    target.add_argument(
        "--upstream", required=True, metavar="URL", help="the server to pass requests on to, such as https://host/v1"
    )
    target.add_argument("--port", type=int, default=0, metavar="N", help="the port to listen on (default: a free one)")
    target.add_argument(
        "--for", dest="seconds", type=float, metavar="SECONDS", help="end after this time (default: on Ctrl-C)"
    )
    add_options(groups, (option for option in options.TARGET if option.name in _REACHING))
    verdicts.add_arguments(groups, _VERDICTS)
    add_command(parser, "the client to run; it gets the address of the proxy in OPENAI_BASE_URL")


def run(arguments: argparse.Namespace) -> int:
    """Stand between until the command ends, the time is over, or an interrupt; the worst exit code of both sides."""
    said = options.given(vars(arguments))
    verdict_options.check(said)
    command = command_of(arguments)
    _check(arguments)
    session = proxying.Session(
        said,
        upstream=arguments.upstream,
        port=arguments.port,
        command=command,
        seconds=arguments.seconds,
        wanted=selection(arguments.selection) if arguments.selection else None,
        selection=arguments.selection or None,
        shows=verdicts.shows(arguments),
        told=_tell,
        failed=_fail,
    )
    with session:
        _announce(session.base_url, command, arguments.format)
        session.stand_between(_pass_on)
    done = session.finished()
    for note in done.notes:
        print(f"conformance: {safe(note)}", file=sys.stderr)
    for kept in done.kept:
        role = kept.report.profile.role.value
        if arguments.format == "text":
            verdicts.write(f"\n{role.upper()}\n")
        of_side = {} if arguments.out is None else {"out": f"{arguments.out}/{role}"}
        verdicts.show(kept.report, argparse.Namespace(**{**vars(arguments), **of_side}))
        if kept.unwritten is not None:
            raise kept.unwritten
    if arguments.out is not None:
        for where in done.written:
            print(f"conformance: wrote {verdicts.folder_shown(where)}", file=sys.stderr)
    return done.exit_code


def _check(arguments: argparse.Namespace) -> None:
    if not 0 <= arguments.port < 65536:
        raise UsageError(f"--port {arguments.port}: not a port", "Choose one from 1 to 65535, or 0 for any free one.")
    if arguments.seconds is not None and not 0 < arguments.seconds < float("inf"):
        raise UsageError(f"--for {arguments.seconds:g}: not a number of seconds above 0", "Write it as --for 60.")
    if arguments.format in _ONE_DOCUMENT:
        raise UsageError(
            f"--format {arguments.format} writes one document, and the proxy judges two sides",
            "Use --out DIR, which holds every format for each side.",
        )


def _announce(base_url: str, command: Sequence[str], form: str) -> None:
    if command:
        print(f"conformance: the proxy listens on {base_url}, for: {safe(shown(command))}", file=sys.stderr, flush=True)
        return
    # For programs, as the first line of `conformance mock`; JSON on standard output is verdicts alone.
    print(base_url, file=sys.stdout if form == "text" else sys.stderr, flush=True)
    said = "set OPENAI_BASE_URL of the client to this URL; press Ctrl-C to stop and to print the report"
    print(f"conformance: {said}", file=sys.stderr, flush=True)


def _pass_on(output: bytes) -> None:
    """What the command prints goes to standard error: standard output holds verdicts alone."""
    sys.stderr.buffer.write(output)
    sys.stderr.buffer.flush()


def _tell(name: str, role: Role, verdict: Verdict, finding: Finding) -> None:
    """One line for a failure or a warning, as it happens."""
    said = f"{safe(finding.message)}: expected {safe(finding.expected, 120)}, got {safe(finding.got, 120)}"
    print(
        f"{verdict.status.upper():4}  {role.value}  {name}  {verdict.requirement}  {said}", file=sys.stderr, flush=True
    )


def _fail(error: ConformanceError) -> None:
    print(error_text(error, known_secrets()), file=sys.stderr)
