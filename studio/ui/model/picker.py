"""The model button in the window's head: what is open, what was open, what else there is."""

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QGuiApplication, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QMenu,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QWidget,
)

from studio.app.model.names import byte_size, describe_use, model_name, model_title
from studio.app.model.state import ModelPhase, ModelState
from studio.app.settings import RECENT_MODELS, RECENT_SERVERS, Settings
from studio.path_checks import is_file
from studio.translation import tr
from studio.ui.theme.controls import paint_chevron
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.actions import button_text
from studio.ui.widgets.tips import plain_tip
from studio.visible_text import LONGEST_ENTRY, visible_name, visible_path

_INSET = 10
_FEWEST_CHARACTERS = 14
_LONGEST_TITLE = 44
"""Characters, about; a longer name is elided, for preset and status stand beside it."""


class ModelPicker(QPushButton):
    """Shows the open model; its menu opens another.

    Args:
        model: what is open.
        settings: knows the recent models.
        starter: the starter model's path, if it is installed.
        actions: what the menu offers below the models: open a file, options, reopen.
        parent: the Qt parent, if any.
    """

    def __init__(
        self,
        model: ModelState,
        settings: Settings,
        starter: Path | None,
        actions: list[QAction],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._settings = settings
        self._starter = starter
        self._actions = actions
        self.setAccessibleName(tr("Model"))
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self._menu.aboutToShow.connect(self._fill_menu)
        self.setMenu(self._menu)
        self.setProperty("opens", True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._shown = ""
        model.changed.connect(self._follow)
        self._follow()

    def minimumSizeHint(self) -> QSize:
        """It gives way to its neighbours: its name is elided then."""
        hint = self.sizeHint()
        least = self.fontMetrics().averageCharWidth() * _FEWEST_CHARACTERS
        return QSize(min(hint.width(), least), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the button as the list of presets beside it looks: name left, chevron right."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        option.features &= ~QStyleOptionButton.ButtonFeature.HasMenu
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.palette().color(QPalette.ColorRole.ButtonText))
        inset = round(grown(self.font()) * _INSET)
        room = self.rect().adjusted(inset, 0, -round(2.4 * inset), 0)
        middle_left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        words = self.fontMetrics().elidedText(
            self._shown, Qt.TextElideMode.ElideMiddle, room.width()
        )
        painter.drawText(room, int(middle_left), words)
        # A stylesheet's colour makes the button's own placeholder paler than that of others.
        muted = QGuiApplication.palette().color(QPalette.ColorRole.PlaceholderText)
        paint_chevron(painter, self, muted)

    def _follow(self) -> None:
        model = self._model
        tip = tr("Choose another model, or drop a GGUF file on the window.")
        match model.phase:
            case ModelPhase.NONE:
                title = tr("Open a model")
            case ModelPhase.LOADING:
                title = model_name(model.path)
                tip = tr(
                    "Loading {path}. Esc gives it up.",
                    path=visible_path(model.path),
                )
            case ModelPhase.FAILED:
                title = (
                    tr("{name} (not open)", name=model_name(model.path))
                    if model.path
                    else tr("Open a model")
                )
                tip = f"{model.message}\n\n{tip}"
            case ModelPhase.READY:
                assert model.report is not None, "a ready model has its report"
                title = model_title(model.report)
                tip = f"{describe_use(model.report)}.\n\n{tip}"
        room = self.fontMetrics().averageCharWidth() * _LONGEST_TITLE
        shown = self.fontMetrics().elidedText(title, Qt.TextElideMode.ElideMiddle, room)
        if shown != title:
            tip = f"{title}\n{tip}"
        self._shown = shown
        self.setText(button_text(shown))
        self.setToolTip(plain_tip(tip))
        self.setAccessibleDescription(tip)

    def _fill_menu(self) -> None:
        self._menu.clear()
        paths = [str(self._starter)] if self._starter else []
        paths += [path for path in self._settings.get(RECENT_MODELS) if path not in paths]
        for path in paths:
            file = Path(path)
            is_there = is_file(file)
            size = byte_size(file.stat().st_size) if is_there else tr("not found")
            role = tr(" (starter model)") if file == self._starter else ""
            death = self._model.deaths.of(path) if is_there else None
            said = tr("ended the engine last time") if death else size
            name = button_text(visible_name(file.stem, LONGEST_ENTRY))
            action = self._menu.addAction(f"{name}{role}\t{said}")
            tip = visible_path(path)
            action.setToolTip(plain_tip(f"{tip}\n{death.day}: {death.cause}" if death else tip))
            action.setEnabled(is_there)
            action.setCheckable(True)
            action.setChecked(self._model.is_ready and path == self._model.path)
            action.triggered.connect(lambda _checked, path=path: self._model.open(path))
        urls = self._settings.get(RECENT_SERVERS)
        for url in urls:
            said = tr("server")
            action = self._menu.addAction(
                f"{button_text(visible_name(url, LONGEST_ENTRY))}\t{said}"
            )
            action.setToolTip(plain_tip(tr("Write with the model that this server holds")))
            action.setCheckable(True)
            action.setChecked(self._model.is_ready and url == self._model.path)
            action.triggered.connect(lambda _checked, url=url: self._model.open(url))
        if paths or urls:
            self._menu.addSeparator()
        self._menu.addActions(self._actions)
