"""A passage with a temperature of its own: what is done to it, and the words at the dial."""

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget

from studio.app.session import Session
from studio.app.temperature.passage_words import own_words
from studio.manuscript import OwnSampling
from studio.translation import mark, tr
from studio.ui.theme.theme import Theme
from studio.ui.widgets.actions import make_action
from studio.ui.widgets.labels import ElidedLabel

_ONLY_TIP = mark(
    "Give the paragraph at the caret, or what is selected, a temperature of its own: what is "
    "written there uses it, and turning T there changes nothing elsewhere"
)
_ASK_TIP = mark(
    "Temperature or preset of the paragraph at the caret, or of what is selected; the document "
    "keeps it"
)


class PassageTemperature(QObject):
    """The actions, and the words.

    Attributes:
        ask: Opens the dialog.
        only: Whether the passage at the caret has a temperature of its own.
        words: Which T is in force, and why; empty where no passage has its own.

    Args:
        window: The window.
        session: What it is about.
        theme: Where the colours come from.
    """

    refused = Signal(str)
    """Nothing can be given to a passage: why."""

    def __init__(self, window: QWidget, session: Session, theme: Theme) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._theme = theme
        self._shown: object = None
        self._is_in_view = True
        self.ask = make_action(
            window,
            tr("Temperature of this passa&ge…"),
            self._ask,
            "Ctrl+Shift+T",
            tr(_ASK_TIP),
        )
        self.only = make_action(
            window, tr("This paragraph &only"), lambda: None, "Alt+O", tr(_ONLY_TIP)
        )
        self.only.setCheckable(True)
        self.only.toggled.connect(self._set_only)
        self.words = ElidedLabel()
        self.words.setProperty("role", "muted")
        self.words.setAccessibleName(tr("Which temperature is in force here, and why"))
        sampling, draft = session.sampling, session.draft
        for moved in (sampling.place_changed, draft.prompt_changed, draft.selection_changed):
            moved.connect(self._follow)
        sampling.changed.connect(self._follow)
        session.writing.changed.connect(self._follow)
        self._follow()

    def set_in_view(self, is_in_view: bool) -> None:
        """Set whether the manuscript is shown: what is not must not change."""
        self._is_in_view = is_in_view
        self._follow()

    def _follow(self) -> None:
        sampling = self._session.sampling
        own, elsewhere = sampling.here, sampling.whole.temperature
        is_possible = self._is_in_view and self._session.writing.is_idle
        shown = own, elsewhere, sampling.is_selected, is_possible
        if shown == self._shown:  # asked at each key
            return
        self._shown = shown
        names = tr("This selection &only") if sampling.is_selected else tr("This paragraph &only")
        self.only.setText(tr("This passage &only") if own else names)
        self.only.setChecked(own is not None)
        for action in (self.only, self.ask):
            action.setEnabled(is_possible)
        self.words.set_forms(*(own_words(own, elsewhere) if own else ("",)))

    def _set_only(self, is_own: bool) -> None:
        sampling = self._session.sampling
        if is_own == (sampling.here is not None):
            return  # it follows
        self._give(OwnSampling(sampling.params.temperature) if is_own else None)
        self.only.setChecked(sampling.here is not None)

    def _give(self, own: OwnSampling | None) -> None:
        sampling = self._session.sampling
        if why := sampling.why_not:
            self.refused.emit(why)
            return
        params = own.params if own else None
        if own and params and params.logit_bias and not params.logit_bias_vocabulary:
            # Ids of tokens: with another model they would be others.
            vocabulary = self._session.next_token.mark
            params = msgspec.structs.replace(params, logit_bias_vocabulary=vocabulary)
            own = msgspec.structs.replace(own, params=params)
        sampling.set_own(own)

    def _ask(self) -> None:
        from studio.ui.temperature.passage_dialog import PassageDialog  # few need it

        sampling = self._session.sampling
        if why := sampling.why_not:
            self.refused.emit(why)
            return
        text = self._session.draft.manuscript.part(*sampling.target())
        dialog = PassageDialog(
            sampling, self._session.preset_choice.presets, text, self._theme, self._window
        )
        try:
            if dialog.exec() == QDialog.DialogCode.Accepted:
                self._give(dialog.own)
        finally:
            dialog.deleteLater()
