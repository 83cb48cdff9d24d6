"""The composition root: builds everything, injects it, runs the event loop."""

import gc
import locale
import logging
import os
import sys
from pathlib import Path

from PySide6.QtCore import QLocale, QSettings, Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QApplication
from shiboken6 import createdByPython

from studio import __version__
from studio.app import settings as remembered
from studio.app.engine_line.process import end_without_unkillable
from studio.app.file_kinds import FileKind, kind_of
from studio.app.language import speak
from studio.app.log.program_log import follow_qt, leave_qt, start_log
from studio.app.model.remembered_options import load_options
from studio.app.session import Session
from studio.app.settings import Settings
from studio.app.signal_watch import SignalWatch
from studio.app.writing.rescue import Rescue
from studio.engine.messages import is_server
from studio.engine.model_files.starter_model import find_starter_model
from studio.in_place import restore_torn
from studio.manuscript import ManuscriptFileError, TextFile, read_text_stream
from studio.path_checks import is_file, is_folder
from studio.resource_files import resource
from studio.standard_input import STANDARD_STREAM, standard_input
from studio.translation import mark, tr
from studio.ui.display_check import display_check
from studio.ui.ending import Ending
from studio.ui.main_window import MainWindow
from studio.ui.theme.theme import Appearance, Theme
from studio.ui.widgets.tips import TipsGoAsOneTypes
from studio.visible_text import visible_line

_SWITCH_SECONDS = 0.0005
"""A tenth of what Python has: see `make_application`."""

_log = logging.getLogger(__name__)

NO_MODEL = mark(
    "No model is installed. Open a GGUF file (Ctrl+Shift+O), drop one on this window, or install "
    "the starter model with “python3 packaging/bootstrap.py run”."
)


def main(file: str | None = None) -> int:
    """Open the window and run until it is closed; the exit status.

    Args:
        file: a manuscript or a model to open; `STANDARD_STREAM` for a text that is piped in.
    """
    try:
        # Before there is a window, which would stand still until the pipe ends.
        first = _read_input() if file == STANDARD_STREAM else Path(file) if file else None
    except ManuscriptFileError as error:
        print(f"studio: {visible_line(str(error), 500)}", file=sys.stderr)
        return 1
    application = make_application()
    log = start_log(application.platformName())
    follow_qt()
    # Before there is an engine: from then on the system's signals have something to put in order.
    signals = SignalWatch()
    window = make_window(application)
    window.started.connect(log.begin)
    window.started.connect(lambda: _clean_up(window))
    Ending(application, window, signals)
    show(window)
    open_first(window, first)
    status = application.exec()
    signals.close()
    _leave_text_alone(application)
    _log.info("ended, status %d", status)
    leave_qt()
    logging.shutdown()
    end_without_unkillable(status)
    return status


def _leave_text_alone(application: QApplication) -> None:
    """Leave on the clipboard only the text of what was copied here, which is Qt's own.

    What Python has made must not outlast it: some of Qt's platforms, the one without a screen among
    them, take the clipboard down last, and that ended the process by a segmentation fault.
    """
    clipboard = application.clipboard()
    held = clipboard.mimeData()
    if held and createdByPython(held):
        clipboard.setText(clipboard.text())


def make_application() -> QApplication:
    """Qt's application object, with what must be set around it."""
    QApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    # Another thread that keeps or reads a long document has Python for so long at a time; a key
    # asks for it a dozen times until it is painted.
    sys.setswitchinterval(_SWITCH_SECONDS)
    _keep_dialogs_off_the_disk()
    with display_check():
        application = QApplication(sys.argv[:1])
    speak(QLocale.system())
    # The user's locale reached the C library with QApplication: C code would read "0.75" as 0.
    locale.setlocale(locale.LC_NUMERIC, "C")
    # In every locale the program's parts stand from left to right, and its numbers and dates are as
    # English has them, whose sentences they stand in. What is typed has a direction of its own.
    application.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    spoken = QLocale.c()
    spoken.setNumberOptions(QLocale.NumberOption.DefaultNumberOptions)  # 4,096
    QLocale.setDefault(spoken)
    application.setApplicationName("Kelvin Studio")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("kelvin-studio")
    icon = QPixmap()
    icon.loadFromData(resource("icons", "kelvin-studio.svg").read_bytes())
    application.setWindowIcon(QIcon(icon))
    return application


