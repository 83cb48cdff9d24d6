"""Runs one command of the command line, and ends it as a Unix program ends.

Status 0 is success, 1 a failure, 2 a wrong call; 130 an interrupt, 143 and 129 the end of a session
or a terminal (128 and the signal's number).
"""

import importlib
import sys
from collections.abc import Sequence

from studio.commands.end_signals import EndSignals
from studio.commands.standard_streams import OutputError, standard_streams


def run(name: str, arguments: Sequence[str]) -> int:
    """Runs the command called `name` with its own arguments; the exit status.

    Args:
        name: The command's name.
        arguments: What stands behind it on the command line.
    """
    # Until the command sees to them itself.
    signals = EndSignals(_unwind)
    try:
        with standard_streams():
            try:
                # Only now: an interrupt during imports, half a second, ends without a traceback.
                module = name.replace("-", "_")
                command = importlib.import_module(f"studio.commands.{module}")
                if signals.status:  # C code that is imported may swallow what is raised
                    return signals.status
                return int(command.main(arguments))
            except SystemExit as end:  # argparse's way out
                if end.code is None or isinstance(end.code, int):
                    return end.code or 0
                print(end.code, file=sys.stderr)
                return 1
    except KeyboardInterrupt:
        return signals.status
    except BrokenPipeError:
        # The reader has had enough (`| head`).
        return 0
    except OutputError as error:
        if sys.stderr is not None:
            print(f"studio {name}: the output could not be written: {error}", file=sys.stderr)
        return 1
    finally:
        signals.restore()


def _unwind() -> None:
    raise KeyboardInterrupt
