"""Says in one line why no window can be opened, where Qt would abort the process.

Qt ends a process that reaches no display with abort(), after a page of advice to its packagers. Its
message handler is called before that, with the reason.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from studio.translation import mark, tr
from studio.visible_text import visible_line, visible_message

_WAY_ON = mark(
    "Without a window there are the commands generate, compare, presets and export: "
    "kelvin-studio --help"
)


@contextmanager
def display_check() -> Iterator[None]:
    """Within it a `QApplication` that finds no display ends the process with status 1."""
    said: list[str] = []

    def on_message(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        if kind is QtMsgType.QtFatalMsg:
            _end(said)
        said.append(text)

    former = qInstallMessageHandler(on_message)
    try:
        yield
    finally:
        qInstallMessageHandler(former)
    for text in said:
        print(visible_message(text), file=sys.stderr)


def _end(said: list[str]) -> NoReturn:
    """Ends the process; `exit` is no way out of Qt's code."""
    named = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    reason = next((text for text in said if "display" in text), said[0] if said else "")
    if not named and "QT_QPA_PLATFORM" not in os.environ:
        why = tr("DISPLAY and WAYLAND_DISPLAY are not set")
    else:
        why = visible_line(reason.strip()) or tr("Qt names no reason")
    print(
        tr("studio: no window can be opened here: {why}. {way_on}", why=why, way_on=tr(_WAY_ON)),
        file=sys.stderr,
        flush=True,
    )
    os._exit(1)
