"""A command of the command line in this process, which is over before another one has started."""

import io
import os
from contextlib import redirect_stderr, redirect_stdout
from subprocess import CompletedProcess

from studio.commands import entry


def run_here(name: str, *arguments: str | bytes) -> CompletedProcess[bytes]:
    """Run a command as `python -m studio` does: its status, and what it prints into pipes.

    What a system does to a process (signals, streams that close, an interpreter's start and end)
    needs one: tests/commands/test_unix.py.

    Args:
        name: The command's name.
        arguments: What stands behind it on the command line.
    """
    given = [os.fsdecode(argument) for argument in arguments]
    output, messages = io.BytesIO(), io.BytesIO()
    # As in a locale that knows no more.
    out = io.TextIOWrapper(output, encoding="ascii")
    err = io.TextIOWrapper(messages, encoding="utf-8", errors="backslashreplace")
    with redirect_stdout(out), redirect_stderr(err):
        status = entry.run(name, given)
    out.flush()
    err.flush()
    assert b"Traceback" not in messages.getvalue(), messages.getvalue().decode()
    return CompletedProcess([name, *given], status, output.getvalue(), messages.getvalue())


def run_here_as_text(name: str, *arguments: str) -> CompletedProcess[str]:
    """The same, with what it prints as text.

    Args:
        name: The command's name.
        arguments: What stands behind it on the command line.
    """
    done = run_here(name, *arguments)
    return CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
