"""The command: reads its words, calls one command, and turns every error into one message and an exit code."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

from conformance.errors import DEBUG, ConformanceError, OwnError, UsageError
from conformance.targets.interruption import INTERRUPTED, interrupting


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code, and never shows a traceback unless CONFORMANCE_DEBUG is set.

    Without `words` it is the program that a shell has started, and the process ends with it.
    """
    try:
        if words is None:
            _open_streams()
        with interrupting():
            return _code(sys.argv[1:] if words is None else words)
    except KeyboardInterrupt as interrupt:
        _say(f"conformance: {str(interrupt) or INTERRUPTED}")
        return 2
    finally:
        if words is None and threading.current_thread() is threading.main_thread():
            # The exit code is known: an interrupt from now on has nothing to say.
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def _code(words: Sequence[str]) -> int:
    try:
        try:
            return _run(words)
        finally:
            sys.stdout.flush()  # here, where it can still be reported that nothing was written
    except ConformanceError as error:
        return _report(error)
    except BrokenPipeError:
        # Whoever read has read enough; nothing more may be written, not even at exit.
        _silence()
        return 2
    except Exception as slip:
        if isinstance(slip, OSError) and slip.filename is None:
            return _unwritten(slip)
        if os.environ.get(DEBUG):
            raise
        return _report(OwnError.from_slip(slip))


def _run(words: Sequence[str]) -> int:
    # Loaded here, so that an interrupt meets nothing but this module on its way in.
    from conformance.commands.parser import parsed  # noqa: PLC0415

    arguments = parsed(words)
    return int(arguments.door(arguments))


def _report(error: ConformanceError) -> int:
    from conformance.report.plain import error_text  # noqa: PLC0415 - most runs have no error to report

    _say(error_text(error))
    return error.exit_code


def _unwritten(error: OSError) -> int:
    """Report that the output could not be written: of all files, only the standard streams have no name."""
    _silence()
    return _report(UsageError(f"cannot write the output: {error.strerror}", "Is the disk full? Redirect it elsewhere."))


def _say(message: str) -> None:
    """Print a message for people; the exit code says it too where they cannot be reached."""
    with suppress(OSError):
        print(message, file=sys.stderr, flush=True)


def _silence() -> None:
    """Let go of standard output, so that nothing is tried to be written at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_streams() -> None:
    """Put something in the place of streams that are closed: an error would be printed among verdicts, or nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123 - as long as the process
