"""What is beside the library's list: the preset that is looked at, and what can be done with it.

Shows a `PresetLibraryState`; what the buttons do is `PresetLibraryActions`'.
"""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QTextBrowser, QVBoxLayout

from studio.app.presets.library_entries import Entry, Mark
from studio.app.presets.library_state import PresetLibraryState
from studio.translation import mark, tr
from studio.ui.presets.library_actions import PresetLibraryActions
from studio.ui.presets.library_page import broken_page, page, standing_line
from studio.ui.theme.check_box import CheckBox
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.actions import ActionButton, button_text
from studio.ui.widgets.card import CARD_MARGINS
from studio.ui.widgets.elided_label import ElidedLabel
from studio.ui.widgets.plain_label import PlainLabel
from studio.ui.widgets.tips import plain_tip
from studio.visible_text import visible_name

NOTHING = mark("Nothing is selected.")


class PresetLibraryDetails(QFrame):
    """Name, context, page, three choices, buttons.

    Args:
        state: What is looked at.
        actions: What can be done with it.
        theme: Where the colours come from.
    """

    def __init__(
        self, state: PresetLibraryState, actions: PresetLibraryActions, theme: Theme
    ) -> None:
        super().__init__()
        self._state, self._theme = state, theme
        self.setProperty("card", True)
        self._title = ElidedLabel()
        self._title.setProperty("type", "title")
        self._list_context = PlainLabel()
        self._list_context.setProperty("role", "muted")
        self._list_context.setWordWrap(True)
        self.page = QTextBrowser()
        self.page.setFrameShape(QFrame.Shape.NoFrame)
        self.page.setAccessibleName(tr("What the preset sets"))
        self.page.document().setDocumentMargin(0)
        # On the window's ground, in one column with the rest: another ground would want a margin.
        self.page.viewport().setAutoFillBackground(False)
        self.page.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.favourite = _check_box(
            tr("&Favourite"),
            tr("Favourites stand first, here and in the list of presets in the window (Ctrl+D)"),
            state.set_favourite,
            state,
            theme,
        )
        self.default = _check_box("", "", state.set_default, state, theme)
        self.of_model = _check_box("", "", state.set_of_model, state, theme)

        column = QVBoxLayout(self)
        set_margins(column, *CARD_MARGINS)
        set_spacing(column, 4)
        column.addWidget(self._title)
        column.addWidget(self._list_context)
        column.addSpacing(8)
        column.addWidget(self.page, 1)
        column.addSpacing(8)
        for box in (self.favourite, self.default, self.of_model):
            column.addWidget(box)
        column.addSpacing(10)
        column.addLayout(_buttons(actions))
        state.selection_changed.connect(self._follow)
        state.changed.connect(self._follow)
        theme.changed.connect(self._follow)
        self._shown: tuple[str, str] = ("", "")

    def _follow(self) -> None:
        entry = self._state.selected
        self._title.setText(entry.title if entry else tr(NOTHING))
        self._title.setToolTip(plain_tip(entry.title) if entry else "")
        self._list_context.setText(standing_line(entry) if entry else "")
        self._show_page(entry)
        is_preset = entry is not None and entry.preset is not None
        for box in (self.favourite, self.default, self.of_model):
            box.setVisible(is_preset)
        if entry is None or not is_preset:
            return
        self.favourite.setChecked(entry.is_favourite)
        state, model = self._state, self._state.model
        self.default.setText(tr("&Default: models without a preset of their own open with it"))
        self.default.setToolTip(
            plain_tip(
                tr(
                    "Also at the next start. {now} Untick it, and the preset used last is "
                    "used again.",
                    now=_now(state.default),
                )
            )
        )
        self.default.setChecked(Mark.DEFAULT in entry.marks)
        shown = button_text(model) or tr("this model")
        self.of_model.setText(tr("&Always for {shown}", shown=shown))
        self.of_model.setToolTip(
            plain_tip(
                tr(
                    "This model always opens with it, also at the next start. {now}",
                    now=_now(state.of_model),
                )
            )
            if model
            else tr("Open a model first")
        )
        self.of_model.setEnabled(bool(model))
        self.of_model.setChecked(Mark.OF_MODEL in entry.marks)

    def _show_page(self, entry: Entry | None) -> None:
        colors = self._theme.colors
        if entry is None:
            html = ""
        elif entry.preset is None:
            html = broken_page(entry, colors)
        else:
            turned = self._state.turned if Mark.TURNED in entry.marks else []
            models = self._state.models_of(entry.key)
            html = page(entry.preset, turned, models, colors, self._state.document(entry))
        shown = (entry.key if entry else "", html)
        if shown == self._shown:
            return
        place = self.page.verticalScrollBar().value() if shown[0] == self._shown[0] else 0
        self._shown = shown
        self.page.setHtml(html)
        self.page.verticalScrollBar().setValue(place)


def _check_box(
    text: str,
    tip: str,
    choose: Callable[[str, bool], None],
    state: PresetLibraryState,
    theme: Theme,
) -> CheckBox:
    box = CheckBox(text, theme)
    box.setToolTip(tip)

    def on_clicked(is_checked: bool) -> None:
        if state.selected:
            choose(state.selected.key, is_checked)

    # `clicked` is the writer's hand alone; following the state must not set it.
    box.clicked.connect(on_clicked)
    return box


def _now(name: str) -> str:
    return tr("Now it is “{name}”.", name=visible_name(name)) if name else tr("Now it is none.")


def _buttons(actions: PresetLibraryActions) -> QHBoxLayout:
    row = QHBoxLayout()
    set_spacing(row, 6)
    row.addWidget(ActionButton(actions.use, primary=True, shows_key=False))
    row.addWidget(ActionButton(actions.compare, shows_key=False))
    row.addStretch(1)
    for action in (actions.duplicate, actions.rename, actions.delete):
        row.addWidget(ActionButton(action, shows_key=False))
    return row
