"""What Retake would replace is marked before it does it: at the real window, with the model."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QPaintEvent, QRegion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.ui.editor.take_margin import TakeMargin
from studio.ui.main_window import MainWindow
from studio.ui.writing.take_steps import PassageSteps
from tests.ui.conftest import LONG, NEVER_ENDS

pytestmark = pytest.mark.usefixtures("kept_window")

CONTROL = Qt.KeyboardModifier.ControlModifier
OPENING = "The old fisherman looked out over the sea."


@pytest.fixture
def taken(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window with an opening and a take behind it; the caret is at its end."""
    window.resize(1320, 860)
    QTest.keyClicks(window.editor, OPENING)
    window.session.sampling.set_max_tokens(8)
    window.session.sampling.change(logit_bias=NEVER_ENDS, temperature=1.5)
    write(window, qtbot)
    return window


def write(window: MainWindow, qtbot: QtBot, *, again: bool = False) -> None:
    action = window.actions_.retake if again else window.actions_.continue_
    action.trigger()
    assert not window.session.writing.is_idle
    qtbot.waitUntil(lambda: window.session.writing.is_idle, timeout=LONG)


def text(window: MainWindow) -> str:
    return window.session.draft.manuscript.text


def marked(window: MainWindow, qtbot: QtBot) -> QRect | None:
    """Where the bar stands, once the margin has followed the text."""
    qtbot.waitUntil(lambda: window.take_margin.is_settled, timeout=LONG)
    return window.take_margin.bar


def test_the_passage_that_retake_would_replace_is_marked(taken: MainWindow, qtbot: QtBot) -> None:
    first = text(taken)
    bar = marked(taken, qtbot)
    assert bar is not None
    editor = taken.editor
    passage = first[len(OPENING) :]
    begins = editor.line_at(len(first) - len(passage.lstrip()))
    assert bar.top() == begins.top()
    assert bar.bottom() == editor.line_at(len(first.rstrip())).bottom()
    assert bar.right() < round(editor.document().documentMargin()), "it stands in the margin"
    shot = editor.viewport().grab().toImage()
    ratio = shot.devicePixelRatio()
    seen = shot.pixelColor(QPoint(round(bar.center().x() * ratio), round(bar.center().y() * ratio)))
    assert seen.name() == taken.theme.colors.generated
    assert taken.writing_bar.place.text() == "Retake replaces what is marked"
    write(taken, qtbot, again=True)
    assert text(taken).startswith(OPENING)
    assert text(taken) != first
    QTest.keyClick(taken.editor, Qt.Key.Key_Z, CONTROL)
    assert text(taken) == first


