"""Which colours are in force: the desktop's choice of light or dark, or the writer's own.

A `Theme` is made once, where the application is put together, and handed to whatever paints. It
does not know any widget; painters read `Theme.colors` and repaint on `Theme.changed`.
"""

from typing import Literal, get_args

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from studio.ui.theme.colors import DARK, LIGHT, Colors
from studio.ui.theme.style import menu_palette, palette, stylesheet

Appearance = Literal["system", "light", "dark"]

_SCHEMES: dict[Appearance, Qt.ColorScheme] = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}


class Theme(QObject):
    """The colours in force, applied to the whole application.

    With the appearance ``system`` it follows the desktop, also when the desktop changes while the
    program runs; ``light`` and ``dark`` stay as they are.

    Args:
        application: What the palette and the stylesheet are set on.
        appearance: ``system``, ``light`` or ``dark``.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """The colours are others now; emitted after palette and stylesheet are in place."""

    def __init__(
        self,
        application: QApplication,
        appearance: Appearance = "system",
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._application = application
        # Platform styles draw around a stylesheet each in its own way; Fusion is the one that
        # looks the same everywhere.
        application.setStyle("Fusion")
        self._appearance: Appearance = appearance
        self._colors: Colors | None = None
        application.styleHints().colorSchemeChanged.connect(self._refresh)
        self.set_appearance(appearance)

    @property
    def colors(self) -> Colors:
        """The colours in force."""
        assert self._colors is not None, "set_appearance() ran in the constructor"
        return self._colors

    @property
    def appearance(self) -> Appearance:
        """What was asked for: ``system``, ``light`` or ``dark``."""
        return self._appearance

    def set_appearance(self, appearance: Appearance) -> None:
        """Follow the desktop, or stay light or dark.

        Raises:
            ValueError: `appearance` is none of the three; what was in force stays.
        """
        if appearance not in get_args(Appearance):
            raise ValueError(
                f"appearance: found {appearance!r}; choose one of {', '.join(get_args(Appearance))}"
            )
        self._appearance = appearance
        # Qt passes this on to what it does not draw itself: title bars and native dialogs.
        self._application.styleHints().setColorScheme(_SCHEMES[appearance])
        self._refresh()

    def _refresh(self) -> None:
        colors = DARK if self._wants_dark() else LIGHT
        if colors is self._colors:
            return
        self._colors = colors
        self._application.setPalette(palette(colors))
        # The stubs ask for bytes, which PySide refuses.
        self._application.setPalette(menu_palette(colors), "QMenu")  # type: ignore[arg-type]
        self._application.setStyleSheet(stylesheet(colors))
        self.changed.emit()

    def _wants_dark(self) -> bool:
        if self._appearance != "system":
            return self._appearance == "dark"
        scheme = self._application.styleHints().colorScheme()
        if scheme != Qt.ColorScheme.Unknown:
            return scheme == Qt.ColorScheme.Dark
        # A desktop that does not say: its style's palette shows it. The application's palette
        # would not do, for it is the one set here.
        system = self._application.style().standardPalette()
        return system.color(QPalette.ColorRole.Window).lightness() < 128
