import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import (
    QAbstractAnimation,
    QEvent,
    QObject,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QFont, QImage, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from studio.app.tokens.bar_scale import LEVELS, closest, tick_labels
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.rows import Fold, Tail, TokenRow
from studio.app.tokens.text import token_text
from studio.app.tokens.words import (
    choices,
    description,
    fold_sentence,
    percent,
    row_label,
    short_percent,
    tail_sentence,
)
from studio.sampling import LogitSketch, SamplingParams
from studio.ui.histogram.histogram import NextTokenHistogram
from studio.ui.theme.colors import DARK, LIGHT, Colors
from studio.ui.theme.theme import Theme
from tests.helpers.truncated import cut_off

NARROW = "\u202f"


def make_state(temperature: float = 1.0, top_k: int = 0) -> NextToken:
    state = NextToken(SamplingParams(temperature=temperature, top_k=top_k))
    logits = np.full(100, -5, np.float32)
    logits[:6] = (3.0, 2.5, 2.0, 1.5, 1.0, 0.5)
    state.show(LogitSketch.of(logits))
    state.add_pieces({0: b" sea", 1: b"\n", 2: b"\xf0\x9f", 3: b" bay"})
    return state


def make_view(qtbot: QtBot, state: NextToken, theme: Theme) -> NextTokenHistogram:
    view = NextTokenHistogram(state, theme)
    qtbot.addWidget(view)
    view.resize(480, 400)
    view.show()
    return view


def pixels(view: NextTokenHistogram, color: str) -> int:
    """How many pixels of the view have exactly this colour: an area of bars."""
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    values = np.frombuffer(image.constBits(), np.uint32) & 0xFFFFFF
    return int(np.count_nonzero(values == int(color[1:], 16)))


def bar_of(view: NextTokenHistogram, line: int, color: str) -> tuple[int, int]:
    """Where in a line pixels of exactly this colour begin and end, in the view's coordinates."""
    rect = view.line_rect(line)
    image = view.grab(rect).toImage().convertToFormat(QImage.Format.Format_RGB32)
    values = np.frombuffer(image.constBits(), np.uint32).reshape(rect.height(), -1) & 0xFFFFFF
    places = np.flatnonzero((values == int(color[1:], 16))[rect.height() // 2])
    return (int(places[0]), int(places[-1]) + 1) if places.size else (0, 0)


def point_at(view: NextTokenHistogram, at: QPoint) -> None:
    for step in (QPoint(1, 0), QPoint(0, 0)):  # where the pointer is already no move is reported
        QTest.mouseMove(view, at + step)


def test_the_fill_is_what_the_number_says_and_the_tick_is_the_models_own(
    qtbot: QtBot, theme: Theme
) -> None:
    state = make_state(temperature=0.7, top_k=3)
    view = make_view(qtbot, state, theme)
    left, end = bar_of(view, 5, LIGHT.track)  # the axis' row of the legend has none
    assert (left, end) == (0, 0)
    lines = view.lines
    for index, row in enumerate(lines[:3]):
        assert isinstance(row, TokenRow)
        start, _ = bar_of(view, index, LIGHT.accent)
        full = bar_of(view, index, LIGHT.track)[1] - start
        ticks = bar_ends(view, index, LIGHT.text, start, full)
        assert bar_of(view, index, LIGHT.accent)[1] - start == pytest.approx(
            row.probability * full, abs=2
        )
        assert ticks == pytest.approx(row.ghost * full, abs=2)
        assert row_label(row) == short_percent(row.probability)


def test_what_is_possible_and_not_certain_is_pale(qtbot: QtBot, theme: Theme) -> None:
    state = make_state(temperature=2.0)
    logits = np.random.default_rng(3).normal(scale=2.0, size=3000)
    logits[:3] += 9.0
    state.show(cut_off(logits, 40))
    view = make_view(qtbot, state, theme)
    for index, row in enumerate(view.lines[:2]):
        assert isinstance(row, TokenRow)
        assert row.band is not None
        start, certain = bar_of(view, index, LIGHT.accent)
        empty, end = bar_of(view, index, LIGHT.track)
        full = end - start
        assert certain - start == pytest.approx(row.band.used[0] * full, abs=4)
        assert empty - start == pytest.approx(row.band.used[1] * full, abs=4)
        assert empty - certain > 5
        assert "–" in row_label(row)
    assert "–" in view.accessibleDescription()
    state.set_params(SamplingParams(temperature=1.0))
    assert bar_of(view, 0, LIGHT.track)[0] - bar_of(view, 0, LIGHT.accent)[1] < 4
    state.set_params(SamplingParams(typical_p=0.5))
    assert pixels(view, LIGHT.accent) == 0
    view._describe()
    assert "Typical-p looks at all tokens" in view.accessibleDescription()


def bar_ends(view: NextTokenHistogram, line: int, color: str, start: int, room: int) -> float:
    """How far along a line's track the tick stands."""
    rect = view.line_rect(line)
    track = QRect(start, rect.top(), room, rect.height())
    image = view.grab(track).toImage().convertToFormat(QImage.Format.Format_RGB32)
    values = np.frombuffer(image.constBits(), np.uint32).reshape(rect.height(), -1) & 0xFFFFFF
    return float(np.flatnonzero((values == int(color[1:], 16)).any(axis=0)).mean())


def test_bars_follow_t_and_the_scale_stays(qtbot: QtBot, theme: Theme) -> None:
    state = make_state()
    view = make_view(qtbot, state, theme)
    lengths = []
    for temperature in (0.0, 1.0, 3.0):
        state.set_params(SamplingParams(temperature=temperature))
        start, end = bar_of(view, 0, LIGHT.accent)
        lengths.append(end - start)
        assert view.scale == 1.0
    assert lengths[0] > lengths[1] > lengths[2]
    room = view._rows.columns.bar_room
    assert lengths[0] == pytest.approx(room, abs=3)


def test_what_is_cut_is_one_row_that_opens_and_stays_open(qtbot: QtBot, theme: Theme) -> None:
    state = make_state(top_k=2)
    view = make_view(qtbot, state, theme)
    closed = view.lines
    assert [type(line) for line in closed] == [TokenRow, TokenRow, Fold]
    fold = closed[2]
    assert isinstance(fold, Fold)
    assert fold_sentence(fold) == "4 likely words cut by top-k 2"
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.line_rect(2).center())
    opened = view.lines
    assert [type(line) for line in opened] == [TokenRow] * 2 + [Fold] + [TokenRow] * 4 + [Tail]
    cut = [line for line in opened[3:] if isinstance(line, TokenRow)]
    assert all(row.cut and row_label(row) == "cut" for row in cut)
    assert bar_of(view, 3, LIGHT.accent) == (0, 0), "nothing of it will be used"
    assert state.sketch is not None
    state.show(state.sketch)
    assert view.is_open, "remembered"
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.line_rect(2).center())
    assert view.lines == closed


def test_the_keyboard_opens_what_is_cut(qtbot: QtBot, theme: Theme) -> None:
    view = make_view(qtbot, make_state(top_k=2), theme)
    view.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.accessibleDescription() == "4 likely words cut by top-k 2; closed"
    steps = (
        (Qt.Key.Key_Left, False),
        (Qt.Key.Key_Right, True),
        (Qt.Key.Key_Right, True),
        (Qt.Key.Key_Left, False),
        (Qt.Key.Key_Space, True),
        (Qt.Key.Key_Return, False),
    )
    for key, is_open in steps:
        QTest.keyClick(view, key)
        assert view.is_open is is_open
        assert view.pointed == 2
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert view.accessibleDescription().endswith("; open")
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.accessibleDescription().startswith("part of a character, token 2, cut")


def test_a_click_or_enter_chooses_a_word_and_takes_no_focus(qtbot: QtBot, theme: Theme) -> None:
    view = make_view(qtbot, make_state(), theme)
    with qtbot.waitSignal(view.chosen) as clicked:
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.line_rect(1).center())
    assert clicked.args == [1]
    assert not view.hasFocus()
    view.setFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Down, Qt.Key.Key_Down):
        QTest.keyClick(view, key)
    with qtbot.waitSignal(view.chosen) as entered:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert entered.args == [2]
    with qtbot.assertNotEmitted(view.chosen):  # a press that is dragged off its row is no click
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=view.line_rect(1).center())
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=view.line_rect(2).center())


