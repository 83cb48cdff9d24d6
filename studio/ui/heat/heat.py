"""Heat as the window knows it: tints behind the text, legend, menu, and what is remembered."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from studio.app import settings as remembered
from studio.app.heat.measure import SCALES, HeatMeasure, measure_named
from studio.app.session import Session
from studio.app.settings import Settings
from studio.translation import tr
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.heat.editor_heat import EditorHeat
from studio.ui.heat.legend import HeatLegend
from studio.ui.theme.theme import Theme


class Heat(QObject):
    """Binds the session's heat to one editor.

    Attributes:
        actions: One a measure, Off first, of which one is checked.
        legend: To be put near the editor.
        painter: What paints behind the text, and knows where each token stands.

    Args:
        editor: Whose text is tinted.
        session: What it is tinted by.
        theme: Where the colours come from.
        settings: Where the measure is remembered.
    """

    def __init__(
        self, editor: ManuscriptEditor, session: Session, theme: Theme, settings: Settings
    ) -> None:
        super().__init__(editor)
        self._state = session.heat
        self._settings = settings
        self.painter = EditorHeat(editor, session.records.spans, session.heat, theme)
        self._group = QActionGroup(self)
        self.actions = [self._action(index, measure) for index, measure in enumerate(HeatMeasure)]
        self.legend = HeatLegend(session.heat, session.records, theme, self.actions)
        self._state.measure_changed.connect(self._follow)
        self._state.set_measure(measure_named(settings.get(remembered.HEAT)))
        self._follow(self._state.measure)

    def menu(self, parent: QMenu) -> QMenu:
        """The menu of measures."""
        menu = QMenu(tr("&Heat"), parent)
        menu.setToolTipsVisible(True)
        menu.addActions(self.actions)
        return menu

    def _action(self, index: int, measure: HeatMeasure) -> QAction:
        scale = SCALES.get(measure)
        action = QAction(tr(scale.title) if scale else tr("&Off"), self)
        action.setCheckable(True)
        action.setToolTip(scale.tip if scale else tr("The manuscript without tints"))
        action.setShortcut(QKeySequence(f"Alt+{index}"))
        action.setData(measure)
        action.triggered.connect(lambda: self._state.set_measure(measure))
        self._group.addAction(action)
        return action

    def _follow(self, measure: HeatMeasure) -> None:
        for action in self.actions:
            action.setChecked(action.data() is measure)
        self._settings.set(remembered.HEAT, measure.value)
