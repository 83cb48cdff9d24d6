"""What is beside the library's list: the preset that is looked at, and what can be done with it.

Shows a `PresetLibraryState`; what the buttons do is `PresetLibraryActions`'.
"""

from collections.abc import Callable
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QTextBrowser, QVBoxLayout

from studio.app.presets.comparison import compared
from studio.app.presets.defaults import model_file
from studio.app.presets.library_entries import MARK_WORDS, Entry, Mark
from studio.app.presets.library_state import PresetLibraryState
from studio.app.presets.words import TASK_WORDS, field_words, shortened, value_words
from studio.presets import Preset, PresetDocument, preset_words
from studio.translation import mark, tr
from studio.ui.presets.library_actions import PresetLibraryActions
from studio.ui.theme.colors import Colors
from studio.ui.theme.controls import CheckBox
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.actions import ActionButton, button_text
from studio.ui.widgets.card import CARD_MARGINS
from studio.ui.widgets.labels import ElidedLabel, PlainLabel
from studio.ui.widgets.tips import plain_tip
from studio.visible_text import visible_lines, visible_name, visible_names, visible_path

_NEUTRAL = Preset(name="neutral")
_SAID_ABOVE = ("task", "description", "notes", "max_tokens", "prompt_format")
_LONGEST = 2_000
"""Characters of a text that are shown; the file has it all."""

NOTHING_SET = mark(
    "Everything is neutral: the model’s own distribution, nothing cut, nothing penalised."
)


def standing_line(entry: Entry) -> str:
    """Whose it is and what is true of it, in a line."""
    words = [tr(entry.kind.value), *(tr(MARK_WORDS[kind]) for kind in entry.marks)]
    line = " · ".join(words)
    return line[0].upper() + line[1:]


def page(
    preset: Preset,
    turned: list[tuple[str, object, object]],
    models: list[str],
    colors: Colors,
    document: PresetDocument | None = None,
) -> str:
    """Description, what it sets beyond neutral, notes.

    Args:
        preset: As it is saved.
        turned: Field, saved value and value in force, where it is in use and was turned.
        models: The keys of the models whose own preset it is.
        colors: Those of the window.
        document: All that is in its file.
    """
    description = preset_words(preset.description)
    parts = [f"<p>{_text(description)}</p>"] if description else []
    facts = [
        tr("For {task}", task=tr(TASK_WORDS[preset.task])),
        tr("{prompt_format} format", prompt_format=preset.prompt_format),
        tr("at most %n tokens", "", preset.max_tokens, one="at most %n token"),
    ]
    parts.append(_muted(" · ".join(facts), colors))
    parts.append(_heading(tr("What it sets"), colors))
    parts.append(_values(preset, turned, colors))
    if preset.notes:
        # Behind a table Qt leaves a paragraph's own margin out.
        notes = f'<p style="margin-top:0px;">{_text(preset_words(preset.notes))}</p>'
        parts += ["<br>", _heading(tr("Notes"), colors, above=0), notes]
    if document and (unknown := [*document.unknown, *document.unknown_sampling]):
        keys = ", ".join(shortened(key, 40) for key in unknown[:20])
        parts.append(
            _muted(tr("Also in its file, kept as it is: {keys}", keys=escape(keys)), colors)
        )
    if models:
        files = visible_names([model_file(key) for key in models])
        parts.append(_muted(tr("Always for: {files}", files=escape(files)), colors))
    return "".join(parts)


def broken_page(entry: Entry, colors: Colors) -> str:
    """Why a file could not be read, and what to do.

    Args:
        entry: The file.
        colors: The colours in force.
    """
    advice = tr(
        "Correct it with a text editor: as soon as it is saved it stands among the others. "
        "Nothing was changed in it."
    )
    path = escape(visible_path(entry.key))
    return f"<p>{_text(entry.line)}</p>{_muted(escape(advice), colors)}<p>{path}</p>"


def _values(preset: Preset, turned: list[tuple[str, object, object]], colors: Colors) -> str:
    now = {field: value for field, _saved, value in turned}
    rows = []
    for entry in compared(_NEUTRAL, preset):
        if entry.field in _SAID_ABOVE and entry.field not in now:
            continue
        if not (entry.differs or entry.field in now):
            continue
        words = escape(shortened(value_words(entry.field, entry.right), _LONGEST))
        if entry.field in now:
            turned_to = shortened(value_words(entry.field, now[entry.field]), _LONGEST)
            words = f"{words} → <b>{escape(turned_to)}</b>"
        rows.append(_row(field_words(entry.field), words, colors))
    if not rows:
        return f"<p>{tr(NOTHING_SET)}</p>"
    table = '<table cellspacing="0" cellpadding="0" width="100%" style="margin-top:4px;">'
    return f"{table}{''.join(rows)}</table>"


def _row(label: str, value_html: str, colors: Colors) -> str:
    label_style = f"color:{colors.muted}; white-space:nowrap; padding:0px 18px 3px 0px;"
    return (
        f'<tr><td style="{label_style}">{escape(label)}</td>'
        f'<td width="100%" style="padding-bottom:3px;">{value_html}</td></tr>'
    )


def _heading(text: str, colors: Colors, above: int = 16) -> str:
    return f'<p style="color:{colors.muted}; margin-top:{above}px; margin-bottom:4px;">{text}</p>'


def _muted(html: str, colors: Colors) -> str:
    return f'<p style="color:{colors.muted};">{html}</p>'


def _text(text: str) -> str:
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return escape(visible_lines(cut)).replace("\n", "<br>")


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
    if not name:
        return tr("Now it is none.")
    return tr("Now it is “{name}”.", name=visible_name(preset_words(name)))


def _buttons(actions: PresetLibraryActions) -> QHBoxLayout:
    row = QHBoxLayout()
    set_spacing(row, 6)
    row.addWidget(ActionButton(actions.use, primary=True, shows_key=False))
    row.addWidget(ActionButton(actions.compare, shows_key=False))
    row.addStretch(1)
    for action in (actions.duplicate, actions.rename, actions.delete):
        row.addWidget(ActionButton(action, shows_key=False))
    return row