def test_the_axis_looks_closer_and_says_so(qtbot: QtBot, theme: Theme) -> None:
    state = make_state(temperature=4.0)
    state.show(LogitSketch.of(np.linspace(0.0, 1.0, 100, dtype=np.float32)))
    view = make_view(qtbot, state, theme)
    before = bar_of(view, 0, LIGHT.accent)
    assert view.scale_offer == f"Show 0 to 2{NARROW}%"
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 3))
    assert view.scale == 0.02
    qtbot.waitUntil(lambda: bar_of(view, 0, LIGHT.accent)[1] - before[0] > 20)
    assert f"Scale 0 to 2{NARROW}%" in view.accessibleDescription()
    assert view.scale_offer == f"Show 0 to 100{NARROW}%"
    # A bar that would not fit takes the scale along.
    state.show(LogitSketch.of(np.array([4.0, *[0.0] * 99], np.float32)))
    assert view.scale == 0.5
    QTest.keyClick(view, Qt.Key.Key_Z)
    assert view.scale == 1.0
    qtbot.waitUntil(lambda: view._zoom.state() == QAbstractAnimation.State.Stopped)


def test_a_narrow_scale_names_what_can_be_distinguished(qtbot: QtBot, theme: Theme) -> None:
    rows = make_view(qtbot, make_state(), theme)._rows
    seen = []
    for width in range(500, 100, -1):
        rows.set_size(QSize(width, 400))
        names = [label for label, _ in rows.ticks(1.0)]
        if names not in seen:
            seen.append(names)
        ends = [
            (share * (rows.columns.bar_room - extent), extent)
            for label, share in rows.ticks(1.0)
            for extent in (rows._words.of(label)[1],)
        ]
        for (left, extent), (following, _) in pairwise(ends):
            assert left + extent < following, width
    assert seen == [["0", "50", f"100{NARROW}%"], ["0", f"100{NARROW}%"], [f"100{NARROW}%"]]


