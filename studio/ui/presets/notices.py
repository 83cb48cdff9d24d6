"""Shows news of presets in the window that is looked at: the library's, or the main one."""

from PySide6.QtGui import QAction

from studio.ui.widgets.notice_bar import NoticeBar


class PresetNotices:
    """Speaks through one of two notice bars.

    Attributes:
        library: The library's, once that window was made.

    Args:
        main: The main window's.
    """

    def __init__(self, main: NoticeBar) -> None:
        self._main = main
        self.library: NoticeBar | None = None

    def report(self, message: str, action: QAction | None = None, *, is_error: bool = True) -> None:
        """Show a message, with a button for `action` where there is a way on.

        Args:
            message: For the writer.
            action: The way on; None for none.
            is_error: Whether something failed.
        """
        bar = self._main
        # Not whether the library is the active window: behind a dialog just closed none is yet.
        if self.library and self.library.window().isVisible():
            bar = self._main if self._main.window().isActiveWindow() else self.library
        bar.report(message, action, is_error=is_error)

    def report_anew(self, message: str, action: QAction) -> None:
        """Say otherwise what was reported with this way on, where it can still be seen.

        Args:
            message: For the writer.
            action: The way on of the message that it replaces.
        """
        for bar in (self._main, self.library):
            if bar and bar.action is action:
                bar.report(message, action, is_error=False)

    def withdraw(self, *actions: QAction) -> None:
        """Hide a message whose way on was one of these: it is no longer true."""
        for bar in (self._main, self.library):
            if bar:
                bar.withdraw(*actions)