def _keep_dialogs_off_the_disk() -> None:
    """Have Qt's own file dialog remember its columns where that waits for no disk.

    It writes what it remembers as it closes, and the window stands still until the disk has it: for
    tenths of a second, for seconds where that is busy. The session's folder is in memory.
    """
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    if sys.platform == "linux" and is_folder(Path(folder)) and Path(folder).is_absolute():
        QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, folder)


def make_window(application: QApplication) -> MainWindow:
    """The window with its session, nothing loaded yet."""
    settings = Settings()
    theme = Theme(
        application,
        _appearance(settings),
        zoom=settings.get(remembered.ZOOM),
        face="sans" if settings.get(remembered.FACE) == "sans" else "serif",
    )
    session = Session(settings.get(remembered.CHOSEN_PRESET))
    with theme.styled_at_the_end():
        window = MainWindow(session, theme, settings, find_starter_model())
    TipsGoAsOneTypes(application, window)
    theme.setParent(window)
    session.setParent(window)
    rescue = Rescue(session.recovery.keep_and_wait, window)
    # Not at once: the mistake may be in the middle of a layout, and a notice lays out anew.
    rescue.happened.connect(window.notice.report, Qt.ConnectionType.QueuedConnection)
    rescue.install()
    session.model.options = load_options(settings)
    return window


def show(window: MainWindow) -> None:
    """Show the window; once it stands, have Python's collector begin, which `__main__` put off.

    What imports and widgets have made stays to the end: the collector need not look through it
    again and again while text is written.
    """

    def begin_collecting() -> None:
        gc.freeze()
        gc.enable()

    window.started.connect(begin_collecting)
    window.show()


def open_first(window: MainWindow, file: Path | TextFile | None) -> None:
    """Open `file`, what was not saved, and a model: that given, the last, or the starter model.

    What is given is shown on its page. Where it is no manuscript, the last one is opened beside it.

    Args:
        window: Where.
        file: A file of any kind; or a text without one, which becomes an unsaved manuscript.
    """
    # Before one of them is opened.
    torn = restore_torn()
    opens_last = file is None or (
        isinstance(file, Path) and kind_of(file) is not FileKind.MANUSCRIPT
    )
    if not opens_last:
        window.files.restore_tabs()
    if file is not None:
        # Not the page of the last time; a comparison turns to its own when it is read.
        window.compare.show(False)
    if isinstance(file, TextFile):
        window.files.begin_with(file, tr("the input"))
    elif file is not None:
        window.open_path(file)
    if opens_last:
        window.files.open_last()
    window.recovery_offer.make()
    _open_model(window)
    if torn:
        window.notice.report("\n".join(torn))


def _clean_up(window: MainWindow) -> None:
    from studio.app.stale_file_cleanup import clean_up  # the window stands, and can wait for it

    clean_up(window.settings)


def _open_model(window: MainWindow) -> None:
    """Open the last model, or the starter model, where none is open."""
    model = window.session.model
    if model.path:
        return
    last = window.settings.get(remembered.MODEL)
    starter = find_starter_model()
    if is_server(last):
        window.library.opening.start(None)
        model.open(last)
        return
    path = Path(last) if last and is_file(Path(last)) else starter
    window.library.opening.start(path)
    if path:
        model.open_first(str(path), str(starter or ""))
    else:
        window.notice.report(tr(NO_MODEL), window.actions_.open_model)


def _read_input() -> TextFile:
    try:
        return read_text_stream(standard_input(), tr("the input"))
    except ValueError as error:
        raise ManuscriptFileError(Path(STANDARD_STREAM), str(error)) from None


def _appearance(settings: Settings) -> Appearance:
    match settings.get(remembered.APPEARANCE):
        case "light":
            return "light"
        case "dark":
            return "dark"
        case _:
            return "system"