def test_bars_grow_with_the_letters(qtbot: QtBot, theme: Theme) -> None:
    view = make_view(qtbot, make_state(), theme)
    heights = []
    for size in (13, 26):
        font = QFont(view.font())
        font.setPixelSize(size)
        view.setFont(font)
        image = view.grab(view.line_rect(0)).toImage()
        x = view._rows.columns.bar_left + view._rows.columns.bar_room - 10
        colors = [image.pixelColor(x, y).name() for y in range(image.height())]
        heights.append(colors.count(LIGHT.track))
    assert heights[1] == pytest.approx(2 * heights[0], abs=2)


def test_at_rest_nothing_runs(qtbot: QtBot, theme: Theme) -> None:
    view = make_view(qtbot, make_state(), theme)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 3))
    point_at(view, view.line_rect(0).center())
    qtbot.waitUntil(view.card.isVisible)
    timers = view.findChildren(QTimer)
    assert len(timers) == 3
    qtbot.waitUntil(lambda: not any(timer.isActive() for timer in timers))
    assert view._zoom.state() == QAbstractAnimation.State.Stopped


def test_a_key_typed_elsewhere_takes_the_card_away(qtbot: QtBot, theme: Theme) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    field = QLineEdit(window)
    view = NextTokenHistogram(make_state(), theme, window)
    view.setGeometry(0, 40, 480, 400)
    window.resize(500, 460)
    window.show()
    field.setFocus()
    point_at(view, view.line_rect(1).center())
    qtbot.waitUntil(view.card.isVisible)
    QTest.keyClicks(field, "a")
    assert field.text() == "a"
    assert not view.card.isVisible()
    view.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.card.isVisible(), "one's own keys bring it"


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_the_legend_names_fill_and_tick(qtbot: QtBot, theme: Theme, colors: Colors) -> None:
    theme.set_appearance("dark" if colors.dark else "light")
    view = make_view(qtbot, make_state(top_k=2), theme)
    line = len(view.lines)
    assert bar_of(view, line, colors.accent)[1] - bar_of(view, line, colors.accent)[0] == 14
    start, end = bar_of(view, line, colors.text)
    assert end - start == 2


