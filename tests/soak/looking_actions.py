"""What a writer does to look at things: temperature, bars, presets, parts of the window."""

from random import Random

from PySide6.QtCore import QSize
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.app.model.state import ModelPhase
from studio.ui.histogram.histogram import NextTokenHistogram
from tests.soak.hand import ALT, CONTROL, NONE, SHIFT, Hand, Key, Pauses

_TEMPERATURES = ("0", "0.3", "0,8", "1", "1.7", "5", "40", "inf", "-1", "hot")
_SIZES = ((800, 600), (1024, 768), (1320, 860), (1920, 1080), (640, 480), (1000, 1400))


def turn_wheel(hand: Hand, chances: Random) -> Pauses:
    """The temperature is turned."""
    slider = hand.window.temperature.slider
    if slider.isVisible():
        for _ in range(chances.randrange(1, 12)):
            hand.wheel(slider, slider.rect().center(), chances.choice((-3, -1, 1, 2)))
            yield 10
        hand.click(slider, hand.a_point(slider, chances))


def type_temperature(hand: Hand, chances: Random) -> Pauses:
    """A temperature is typed, or something that is none."""
    edit = hand.window.temperature.temperature_edit
    if edit.isVisible():
        edit.setFocus()
        edit.selectAll()
        yield from hand.write(chances.choice(_TEMPERATURES), edit)
        QTest.keyClick(edit, Key.Key_Return)
        yield 0
        QTest.keyClick(edit, Key.Key_Escape)


def choose_preset(hand: Hand, chances: Random) -> Pauses:
    """From the list in the head."""
    hand.click(hand.window.preset_picker)
    yield 100


def point_at_bars(hand: Hand, chances: Random) -> Pauses:
    """Bars are pointed at, clicked, stepped through by keys."""
    found = hand.window.findChildren(NextTokenHistogram)
    bars = found[int(chances.random() * len(found))]
    if not bars.isVisible():
        return
    QTest.mouseMove(bars, hand.a_point(bars, chances))
    yield 300
    if chances.random() < 0.6:
        hand.click(bars, hand.a_point(bars, chances))
        yield 50
    if chances.random() < 0.4:
        bars.setFocus()
        for _ in range(4):
            hand.press(chances.choice((Key.Key_Down, Key.Key_Up, Key.Key_Space)))
            yield 20


def landscape(hand: Hand, chances: Random) -> Pauses:
    """The landscape comes or goes."""
    hand.window.landscape.action.trigger()
    yield 200


def heat(hand: Hand, chances: Random) -> Pauses:
    """The text is tinted by something else."""
    digit = chances.choice((Key.Key_0, Key.Key_1, Key.Key_2, Key.Key_3, Key.Key_4))
    hand.shortcut(digit, ALT)
    yield 100


def score(hand: Hand, chances: Random) -> Pauses:
    """The model reads what it did not write."""
    action = hand.window.actions_.score
    if action.isEnabled():
        action.trigger()
        yield chances.choice((0, 500, 2000))


def explain(hand: Hand, chances: Random) -> Pauses:
    """Explain is opened, and read on."""
    hand.shortcut(Key.Key_F1, NONE)
    yield 200
    for _ in range(4):
        hand.press(chances.choice((Key.Key_Right, Key.Key_Down, Key.Key_Tab, Key.Key_Return)))
        yield 50
    if chances.random() < 0.6:
        hand.press(Key.Key_Escape)


def parameters(hand: Hand, chances: Random) -> Pauses:
    """All parameters are opened or closed."""
    hand.shortcut(Key.Key_F4, NONE)
    yield 300
    for _ in range(6):
        hand.press(chances.choice((Key.Key_Tab, Key.Key_Up, Key.Key_Down, Key.Key_1)))
        yield 20


def library(hand: Hand, chances: Random) -> Pauses:
    """The presets' window is opened, looked through, closed."""
    hand.window.library.show()
    yield 300
    for _ in range(8):
        hand.press(chances.choice((Key.Key_Down, Key.Key_Down, Key.Key_Up, Key.Key_Tab)))
        yield 20
    if chances.random() < 0.3:
        hand.press(Key.Key_Return)
        yield 50
    if chances.random() < 0.7:
        hand.window.library.close()


def zoom(hand: Hand, chances: Random) -> Pauses:
    """Everything larger or smaller."""
    for _ in range(chances.randrange(1, 4)):
        hand.shortcut(chances.choice((Key.Key_Plus, Key.Key_Minus, Key.Key_0)))
        yield 50


def resize(hand: Hand, chances: Random) -> Pauses:
    """The window has another size."""
    size = QSize(*chances.choice(_SIZES))
    hand.note(f"{size.width()} x {size.height()}")
    hand.window.resize(size)
    yield 50


def next_part(hand: Hand, chances: Random) -> Pauses:
    """The keyboard goes from part to part."""
    for _ in range(chances.randrange(1, 8)):
        hand.shortcut(Key.Key_F6, chances.choice((NONE, NONE, SHIFT)))
        yield 10


def settle(hand: Hand, chances: Random) -> Pauses:
    """Until nothing is asked, read or loaded any more."""
    session = hand.window.session
    while (
        QApplication.activeModalWidget() is not None
        or session.reading.is_busy
        or session.model.phase is ModelPhase.LOADING
    ):
        yield 20


def wait(hand: Hand, chances: Random) -> Pauses:
    """The writer thinks; mostly until the model has ended."""
    for _ in range(chances.choice((2, 5, 40))):
        yield 100
        if hand.is_at_rest and not hand.window.session.compare.is_running:
            break


def go_to_compare(hand: Hand, chances: Random) -> Pauses:
    """The lanes are shown."""
    hand.shortcut(Key.Key_2)
    yield 50


def go_to_write(hand: Hand, chances: Random) -> Pauses:
    """The page is shown."""
    hand.shortcut(Key.Key_1, CONTROL)
    yield 50
