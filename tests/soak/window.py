"""The program as it is started by its user, with somebody else's hand at it.

`python -P -m tests.soak.window FOLDER LOG [FILE]`: the real entry, the real engine's process.
"""

import faulthandler
import signal
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from studio import __main__ as entry
from studio.engine.messages import LoadOptions
from studio.ui import application as program
from studio.ui.main_window import MainWindow
from tests.soak.driver import Driver


def main(driver: type[Driver] = Driver) -> int:
    """Open the window, and hand it over; the exit status."""
    folder, log, *file = sys.argv[1:]
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1)  # the supervisor asks a window that answers no more
    make_window = program.make_window

    def watched(application: QApplication) -> MainWindow:
        window = make_window(application)
        # One thread each: two engines and a window share the cores with whatever else runs.
        window.session.model.options = LoadOptions(threads=1, context_size=2048)
        driver(window, Path(folder), Path(log))
        return window

    program.make_window = watched
    return entry.main(file)


if __name__ == "__main__":
    sys.exit(main())
