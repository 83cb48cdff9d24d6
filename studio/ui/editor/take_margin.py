"""The passages that the model wrote, marked in the margin, and what Retake would replace above all.

A thin bar stands beside each passage, from its first line to its last, quieter beside those that
are not meant; beside the bar, where the margin is wide enough, which take it is and the steps to
the others.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QRegion

from studio.app.frame_clock import FrameClock
from studio.app.writing.writing import Writing
from studio.manuscript import Take, TakeSet
from studio.ui.editor.editor import ManuscriptEditor
from studio.ui.theme.theme import Theme
from studio.ui.writing.take_steps import PassageSteps, TakeSteps

_BAR = 2
"""How thick the bar is, in pixels of a zoom of 100 %."""

_GAP = 9
"""Pixels between the bar and the text, and between the words and the bar."""


_FEWEST = 2
"""Takes of a passage between which one can step."""

_LOOKED_AT = 256
"""Code points at a time, in search of the first with ink: a take may be long."""


class TakeMargin(QObject):
    """The margin of one editor.

    Attributes:
        steps: The words and buttons.

    Args:
        editor: Whose margin it is.
        writing: Knows which take is meant, and when it is another.
        theme: Where the colour comes from.
        previous_take: Steps back.
        next_take: Steps on.
    """

    has_room_changed = Signal()
    """Whether the words have room beside the text."""

    def __init__(
        self,
        editor: ManuscriptEditor,
        writing: Writing,
        theme: Theme,
        previous_take: QAction,
        next_take: QAction,
    ) -> None:
        super().__init__(editor)
        self._editor = editor
        self._writing = writing
        self._theme = theme
        self._marked: TakeSet | None = None
        """The takes that were marked when the text was looked at last."""
        self._take: Take | None = None
        """Which of them stood in the text then."""
        self._temperatures = 0
        """How many T it had been written at then: the words name them."""
        self._bar = QRect()
        """Where the bar stood when it was looked for last, on the whole page."""
        self._named: tuple[Take, int] | None = None
        """The growing take that the words are of, and how many T they name; None where none is."""
        self._start = 0
        """Where the passage began then."""
        self._stands = False
        """Whether there was one and it ended the text then, in ink: what it grows by stands in its
        last line, unless the page becomes higher."""
        self._is_current = False
        """Whether nothing has happened since the bar was looked for."""
        self._painted = QRegion()
        """Where the bar was painted, on the whole page."""
        self._passages: list[PassageSteps] = []
        """Which take it is of those passages in view that are not meant; more than are shown."""
        self.has_room = False
        """Whether that is so."""
        self.steps = TakeSteps(previous_take, next_take, in_margin=True, parent=editor)
        for button in self.steps.steps:
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keyboard has Alt+Left, Alt+Right
        self.steps.hide()
        self.steps.installEventFilter(self)
        editor.underlay.lay_mark(self._paint, True)
        # In the middle of a change of the text, places and lines do not fit together yet.
        self._clock = FrameClock(self._follow, self)
        editor.scrolled.connect(self._place)
        editor.room_changed.connect(self._place)
        editor.document().documentLayout().documentSizeChanged.connect(self._on_resized)
        theme.changed.connect(editor.viewport().update)
        writing.takes_changed.connect(self._on_changed)
        self._follow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Give the words the room that they want, once they have their letters."""
        if event.type() is QEvent.Type.LayoutRequest:
            self._on_resized()
        return False

    @property
    def is_settled(self) -> bool:
        """Whether what is marked is that of the text as it is now."""
        return self._clock.is_settled

    @property
    def bar(self) -> QRect | None:
        """Where the bar stands in the viewport; None where no passage is marked."""
        return None if self._marked is None else self._bar_of(self._marked)

    def _bar_of(self, takes: TakeSet) -> QRect | None:
        if takes.current is None or takes.place.start == takes.place.end:
            return None
        first, last = self._seen(takes.place.start, takes.place.end)
        top, bottom = self._editor.line_at(first).top(), self._editor.line_at(last).bottom()
        thick, gap = (round(pixels * self._editor.grown) for pixels in (_BAR, _GAP))
        left = round(self._editor.document().documentMargin()) - gap - thick
        return QRect(left, top, thick, bottom + 1 - top)

    def others(self) -> list[tuple[TakeSet, QRect]]:
        """The takes of the passages in view that are not meant, and where their bars stand."""
        if not self._editor.is_whole:
            return []
        others = [one for one in self._editor.manuscript.take_sets if one is not self._marked]
        if not others:
            return []  # where what is in view need not be looked for
        first, last = self._editor.visible_range()
        seen = (one for one in others if one.place.start < last and first < one.place.end)
        bars = ((one, self._bar_of(one)) for one in seen)
        return [(one, bar) for one, bar in bars if bar is not None]

    def _seen(self, start: int, end: int) -> tuple[int, int]:
        """The first and the last character of a passage that have ink; its own where none has."""
        part = self._editor.manuscript.part
        first, last = start, end
        while first < end and not (ink := part(first, min(first + _LOOKED_AT, end)).lstrip()):
            first += _LOOKED_AT
        if first >= end:
            return start, end - 1
        first = min(first + _LOOKED_AT, end) - len(ink)
        while not (ink := part(max(last - _LOOKED_AT, start), last).rstrip()):
            last -= _LOOKED_AT
        return first, max(last - _LOOKED_AT, start) + len(ink) - 1

    @property
    def _only_grows(self) -> bool:
        """Whether all that can have happened to the bar is that a line came to it."""
        takes = self._writing.take_set()
        return (
            takes is not None
            and takes is self._marked
            and takes.place.start == self._start
            and takes.current is not None
            and takes.current is self._take
            and takes.current.growing
            and len(takes.current.temperatures) == self._temperatures
        )

    def _on_changed(self) -> None:
        if self._stands and self._only_grows:
            return  # many times a second, while a take grows: neither bar nor words are others
        self._is_current = False
        self._clock.request()

    def _on_resized(self) -> None:
        self._stands = False
        self._on_changed()

    def _look(self) -> None:
        """Find the bar, if anything has happened to it since."""
        if self._is_current:
            return
        self._marked = takes = self._writing.take_set()
        bar = self.bar
        if takes is not None:
            text, self._take = self._editor.manuscript, takes.current
            self._temperatures = len(takes.current.temperatures) if takes.current else 0
            self._start, end = takes.place.start, takes.place.end
            is_last = end == len(text) and not text.part(end - 1, end).isspace()
            self._stands = bar is not None and is_last
        self._bar = _moved(bar, self._editor.verticalScrollBar().value())
        self._is_current = True

    def _follow(self) -> None:
        takes = self._writing.take_set()
        if takes is not None:
            self._name(takes)
        self._look()
        # What the bar has more or less, beside the lines that are new. Qt paints all text between
        # the parts of the page that are to be painted.
        scrolled = self._editor.verticalScrollBar().value()
        changed = QRegion(self._bar).xored(self._painted)
        if not changed.isEmpty():
            self._editor.viewport().update(changed.translated(0, -scrolled))
        self._place(None if self._bar.isEmpty() else self._bar.translated(0, -scrolled))

    def _name(self, takes: TakeSet) -> None:
        """Say which take is in the text; while it grows, its words are others with its T alone."""
        take = takes.current
        named = (take, len(take.temperatures)) if take is not None and take.growing else None
        if named is None or named != self._named:
            self.steps.show_takes(takes)
        self._named = named

    def _place(self, bar: QRect | None = None) -> None:
        """Put the words beside the bar, or nowhere; where it stands is looked for if not given."""
        viewport = self._editor.viewport()
        # Clear of what is scrolled: over it, Qt would paint all of the page at each scroll.
        room = viewport.x()
        has_room = room >= self.steps.sizeHint().width()
        if has_room != self.has_room:
            self.has_room = has_room
            self.has_room_changed.emit()
        beside = self._beside(bar) if has_room else None
        is_seen = beside is not None and beside.intersects(viewport.rect())
        self.steps.setVisible(is_seen)  # first: buttons are lower until they are shown
        if beside is not None and is_seen:
            self.steps.resize(self.steps.sizeHint())
            lowest = max(viewport.height() - self.steps.height(), 0)
            top = min(max(beside.top(), 0), lowest)
            self.steps.move(room - self.steps.width(), viewport.y() + top)
        self._place_others()

    def _place_others(self) -> None:
        """Put the other passages' takes beside their bars; no two upon one another."""
        viewport, taken = self._editor.viewport(), list[QRect]()
        if not self.steps.isHidden():
            taken.append(self.steps.geometry())
        shown = 0
        is_free = self.has_room and self._writing.is_idle
        for takes, bar in self.others() if is_free else ():
            if len(takes.kept) < _FEWEST:
                continue
            if shown == len(self._passages):
                self._passages.append(PassageSteps(self._writing, self._editor))
                self._passages[-1].stepped.connect(self._editor.move_caret)
            steps = self._passages[shown]
            steps.show_takes(takes)
            steps.show()
            steps.resize(steps.sizeHint())
            lowest = max(viewport.height() - steps.height(), 0)
            top = min(max(bar.top(), 0), lowest)
            steps.move(viewport.x() - steps.width(), viewport.y() + top)
            if not any(steps.geometry().intersects(other) for other in taken):
                taken.append(steps.geometry())
                shown += 1
        for steps in self._passages[shown:]:
            steps.hide()

    def _beside(self, bar: QRect | None) -> QRect | None:
        """What the words stand beside: the bar, or the line in which takes wait to come back."""
        if self._marked is None:
            return None
        return bar or self.bar or self._editor.line_at(self._marked.place.start)

    def _paint(self, painter: QPainter) -> None:
        # On the whole page: what is painted goes with the text where that is scrolled. A part that
        # is painted meanwhile has no more than its own share of the bar, out of view nothing has.
        scrolled = self._editor.verticalScrollBar().value()
        self._look()
        bar = self._bar
        part = painter.clipRegion().translated(0, scrolled)
        new = part.intersected(bar)
        self._painted = self._painted.subtracted(part).united(new)
        colors = self._theme.colors
        for _, other in self.others():
            painter.fillRect(other, QColor(colors.cut))
        if not bar.isEmpty():
            painter.fillRect(bar.translated(0, -scrolled), QColor(colors.generated))


def _moved(bar: QRect | None, down: int) -> QRect:
    """A bar that stands further down; an empty one where there is none."""
    return QRect() if bar is None else bar.translated(0, down)
