"""The command: reads its words, calls one command, and turns every error into one message and an exit code.

An interrupt must never end in a traceback, and while modules are loaded it would: in Python, or in those of Rust, which
panic. So nothing is imported here that Python has not loaded anyway, and until a command runs that has something to
report or to remove, an interrupt ends the process as the system does.
"""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False  # by this name, type checkers take it for true; `typing` would have to be loaded
if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.errors import ConformanceError

#: What writing fails with where the place for it is full, or gone.
_UNWRITTEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code, and never shows a traceback unless CONFORMANCE_DEBUG is set.

    Without `words` it is the program that a shell has started, and the process ends with it.
    """
    try:
        if words is None:
            _open_streams()
            _end_when_interrupted()
        return _code(sys.argv[1:] if words is None else words)
    except KeyboardInterrupt as interrupt:
        _say(f"conformance: {str(interrupt) or 'interrupted from the keyboard'}")
        return 2
    finally:
        if words is None:
            _end_when_interrupted()


def _code(words: Sequence[str]) -> int:
    from conformance.errors import DEBUG, ConformanceError, OwnError, UsageError  # noqa: PLC0415 - see above

    try:
        try:
            return _run(words)
        finally:
            sys.stdout.flush()  # here, where it can still be reported that nothing was written
    except ConformanceError as error:
        return _report(error, words)
    except BrokenPipeError:
        # Whoever read has read enough; nothing more may be written, not even at exit.
        _silence()
        return 2
    except Exception as slip:
        if isinstance(slip, OSError) and slip.filename is None and slip.errno in _UNWRITTEN:
            return _unwritten(slip, words)
        if os.environ.get(DEBUG):
            raise
        if isinstance(slip, OSError) and slip.filename is not None and slip.errno == errno.ENAMETOOLONG:
            return _report(UsageError(f"{slip.filename}: {slip.strerror}"), words)
        return _report(OwnError.from_slip(slip), words)


def _run(words: Sequence[str]) -> int:
    from conformance.commands.parser import parsed  # noqa: PLC0415 - see above
    from conformance.errors import UsageError  # noqa: PLC0415 - see above

    try:
        arguments = parsed(words)
    except UsageError:
        _abandon(words)
        raise
    if not arguments.runs:
        return int(arguments.door(arguments))
    from conformance.targets.interruption import interrupting  # noqa: PLC0415 - see above

    with interrupting():
        return int(arguments.door(arguments))


def _abandon(words: Sequence[str]) -> None:
    """Let no folder of `--out` show an earlier run, where the words are too far off to tell what it should show."""
    from conformance.run import saving  # noqa: PLC0415 - most words are right

    saving.abandoned(words)


def _report(error: ConformanceError, words: Sequence[str]) -> int:
    from conformance.report.plain import error_text  # noqa: PLC0415 - most runs have no error to report
    from conformance.run.known_secrets import of_command_line  # noqa: PLC0415 - see above

    _say(error_text(error, of_command_line(words)))
    return error.exit_code


def _unwritten(error: OSError, words: Sequence[str]) -> int:
    """Report that the output could not be written: of all files, only the standard streams have no name."""
    from conformance.errors import UsageError  # noqa: PLC0415 - see above

    _silence()
    problem = UsageError(f"cannot write the output: {error.strerror}", "Is the disk full? Redirect it elsewhere.")
    return _report(problem, words)


def _say(message: str) -> None:
    """Print a message for people; the exit code says it too where they cannot be reached."""
    try:
        print(message, file=sys.stderr, flush=True)
    except OSError:
        return


def _silence() -> None:
    """Let go of standard output, so that nothing is tried to be written at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end_when_interrupted() -> None:
    """Let an interrupt end the process in silence, unless whoever started it wants interrupts to be ignored."""
    import signal  # noqa: PLC0415 - see above

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _open_streams() -> None:
    """Put something in the place of streams that are closed: an error would be printed among verdicts, or nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123 - as long as the process