def test_the_drawn_token_has_a_mark(qtbot: QtBot, theme: Theme) -> None:
    state = make_state()
    view = make_view(qtbot, state, theme)
    plain = pixels(view, LIGHT.text)
    assert state.sketch is not None
    state.show(state.sketch, chosen=1)
    assert pixels(view, LIGHT.text) > plain
    state.show(state.sketch, chosen=99)
    marked = view.grab().toImage()
    state.show(state.sketch)
    assert marked != view.grab().toImage()


def test_an_empty_state_is_words_and_no_bars(qtbot: QtBot, theme: Theme) -> None:
    state = make_state()
    view = make_view(qtbot, state, theme)
    state.clear("Type something, and the bars show what comes next.")
    assert pixels(view, LIGHT.accent) == 0
    assert pixels(view, LIGHT.muted) > 0
    qtbot.waitUntil(lambda: view.accessibleDescription() == state.reason)


def test_the_height_decides_how_many_rows(qtbot: QtBot, theme: Theme) -> None:
    view = make_view(qtbot, make_state(), theme)
    view.resize(480, view.sizeHint().height())
    assert view.line_count() == 12
    view.resize(480, view.minimumSizeHint().height())
    assert view.line_count() == 4
    view.resize(480, 5)
    assert view.line_count() == 0
    assert not view.grab().isNull()


def test_colours_follow_the_theme(qtbot: QtBot, theme: Theme) -> None:
    view = make_view(qtbot, make_state(), theme)
    assert pixels(view, DARK.accent) == 0
    theme.set_appearance("dark")
    assert pixels(view, DARK.accent) > 0
    assert pixels(view, DARK.track) > 0


def test_those_who_cannot_see_it_get_the_favourites_in_words(qtbot: QtBot, theme: Theme) -> None:
    state = make_state(top_k=2)
    view = make_view(qtbot, state, theme)
    assert view.accessibleName() == "Next word"
    assert view.accessibleDescription() == (
        f"space sea 62{NARROW}%; newline 38{NARROW}%; 4 likely words cut by top-k 2"
    )
    state.set_params(SamplingParams(temperature=0.0))
    qtbot.waitUntil(lambda: view.accessibleDescription().startswith(f"space sea 100{NARROW}%"))


def test_the_keyboard_reaches_it_and_sees_that_it_has(qtbot: QtBot, theme: Theme) -> None:
    view = make_view(qtbot, make_state(), theme)
    view.activateWindow()
    assert pixels(view, LIGHT.focus) == 0
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    assert pixels(view, LIGHT.focus) > 0
    view.clearFocus()
    assert pixels(view, LIGHT.focus) == 0


def test_the_window_opens_without_pyqtgraph() -> None:
    loads_nothing = "import sys; import studio.ui.main_window; sys.exit('pyqtgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loads_nothing], check=False).returncode == 0


@given(st.floats(0, 1))
def test_the_closest_scale_holds_the_longest_bar(longest: float) -> None:
    full = closest(longest)
    assert longest <= full
    narrower = [level for level in LEVELS if level < full]
    assert not narrower or longest > 0.9 * narrower[-1]


def test_a_scale_is_labelled_with_its_ends_and_middle() -> None:
    assert tick_labels(1.0) == ("0", "50", f"100{NARROW}%")
    assert tick_labels(0.05) == ("0", "2.5", f"5{NARROW}%")


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        (0, "0"),
        (1, "100"),
        (0.9996, "100"),
        (0.9993, "99.9"),
        (0.632, "63"),
        (0.0124, "1"),
        (0.0086, "0.9"),
        (0.000421, f"<{NARROW}0.1"),
    ],
)
def test_a_bar_has_whole_percents(probability: float, shown: str) -> None:
    assert short_percent(probability) == f"{shown}{NARROW}%"


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        (0, "0"),
        (1, "100.0"),
        (0.3124, "31.2"),
        (0.0124, "1.2"),
        (0.00951, "1.0"),
        (0.0086, "0.86"),
        (0.000421, "0.042"),
        (0.000021, "0.0021"),
        (0.000001, f"<{NARROW}0.001"),
    ],
)
def test_percentages_have_the_digits_that_say_something(probability: float, shown: str) -> None:
    assert percent(probability) == f"{shown}{NARROW}%"


