"""What the screen shows of a text that is changed from outside is the text, line by line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QImage, QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.manuscript import Manuscript
from studio.ui.editor.editor import ManuscriptEditor

LINES = "The old fisherman looked out over the sea and thought about the years. " * 6

texts = st.text("ab -\n\u00ad\u05d0\u0627é", max_size=12) | st.sampled_from(
    ["", " upon a time", "unbreakable" * 4, "\n\n", LINES[:140], "אבג דה " * 9]
)


class Painted(QObject):
    """What a viewport is asked to paint."""

    def __init__(self, editor: ManuscriptEditor) -> None:
        super().__init__(editor)
        self.region = QRegion()
        editor.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() is QEvent.Type.Paint and isinstance(event, QPaintEvent):
            self.region = self.region.united(event.region())
        return False

    @property
    def height(self) -> int:
        return self.region.boundingRect().height()


def make(qtbot: QtBot, text: str) -> ManuscriptEditor:
    editor = ManuscriptEditor(Manuscript(text))
    qtbot.addWidget(editor)
    editor.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its caret blinks
    editor.set_generated_color(QColor("darkblue"))
    editor.resize(420, 440)
    with qtbot.waitExposed(editor):
        editor.show()
    QApplication.processEvents()
    return editor


def paint(editor: ManuscriptEditor) -> None:
    """Have painted what is to be painted; by itself a window waits for the screen's next frame."""
    QApplication.processEvents()
    QApplication.sendEvent(editor.window(), QEvent(QEvent.Type.UpdateRequest))


def on_screen(editor: ManuscriptEditor) -> QImage:
    """What was painted of the viewport, bit by bit, by now."""
    paint(editor)
    window = editor.window()
    shot = window.screen().grabWindow(window.winId()).toImage()
    place = editor.viewport().mapTo(window, editor.viewport().rect().topLeft())
    size = editor.viewport().size()
    image = shot.copy(place.x(), place.y(), size.width(), size.height())
    return image.convertToFormat(QImage.Format.Format_RGB32)


def anew(editor: ManuscriptEditor) -> QImage:
    """What would be painted of all of it."""
    editor.viewport().update()
    return on_screen(editor)


def test_of_a_paragraph_that_grows_only_the_last_lines_are_painted(qtbot: QtBot) -> None:
    editor = make(qtbot, LINES)
    line = editor.fontMetrics().height()
    manuscript = editor.manuscript
    manuscript.begin_take(len(manuscript))
    painted = Painted(editor)
    growing = manuscript.growing
    assert growing is not None
    growing.append(" He")
    assert on_screen(editor) == anew(editor)
    painted.region = QRegion()
    growing.append(" had")
    paint(editor)
    assert 0 < painted.height <= 3 * line


@pytest.mark.parametrize("is_growing", [True, False])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=st.sampled_from([LINES, "a\n" + LINES + "\nb", "אבג " * 60, "- " * 200, ""]),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60), texts), min_size=1, max_size=4),
    scrolled=st.sampled_from([0, 60, 10_000]),
)
# What breaks a word lets its beginning stand in the line above.
@example(text="word " * 9 + "unbreakable" * 2, edits=[(0.8, 0, " ")], scrolled=0)
# A paragraph without a letter has the direction of the first that comes.
@example(text="- " * 200, edits=[(1.0, 0, "א")], scrolled=0)
def test_what_is_painted_is_what_all_of_it_would_be(
    qtbot: QtBot,
    is_growing: bool,
    text: str,
    edits: list[tuple[float, int, str]],
    scrolled: int,
) -> None:
    editor = make(qtbot, text)
    manuscript = editor.manuscript
    editor.verticalScrollBar().setValue(scrolled)
    on_screen(editor)
    for share, removed, new in edits:
        place = round(share * len(manuscript))
        if is_growing:
            manuscript.begin_take(place)
            growing = manuscript.growing
            assert growing is not None
            growing.append(new)
            manuscript.end_take()
        else:
            manuscript.edit(place, min(removed, len(manuscript) - place), new)
        assert on_screen(editor) == anew(editor)
    editor.close()


def with_markdown(editor: ManuscriptEditor) -> None:
    editor.show_markdown(QColor("gray"))


def with_tints(editor: ManuscriptEditor) -> None:
    count = [0]

    def tint(painter: object) -> None:
        # Of a text of another length all is another.
        count[0] = len(editor.manuscript)
        color = QColor.fromHsv(count[0] % 360, 40, 250)
        painter.fillRect(editor.viewport().rect(), color)  # type: ignore[attr-defined]

    editor.underlay.lay_tint(tint, True)


@pytest.mark.parametrize("prepare", [with_markdown, with_tints])
def test_where_lines_above_can_be_others_they_are_painted_too(
    qtbot: QtBot, prepare: Callable[[ManuscriptEditor], None]
) -> None:
    editor = make(qtbot, "*" + LINES)
    prepare(editor)
    on_screen(editor)
    editor.manuscript.edit(len(editor.manuscript), 0, "end*")
    assert on_screen(editor) == anew(editor)


def test_what_is_said_on_an_empty_page_is_painted_whole(qtbot: QtBot) -> None:
    editor = make(qtbot, "The sea.")
    editor.resize(220, 440)  # so narrow that it takes several lines
    on_screen(editor)
    editor.manuscript.edit(0, len(editor.manuscript), "")
    assert on_screen(editor) == anew(editor)


def test_what_is_painted_comes_back_for_others(qtbot: QtBot) -> None:
    editor = make(qtbot, LINES)
    editor.manuscript.edit(len(editor.manuscript), 0, " end")
    assert not editor.viewport().testAttribute(Qt.WidgetAttribute.WA_UpdatesDisabled)
