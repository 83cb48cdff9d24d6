"""Which colours and letters are in force: the desktop's choice, or the writer's own.

A `Theme` is made once, where the application is put together, and handed to whatever paints.
Painters read `Theme.colors` and repaint on `Theme.changed`. The interface's font is the
application's, so a zoom reaches widgets as a change of their font; what shows prose gives its
document `Theme.prose_font`, again on `Theme.prose_changed`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, get_args

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from studio.app.settings import LARGEST_ZOOM, SMALLEST_ZOOM
from studio.collector import collector_paused
from studio.ui.theme.colors import DARK, LIGHT, Colors
from studio.ui.theme.faces import Face, load_faces
from studio.ui.theme.spacing import space_anew
from studio.ui.theme.style import menu_palette, palette, stylesheet
from studio.ui.theme.type_scale import Role, interface_font, prose_font

Appearance = Literal["system", "light", "dark"]

_SCHEMES: dict[Appearance, Qt.ColorScheme] = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}


class Theme(QObject):
    """The colours and fonts in force, applied to the whole application.

    With the appearance ``system`` it follows the desktop, also when the desktop changes while the
    program runs; ``light`` and ``dark`` stay as they are.

    Args:
        application: What font, palette and stylesheet are set on.
        appearance: ``system``, ``light`` or ``dark``.
        parent: The Qt parent, if any.
        zoom: Steps by which everything is larger than at 100 %, or smaller if negative.
        face: What prose is set in.
    """

    changed = Signal()
    """The colours are others now; emitted after palette and stylesheet are in place."""

    prose_changed = Signal()
    """Prose has another face or size now."""

    zoom_changed = Signal(int)
    """Everything is so many steps larger than at 100 %; the application's font is in place."""

    def __init__(
        self,
        application: QApplication,
        appearance: Appearance = "system",
        parent: QObject | None = None,
        *,
        zoom: int = 0,
        face: Face = "serif",
    ) -> None:
        super().__init__(parent)
        self._application = application
        load_faces()
        # The application's font is the one set here; the desktop's is what its platform says.
        self._system_font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        self._zoom = _within_limits(zoom)
        self._face: Face = face
        # Platform styles draw around a stylesheet each in its own way; Fusion is the one that
        # looks the same everywhere.
        application.setStyle("Fusion")
        self._appearance: Appearance = appearance
        self._colors: Colors | None = None
        self._set_font()
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

    @property
    def zoom(self) -> int:
        """Steps by which everything is larger than at 100 %, or smaller if negative."""
        return self._zoom

    @property
    def face(self) -> Face:
        """What prose is set in."""
        return self._face

    def font(self, role: Role) -> QFont:
        """The font of a role, for painters. A zoom reaches widgets as a change of their font."""
        return interface_font(role, self._zoom, self._system_font)

    @property
    def prose_font(self) -> QFont:
        """The font of everything that is there to be read."""
        return prose_font(self._face, self._zoom, self._system_font)

    def zoom_by(self, steps: int) -> None:
        """Make everything larger by some steps, or smaller, within limits."""
        self._zoom_to(self._zoom + steps)

    def zoom_reset(self) -> None:
        """Give everything its first size again."""
        self._zoom_to(0)

    def set_face(self, face: Face) -> None:
        """Set prose in another face."""
        if face != self._face:
            self._face = face
            self.prose_changed.emit()

    @contextmanager
    def styled_at_the_end(self) -> Iterator[None]:
        """Have what is built meanwhile styled once, when all of it stands.

        Qt styles a widget, and all in it, anew each time that it is put into another. For a window
        that is built from the inside out this took a third of the time.
        """
        self._application.setStyleSheet("")
        yield
        self._set_stylesheet()

    def _zoom_to(self, zoom: int) -> None:
        zoom = _within_limits(zoom)
        if zoom == self._zoom:
            return
        self._zoom = zoom
        self._set_font()
        self._set_stylesheet()
        space_anew()
        self.prose_changed.emit()
        self.zoom_changed.emit(zoom)

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
        self._set_stylesheet()
        self.changed.emit()

    # Each widget gets its new font or style in turn; a collector that ran then, in code of theirs,
    # could delete one that Qt has still to come to.

    def _set_font(self) -> None:
        with collector_paused():
            self._application.setFont(self.font("interface"))

    def _set_stylesheet(self) -> None:
        with collector_paused():
            # Off first: where one sheet follows another, Qt styles each widget for itself and once
            # more for each of its ancestors.
            self._application.setStyleSheet("")
            self._application.setStyleSheet(stylesheet(self.colors, self._zoom))

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


def _within_limits(zoom: int) -> int:
    return min(max(zoom, SMALLEST_ZOOM), LARGEST_ZOOM)