def test_words_for_the_tail() -> None:
    word = token_text(b" wombat", 1)
    assert tail_sentence(Tail(4102, 4102, 0.14, None)) == f"4,102 more share 14{NARROW}%"
    assert tail_sentence(Tail(4102, 31, 0.021, None, is_counted=False, is_weighed=False)) == (
        f"about 31 more share 2{NARROW}%"
    )
    assert tail_sentence(Tail(4102, 31, 0.021, None, is_weighed=False)) == (
        f"31 more share about 2{NARROW}%"
    )
    assert tail_sentence(Tail(4102, 1, 0.14, word)) == f"1 more has 14{NARROW}%; drawn: ␣wombat"
    assert tail_sentence(Tail(49_140, 0, 0, None)) == "49,140 more cannot be drawn"
    assert tail_sentence(Tail(0, 0, 0, None)) == "no others"


def test_words_for_rows() -> None:
    text = token_text(b" sea", 1)
    kept = TokenRow(1, text, 0.3, 0.2, 0.3, cut=False, chosen=True)
    cut = TokenRow(1, text, 0, 0.2, 0.3, cut=True, chosen=False)
    assert row_label(kept) == f"30{NARROW}%"
    assert row_label(cut) == "cut"
    far = [cut] * 7 + [kept]
    assert description(far).count("cut") == 5
    assert description(far).endswith(f"space sea 30{NARROW}%, drawn")


@pytest.mark.parametrize(
    ("effective", "words"),
    [
        (1.0, "1 choice"),
        (1.4, "about 1.4 choices"),
        (2.96, "about 3 choices"),
        (9.2, "about 9 choices"),
        (49_152, "about 49,152 choices"),
    ],
)
def test_words_for_choices(effective: float, words: str) -> None:
    assert choices(effective) == words


def test_words_for_what_is_cut() -> None:
    def words(tokens: int, banned: int = 0, by: str = "", *, likely: bool = True) -> str:
        return fold_sentence(Fold(tokens, banned, likely, tokens, True, by, False))

    assert words(8, by="min-p 0.05") == "8 likely words cut by min-p 0.05"
    assert words(1) == "1 likely word cut"
    assert words(49_136, by="top-k 3", likely=False) == "unlikely words cut by top-k 3"
    assert words(2, 2) == "2 likely words banned"
    assert words(3, 1, "top-k 3") == "3 likely words cut by top-k 3, 1 banned"
    closed, opened = (Fold(40, 0, False, 40, False, "", is_open) for is_open in (False, True))
    assert fold_sentence(closed) == "unlikely words cut"
    for counted in (fold_sentence(opened), fold_sentence(closed, is_exact=True)):
        assert counted == "about 40 unlikely words cut"
    likely = Fold(8, 0, True, 49_147, True, "min-p 0.05", False)
    assert fold_sentence(likely) == "8 likely words cut by min-p 0.05"
    exact = fold_sentence(likely, is_exact=True)
    assert exact == "49,147 words cut by min-p 0.05, 8 likely"


@pytest.mark.parametrize(
    ("fields", "by"),
    [
        ({"top_k": 2}, "top-k 2"),
        ({"top_k": 50, "min_p": 0.5}, "min-p 0.5"),
        ({"top_k": 2, "min_p": 0.01}, "top-k 2"),
        ({"top_k": 5, "top_n_sigma": 1.0}, "top-nσ 1"),
        ({"top_p": 0.8, "min_p": 0.01}, "top-p 0.8"),
        ({"top_p": 0.999, "min_p": 0.3}, "min-p 0.3"),
        (
            {
                "top_p": 0.8,
                "min_p": 0.01,
                "temperature": 1.5,
                "samplers": ("temperature", "top_p", "min_p"),
            },
            "top-p 0.8",
        ),
        ({"top_p": 0.8, "min_p": 0.01, "temperature": 1.5, "min_keep": 20}, "top-p 0.8"),
        ({"typical_p": 0.5}, "typical-p 0.5"),
        ({"xtc_probability": 1.0, "xtc_threshold": 0.1, "min_p": 0.1}, ""),
        ({"mirostat": 2, "mirostat_tau": 1.0}, "Mirostat 2"),
    ],
)
def test_the_filter_that_did_it_alone_is_named(fields: dict[str, object], by: str) -> None:
    state = make_state()
    state.set_params(SamplingParams(**fields))  # type: ignore[arg-type]  # fields vary
    fold = next(line for line in state.lines(12) if isinstance(line, Fold))
    assert fold.by == by