def test_a_sentence_typed_behind_a_take_makes_it_history(taken: MainWindow, qtbot: QtBot) -> None:
    written = text(taken)
    QTest.keyClicks(taken.editor, " It was cold.")
    assert text(taken) == written + " It was cold."
    assert marked(taken, qtbot) is None
    retake = taken.actions_.retake
    assert not retake.isEnabled()
    assert "Put the caret in a text that the model wrote" in retake.toolTip()
    QTest.keyClick(taken.editor, Qt.Key.Key_Return, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert taken.session.writing.is_idle
    assert text(taken) == written + " It was cold."
    # It is meant again where the caret is put into it.
    taken.editor.move_caret(len(OPENING) + 2)
    assert marked(taken, qtbot) is not None
    assert retake.isEnabled()
    write(taken, qtbot, again=True)
    assert text(taken).endswith(" It was cold.")


def test_each_take_says_how_it_was_written(taken: MainWindow, qtbot: QtBot) -> None:
    taken.session.sampling.change(temperature=0.75)
    write(taken, qtbot, again=True)
    marked(taken, qtbot)
    takes = taken.session.draft.manuscript.take_sets[0]
    tip = taken.take_margin.steps.label.toolTip()
    assert f"Take 2 of 2: preset {taken.session.preset_choice.current.name}" in tip
    assert f"T 0.75, seed {takes.takes[1].seed}" in tip
    taken.actions_.previous_take.trigger()
    marked(taken, qtbot)
    tip = taken.take_margin.steps.label.toolTip()
    assert f"T 1.50, seed {takes.takes[0].seed}" in tip


def test_the_words_stand_beside_the_bar_or_in_the_row(taken: MainWindow, qtbot: QtBot) -> None:
    marked(taken, qtbot)
    steps, row = taken.take_margin.steps, taken.writing_bar.takes
    for width in (780, 2200, 780):
        taken.resize(width, 860)
        is_wide = width == 2200
        qtbot.waitUntil(lambda: steps.isVisible() is is_wide, timeout=LONG)  # noqa: B023
        assert row.isVisible() is not is_wide
        if steps.isVisible():
            bar = marked(taken, qtbot)
            assert bar is not None
            left = taken.editor.viewport().x() + bar.left()
            assert steps.geometry().right() < left
            # Over what is scrolled, they would have all of it painted anew.
            assert not steps.geometry().intersects(taken.editor.viewport().geometry())
            assert steps.geometry().left() >= 0
            next_take = next(button for button in steps.steps if "Next" in button.accessibleName())
            assert not next_take.isEnabled()
    QTest.keyClicks(taken.editor, "x")
    qtbot.waitUntil(lambda: not steps.isVisible() and not row.isVisible(), timeout=LONG)


def test_where_the_bar_stands_is_looked_for_once_a_frame(
    taken: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken.resize(2200, 860)
    margin = taken.take_margin
    qtbot.waitUntil(lambda: margin.has_room and margin.bar is not None, timeout=LONG)
    looks: list[object] = []
    look = vars(TakeMargin)["bar"].fget

    def count(asked: TakeMargin) -> QRect | None:
        looks.append(asked)
        found: QRect | None = look(asked)
        return found

    monkeypatch.setattr(TakeMargin, "bar", property(count))
    taken.session.writing.takes_changed.emit()
    assert not margin.is_settled
    taken.editor.viewport().repaint()
    qtbot.waitUntil(lambda: margin.is_settled, timeout=LONG)
    taken.editor.viewport().repaint()
    assert len(looks) == 1


def test_the_bar_follows_what_is_typed_before_it(taken: MainWindow, qtbot: QtBot) -> None:
    before = marked(taken, qtbot)
    assert before is not None
    end = len(text(taken))
    taken.editor.move_caret(0)
    QTest.keyClick(taken.editor, Qt.Key.Key_Return)
    taken.editor.move_caret(end + 1)
    after = marked(taken, qtbot)
    assert after is not None
    assert after.top() > before.top()
    assert after.height() == before.height()


def test_a_step_to_a_shorter_take_scrolls_without_a_mistake(
    taken: MainWindow, qtbot: QtBot
) -> None:
    manuscript, editor = taken.session.draft.manuscript, taken.editor
    # A long take beside a short one, its end in view: a step back takes more than a page away.
    takes = taken.session.writing.take_set()
    assert takes is not None
    take = manuscript.retake(takes)
    take.append("\n".join(f" Line {number} of a long take." for number in range(200)))
    manuscript.end_take()
    editor.move_caret(len(manuscript.text))
    qtbot.waitUntil(lambda: taken.take_margin.is_settled, timeout=LONG)
    assert editor.verticalScrollBar().value() > 0
    taken.actions_.previous_take.trigger()
    assert "Line 199" not in text(taken)
    assert marked(taken, qtbot) is not None
    taken.actions_.next_take.trigger()
    assert "Line 199" in text(taken)
    assert marked(taken, qtbot) is not None


def test_the_words_stay_in_view_where_the_page_becomes_lower(
    taken: MainWindow, qtbot: QtBot
) -> None:
    taken.resize(2200, 860)
    editor, steps = taken.editor, taken.take_margin.steps
    takes = taken.session.writing.take_set()
    assert takes is not None
    take = taken.session.draft.manuscript.retake(takes)
    # Its first ink is low on the page, and the words begin beside it.
    take.append("\n" * 18 + "Three.")
    taken.session.draft.manuscript.end_take()
    assert marked(taken, qtbot) is not None
    qtbot.waitUntil(steps.isVisible, timeout=LONG)
    heights = []
    for height in (820, 780, 740, 700):
        taken.resize(2200, height)
        qtbot.waitUntil(lambda: taken.take_margin.is_settled, timeout=LONG)
        if steps.isVisible():
            heights.append(height)
            assert steps.geometry().bottom() <= editor.viewport().geometry().bottom()
    assert heights, "they are seen in some"


class _Painted(QObject):
    """What of a widget is painted, from now on."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.region = QRegion()
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if isinstance(event, QPaintEvent):
            self.region = self.region.united(event.region())
        return super().eventFilter(watched, event)


def test_the_bar_has_no_gap_where_a_part_was_painted_before_it_was_followed(
    taken: MainWindow, qtbot: QtBot
) -> None:
    editor, manuscript = taken.editor, taken.session.draft.manuscript
    takes = taken.session.writing.take_set()
    assert takes is not None
    take = manuscript.retake(takes)
    take.append(" One.\n\n")
    before = marked(taken, qtbot)
    assert before is not None
    painted = _Painted(editor.viewport())
    editor.viewport().repaint()
    painted.region = QRegion()
    take.append("Two.")
    # The line that is new, and not the distance between it and the one before.
    editor.viewport().repaint(editor.line_at(len(text(taken)) - 1))
    manuscript.end_take()
    after = marked(taken, qtbot)
    assert after is not None
    more = QRegion(after).subtracted(QRegion(before))
    assert not more.isEmpty()
    qtbot.waitUntil(lambda: more.subtracted(painted.region).isEmpty())


def test_the_words_have_room_where_a_take_comes_whole(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    window.resize(1320, 860)
    manuscript, steps = window.session.draft.manuscript, window.take_margin.steps
    manuscript.edit(0, 0, OPENING)
    for _ in range(2):  # as in a document that is opened
        take = manuscript.begin_take(len(manuscript))
        take.temperatures.append(0.8)
        take.append(" It was cold.")
        manuscript.end_take()
    window.editor.move_caret(len(manuscript))
    qtbot.waitUntil(lambda: window.take_margin.is_settled, timeout=LONG)
    assert steps.isVisible()
    assert steps.size() == steps.sizeHint()


def test_words_that_grow_have_room(taken: MainWindow, qtbot: QtBot) -> None:
    assert marked(taken, qtbot) is not None
    steps = taken.take_margin.steps
    before = steps.height()
    # As where they get their letters when a window is shown.
    steps.label.setText("take\n1 of 1\nand\nmore")
    qtbot.waitUntil(lambda: steps.height() > before, timeout=LONG)
    assert steps.size() == steps.sizeHint()


def test_the_margin_is_not_asked_where_the_caret_is_painted(
    taken: MainWindow, qtbot: QtBot
) -> None:
    assert marked(taken, qtbot) is not None
    editor = taken.editor
    asked: list[QRegion] = []
    editor.underlay.lay_mark(lambda painter: asked.append(painter.clipRegion()), True)
    QApplication.processEvents()
    asked.clear()
    editor.viewport().repaint(editor.cursorRect())
    assert asked == []
    editor.viewport().repaint(QRect(0, 0, editor.viewport().width(), 40))
    assert len(asked) == 1


def test_a_take_that_grows_within_its_last_line_moves_no_bar(
    taken: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    margin, manuscript, editor = taken.take_margin, taken.session.draft.manuscript, taken.editor
    takes = taken.session.writing.take_set()
    assert takes is not None
    take = manuscript.retake(takes)
    looks: list[object] = []
    look = vars(TakeMargin)["bar"].fget

    def count(asked: TakeMargin) -> QRect | None:
        looks.append(asked)
        found: QRect | None = look(asked)
        return found

    def grow(more: str) -> int:
        looks.clear()
        take.append(more)
        editor.viewport().repaint()
        qtbot.waitUntil(lambda: margin.is_settled, timeout=LONG)
        editor.viewport().repaint()
        return len(looks)

    qtbot.waitUntil(lambda: margin.is_settled, timeout=LONG)
    assert margin.bar is None, "nothing is written yet"
    monkeypatch.setattr(TakeMargin, "bar", property(count))
    assert grow(" a") > 0, "there is one now"
    assert grow(" b") == 0
    before = look(margin)
    assert grow("\n\nAnother paragraph") > 0
    assert look(margin).height() > before.height()
    assert grow(" of it.") == 0
    shot = editor.viewport().grab().toImage()
    ratio, lowest = shot.devicePixelRatio(), look(margin).bottomLeft() + QPoint(1, -1)
    color = shot.pixelColor(QPoint(round(lowest.x() * ratio), round(lowest.y() * ratio)))
    assert color.name() == taken.theme.colors.generated
    manuscript.end_take()


def test_the_words_name_each_t_that_a_take_is_written_at(taken: MainWindow, qtbot: QtBot) -> None:
    margin, viewport = taken.take_margin, taken.editor.viewport()
    takes = taken.session.writing.take_set()
    assert takes is not None
    take = taken.session.draft.manuscript.retake(takes)

    def words(more: str) -> str:
        take.append(more)
        viewport.repaint()
        qtbot.waitUntil(lambda: margin.is_settled, timeout=LONG)
        return margin.steps.label.text()

    take.temperatures.append(0.8)
    assert words(" a") == "take\n2 of 2\nT 0.80"
    assert words(" b") == "take\n2 of 2\nT 0.80"
    take.temperatures.append(1.2)
    assert words(" c") == "take\n2 of 2\nT 0.80 to 1.20"
    taken.session.draft.manuscript.end_take()


@pytest.fixture
def passages(taken: MainWindow, qtbot: QtBot) -> MainWindow:
    """A wide window with two passages of two takes each; the caret is behind the last."""
    taken.resize(2200, 860)
    write(taken, qtbot, again=True)
    QTest.keyClick(taken.editor, Qt.Key.Key_Return)
    QTest.keyClick(taken.editor, Qt.Key.Key_Return)
    QTest.keyClicks(taken.editor, OPENING)
    write(taken, qtbot)
    write(taken, qtbot, again=True)
    qtbot.waitUntil(lambda: taken.take_margin.is_settled, timeout=LONG)
    return taken


def shown_steps(window: MainWindow) -> list[PassageSteps]:
    return [one for one in window.editor.findChildren(PassageSteps) if one.isVisible()]


def color_at(window: MainWindow, place: QPoint) -> str:
    shot = window.editor.viewport().grab().toImage()
    ratio = shot.devicePixelRatio()
    return shot.pixelColor(QPoint(round(place.x() * ratio), round(place.y() * ratio))).name()


def test_each_passage_has_its_bar_and_says_which_take_it_is(
    passages: MainWindow, qtbot: QtBot
) -> None:
    margin, colors = passages.take_margin, passages.theme.colors
    first, second = passages.session.draft.manuscript.take_sets
    [(takes, bar)] = margin.others()
    assert takes is first
    qtbot.waitUntil(lambda: color_at(passages, bar.center()) == colors.cut, timeout=LONG)
    assert margin.bar is not None
    assert color_at(passages, margin.bar.center()) == colors.generated
    [steps] = shown_steps(passages)
    assert steps.label.text() == "2/2"
    assert [button.isEnabled() for button in steps.steps] == [True, False]
    assert not steps.geometry().intersects(passages.editor.viewport().geometry())
    assert not steps.geometry().intersects(margin.steps.geometry())
    # A step there leads the caret to it, and what is meant is the other way round.
    steps.steps[0].click()
    assert text(passages).startswith(OPENING + first.takes[0].text)
    assert passages.session.writing.take_set() is first
    qtbot.waitUntil(lambda: margin.is_settled, timeout=LONG)
    assert [takes for takes, _ in margin.others()] == [second]
    [steps] = shown_steps(passages)
    assert steps.label.text() == "2/2"
    passages.editor.undo()
    assert text(passages).startswith(OPENING + first.takes[1].text)


def test_a_passage_of_one_take_has_a_bar_alone_and_one_that_was_undone_none(
    passages: MainWindow, qtbot: QtBot
) -> None:
    margin = passages.take_margin
    first = passages.session.draft.manuscript.take_sets[0]
    passages.session.draft.manuscript.delete_take(first, first.takes[0])
    qtbot.waitUntil(lambda: not shown_steps(passages), timeout=LONG)
    assert [takes for takes, _ in margin.others()] == [first]


def test_while_the_model_writes_no_steps_stand_in_the_margin_and_bars_do(
    passages: MainWindow, qtbot: QtBot
) -> None:
    passages.session.sampling.set_max_tokens(1000)
    passages.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: not shown_steps(passages), timeout=LONG)
    assert passages.take_margin.others()
    passages.session.stop()
    qtbot.waitUntil(lambda: passages.session.writing.is_idle, timeout=LONG)
    qtbot.waitUntil(lambda: bool(shown_steps(passages)), timeout=LONG)


def test_a_line_that_is_typed_in_keeps_its_quiet_bar(passages: MainWindow, qtbot: QtBot) -> None:
    margin, colors = passages.take_margin, passages.theme.colors
    QTest.keyClicks(passages.editor, " It was cold")
    qtbot.waitUntil(lambda: margin.is_settled, timeout=LONG)
    QTest.keyClicks(passages.editor, ".")
    assert not margin.is_settled
    [_, (_, bar)] = margin.others()
    assert color_at(passages, bar.center()) == colors.cut


def test_a_line_that_is_new_is_painted_with_its_part_of_the_bar(
    passages: MainWindow, qtbot: QtBot
) -> None:
    margin, colors = passages.take_margin, passages.theme.colors
    manuscript = passages.session.draft.manuscript
    takes = passages.session.writing.take_set()
    assert takes is not None
    take = manuscript.retake(takes)
    take.append("One.")
    qtbot.waitUntil(lambda: margin.is_settled, timeout=LONG)
    take.append("\n\nTwo.")
    assert not margin.is_settled
    line = passages.editor.line_at(len(text(passages)) - 1)
    assert margin.bar is not None
    place = QPoint(margin.bar.center().x(), line.center().y())
    assert color_at(passages, place) == colors.generated
    manuscript.end_take()
