"""The strip over the lanes: run, stop, add; what they continue; set-up, partings, files.

Binds a `CompareState` to widgets and keeps nothing of it.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSizePolicy, QWidget

from studio.app.compare.lane_words import token_count
from studio.app.compare.state import CompareState
from studio.translation import tr
from studio.ui.compare.set_up_popup import SetUpPopup
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.widgets.actions import ActionButton
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.tips import plain_tip, set_tip
from studio.visible_text import LONGEST_LINE, visible_line, visible_lines, visible_name

_SHOWN_OF_PROMPT = 160
_BETWEEN = " · "


class PromptWords(PlainLabel):
    """The line; its text has all of it."""

    def __init__(self) -> None:
        super().__init__()
        self._parts = ("", "", "")
        self.setProperty("role", "muted")
        self.setAccessibleName(tr("What the lanes continue"))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_words(self, before: str, prompt: str, behind: str) -> None:
        """Show a prompt's end in quotation marks between other words.

        Args:
            before: What comes first.
            prompt: The text whose end is quoted; nothing is where it is empty.
            behind: What comes last.
        """
        tail = visible_line(" ".join(prompt[-_SHOWN_OF_PROMPT:].split()))
        if tail and len(prompt) > _SHOWN_OF_PROMPT:
            # From a word's beginning on.
            tail = "…" + (tail.partition(" ")[2] or tail)
        parts = (before, tail, behind)
        if parts != self._parts:
            self._parts = parts
            self.setText(_joined(parts))
            self.update()

    @property
    def shown(self) -> str:
        """What of it is seen."""
        before, tail, behind = self._parts
        metrics, room = self.fontMetrics(), self.width()
        if tail:
            room_for_tail = room - metrics.horizontalAdvance(_joined((before, "x", behind)))
            elided = metrics.elidedText(tail, Qt.TextElideMode.ElideLeft, max(0, room_for_tail))
            if elided not in ("", "…"):
                return _joined((before, elided, behind))
        # Whole parts; a message that is alone is cut off where it must be.
        rest = _joined((before, "", behind)).split(_BETWEEN)
        for count in range(len(rest), 1, -1):
            words = _BETWEEN.join(rest[:count])
            if metrics.horizontalAdvance(words) <= room:
                return words
        return metrics.elidedText(rest[0], Qt.TextElideMode.ElideRight, max(0, room))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint as much as fits."""
        painter = QPainter(self)
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter), self.shown)


def _joined(parts: tuple[str, str, str]) -> str:
    before, tail, behind = parts
    quoted = tr("after “{tail}”", tail=tail) if tail else ""
    return _BETWEEN.join(part for part in (before, quoted, behind) if part)


class CompareBar(QWidget):
    """The controls of a comparison.

    Attributes:
        add: Adds a lane.
        stop: There while there is something to stop.
        prompt: What the lanes continue.
        set_up: Opens `popup`.
        popup: What the next run is made with.
        parting: Whether it is shown where the lanes part.

    Args:
        state: The comparison.
        run: The action that runs all lanes.
        stop: The window's Stop.
        parting: The action that shows where the lanes part, or hides it.
        file_actions: What its menu of files holds.
        steps: The comparisons before and after.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        state: CompareState,
        run: QAction,
        stop: QAction,
        parting: QAction,
        file_actions: list[QAction],
        steps: QWidget,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = state
        self.add = QPushButton(tr("Add lane"))
        self.add.clicked.connect(state.add)
        self.prompt = PromptWords()
        self.set_up = _flat(tr("Set up ▾"), tr("Set up"))
        set_tip(
            self.set_up,
            tr(
                "Which lanes to begin with; seed, length and random draws of the next run; how "
                "lanes are read"
            ),
        )
        self.popup = SetUpPopup(state, theme, self)
        self.set_up.clicked.connect(lambda: self.popup.open_below(self.set_up))
        self.parting = _flat(tr("Where they part"), tr("Where they part"))
        self.parting.setCheckable(True)
        self.parting.setChecked(parting.isChecked())
        self.parting.setToolTip(parting.toolTip())
        self.parting.clicked.connect(parting.trigger)
        parting.toggled.connect(self.parting.setChecked)
        files = _flat(tr("Files ▾"), tr("Files"))
        files.setToolTip(tr("Save, open or export this comparison"))
        menu = QMenu(files)
        menu.setToolTipsVisible(True)
        menu.addActions(file_actions)
        files.clicked.connect(lambda: menu.popup(files.mapToGlobal(files.rect().bottomLeft())))

        row = QHBoxLayout(self)
        set_margins(row, 18, 7, 12, 8)
        set_spacing(row, 10)
        row.addWidget(ActionButton(run, primary=True))
        row.addWidget(self.add)
        # As beside the manuscript: it comes behind the others, and moves none of them.
        self.stop = ActionButton(stop)
        stop.changed.connect(lambda: self.stop.setVisible(stop.isEnabled()))
        self.stop.setVisible(stop.isEnabled())
        row.addWidget(self.stop)
        row.addSpacing(4)
        row.addWidget(self.prompt, 1)
        row.addWidget(steps)
        row.addSpacing(4)
        for button in (self.set_up, self.parting, files):
            row.addWidget(button)
        state.changed.connect(self.follow)
        state.lanes_changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Show what is in force."""
        can_add = self._state.can_add
        self.add.setEnabled(can_add)
        set_tip(
            self.add,
            tr("Add a lane, half a degree hotter than the last one")
            if can_add
            else tr("Eight lanes are the most."),
        )
        self._show_prompt()

    def _show_prompt(self) -> None:
        state = self._state
        run_input, why_not = state.run_input, state.why_not_run
        if run_input.prompt is None and why_not:
            self.prompt.show_words(why_not, "", "")
            set_tip(self.prompt, plain_tip(why_not))
            return
        prompt = run_input.prompt or state.prompt_here
        text = prompt.manuscript or prompt.brief
        before = state.room_warning
        if run_input.is_of_a_file and run_input.model is not None:
            before = tr("written by {name}", name=visible_name(run_input.model.name))
        draws = tr("same random draws") if state.share_u else tr("each its own random draws")
        self.prompt.show_words(before, text, f"{token_count(state.max_tokens)} · {draws}")
        set_tip(self.prompt, plain_tip(f"{before}\n\n{_end(text)}".strip()))


def _end(text: str) -> str:
    end = text if len(text) < LONGEST_LINE else f"…{text[1 - LONGEST_LINE :]}"
    return visible_lines(end)


def _flat(words: str, name: str) -> QPushButton:
    button = QPushButton(words)
    button.setProperty("flat", True)
    button.setProperty("role", "muted")
    button.setAccessibleName(name)
    return button