@given(
    room=st.integers(0, 20),
    top_k=st.integers(0, 30),
    temperature=st.sampled_from([0.0, 0.5, 1.0, 3.0]),
    is_open=st.booleans(),
    chosen=st.none() | st.integers(0, 99),
    banned=st.sets(st.integers(0, 5), max_size=3),
)
def test_lines_fit_and_account_for_every_token(
    room: int,
    top_k: int,
    temperature: float,
    is_open: bool,
    chosen: int | None,
    banned: set[int],
) -> None:
    biases = tuple((token, float("-inf")) for token in sorted(banned))
    state = NextToken(SamplingParams(temperature=temperature, top_k=top_k, logit_bias=biases))
    logits = np.random.default_rng(top_k).normal(size=100).astype(np.float32) * 2
    state.show(LogitSketch.of(logits), chosen=chosen)
    lines = state.lines(room, is_open=is_open)
    assert len(lines) <= max(room, 3 if room else 0)
    rows = [line for line in lines if isinstance(line, TokenRow)]
    kept = [row for row in rows if not (row.cut or row.banned)]
    assert len({row.token for row in rows}) == len(rows)
    assert [row.probability for row in kept if not row.chosen] == sorted(
        (row.probability for row in kept if not row.chosen), reverse=True
    )
    if chosen is not None and room:
        assert any(row.chosen for row in rows)
    folds = [line for line in lines if isinstance(line, Fold)]
    assert len(folds) <= 1
    if room and (banned or (0 < top_k < 100 and temperature)):
        assert folds, "what is cut is told"
    for line in lines:
        if isinstance(line, Tail):
            assert line.tokens + len(rows) == 100
            shown = sum(row.probability for row in rows)
            assert shown + line.probability == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("height", [180, 230, 300, 460])
def test_the_legend_has_room_but_in_a_low_view(qtbot: QtBot, theme: Theme, height: int) -> None:
    view = make_view(qtbot, make_state(), theme)
    view.resize(480, height)
    lines = view.lines
    start, end = bar_of(view, len(lines), LIGHT.accent)
    assert (end - start == 14) is (len(lines) > 5)
    assert view.line_rect(len(lines) - 1).bottom() <= height


def test_a_frame_paints_the_rows_alone(qtbot: QtBot, theme: Theme) -> None:
    state = make_state(top_k=2)
    view = make_view(qtbot, state, theme)
    view.grab()
    regions: list[QRect] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
            if isinstance(event, QPaintEvent):
                regions.append(event.rect())
            return super().eventFilter(watched, event)

    # What a screen asks for as the window comes to it is behind us.
    assert QTest.qWaitForWindowExposed(view)
    QApplication.processEvents()
    view.repaint()
    watch = Watch(view)
    view.installEventFilter(watch)
    state.show(LogitSketch.of(np.linspace(2.0, -2.0, 100, dtype=np.float32)), chosen=0)
    qtbot.waitUntil(lambda: bool(regions))
    legend = view.line_rect(len(view.lines)).top()
    assert [(rect.top(), rect.bottom() + 1) for rect in regions] == [
        (view.line_rect(0).top(), legend)
    ]
    # The same picture as one that is painted whole.
    by_parts = view.grab().toImage()
    view.repaint()
    assert view.grab().toImage() == by_parts
    regions.clear()
    state.clear("Open a model.")
    qtbot.waitUntil(lambda: view.rect() in regions)
