import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from studio.sampling import LogitSketch, SamplingParams
from studio.ui.histogram.histogram import NextTokenHistogram
from studio.ui.histogram.legend import HistogramLegend
from studio.ui.histogram.scale import BarScale
from studio.ui.theme.colors import DARK, LIGHT
from studio.ui.theme.theme import Theme
from studio.ui.tokens.next_token import NextToken
from studio.ui.tokens.rows import Tail, TokenRow
from studio.ui.tokens.text import token_text
from studio.ui.tokens.words import choices, description, percent, row_label, tail_sentence

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


def test_filled_bars_follow_the_current_probabilities(qtbot: QtBot, theme: Theme) -> None:
    state = make_state()
    view = make_view(qtbot, state, theme)
    at_one = pixels(view, LIGHT.accent)
    state.set_params(SamplingParams(temperature=0.0))
    greedy = pixels(view, LIGHT.accent)
    state.set_params(SamplingParams(temperature=float("inf")))
    uniform = pixels(view, LIGHT.accent)
    assert greedy > at_one > uniform > 0


def test_outlines_stay_when_t_turns(qtbot: QtBot, theme: Theme) -> None:
    state = make_state(temperature=1.1)
    view = make_view(qtbot, state, theme)
    before = pixels(view, LIGHT.ghost)
    state.set_params(SamplingParams(temperature=1.2))
    assert before > 0
    assert pixels(view, LIGHT.ghost) == before


def test_cut_tokens_are_grey(qtbot: QtBot, theme: Theme) -> None:
    state = make_state()
    view = make_view(qtbot, state, theme)
    assert pixels(view, LIGHT.cut) == 0
    state.set_params(SamplingParams(top_k=2))
    assert pixels(view, LIGHT.cut) > 0


def test_what_the_filters_add_is_told_apart_from_what_was_there(qtbot: QtBot, theme: Theme) -> None:
    state = make_state()
    view = make_view(qtbot, state, theme)
    solid = pixels(view, LIGHT.accent)
    assert pixels(view, LIGHT.gained) == 0
    state.set_params(SamplingParams(top_k=2))
    assert pixels(view, LIGHT.gained) > 0
    # The solid part is the T in force before the filters: less only by the bars that are cut.
    assert pixels(view, LIGHT.accent) + pixels(view, LIGHT.cut) == pytest.approx(solid, rel=0.03)
    state.set_params(SamplingParams(temperature=0.0, top_k=2))
    assert pixels(view, LIGHT.gained) == 0


def test_the_legend_has_a_swatch_for_every_layer(qtbot: QtBot, theme: Theme) -> None:
    legend = HistogramLegend(theme)
    qtbot.addWidget(legend)
    legend.resize(legend.sizeHint())
    legend.show()
    image = legend.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    values = np.frombuffer(image.constBits(), np.uint32) & 0xFFFFFF
    for color in (LIGHT.ghost, LIGHT.accent, LIGHT.gained, LIGHT.cut):
        assert np.count_nonzero(values == int(color[1:], 16)) >= 30, color
    assert legend.accessibleName().startswith("Legend")


def test_the_drawn_token_has_a_mark(qtbot: QtBot, theme: Theme) -> None:
    state = make_state()
    view = make_view(qtbot, state, theme)
    plain = pixels(view, LIGHT.accent)
    assert state.sketch is not None
    state.show(state.sketch, chosen=1)
    assert pixels(view, LIGHT.accent) > plain
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
    assert view.row_count() == 12
    view.resize(480, view.minimumSizeHint().height())
    assert view.row_count() == 3
    view.resize(480, 5)
    assert view.row_count() == 0
    assert not view.grab().isNull()


def test_colours_follow_the_theme(qtbot: QtBot, theme: Theme) -> None:
    view = make_view(qtbot, make_state(), theme)
    assert pixels(view, DARK.accent) == 0
    theme.set_appearance("dark")
    assert pixels(view, DARK.accent) > 0
    assert pixels(view, DARK.card) > pixels(view, LIGHT.card)


def test_those_who_cannot_see_it_get_the_favourites_in_words(qtbot: QtBot, theme: Theme) -> None:
    state = make_state(top_k=2)
    view = make_view(qtbot, state, theme)
    assert view.accessibleName() == "Next token"
    assert view.accessibleDescription() == (
        f"space sea 62.2{NARROW}%; newline 37.8{NARROW}%; part of a character cut; "
        "space bay cut; token number 4 cut"
    )
    state.set_params(SamplingParams(temperature=0.0))
    qtbot.waitUntil(lambda: view.accessibleDescription().startswith(f"space sea 100.0{NARROW}%"))


def test_the_keyboard_reaches_it_and_sees_that_it_has(qtbot: QtBot, theme: Theme) -> None:
    view = make_view(qtbot, make_state(), theme)
    view.activateWindow()
    plain = pixels(view, LIGHT.accent)
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    assert pixels(view, LIGHT.accent) > plain
    view.clearFocus()
    assert pixels(view, LIGHT.accent) == plain


def test_the_window_opens_without_pyqtgraph() -> None:
    loads_nothing = "import sys; import studio.ui.main_window; sys.exit('pyqtgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loads_nothing], check=False).returncode == 0


@given(st.lists(st.floats(0, 1), min_size=1))
def test_every_bar_fits_and_the_longest_is_never_tiny(longest: list[float]) -> None:
    scale = BarScale()
    for probability in longest:
        full = scale.fit(probability)
        assert probability <= full <= 1
        if probability > 1e-9:
            assert probability > 0.4 * full


def test_the_scale_holds_still_near_a_boundary() -> None:
    scale = BarScale()
    assert scale.fit(0.51) == 1
    assert {scale.fit(p) for p in (0.49, 0.51, 0.45, 0.52)} == {1}
    assert scale.fit(0.39) == 0.5
    assert {scale.fit(p) for p in (0.41, 0.49, 0.39)} == {0.5}
    assert scale.fit(0) == 0.5
    assert scale.fit(1) == 1


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
    assert tail_sentence(Tail(4102, 4102, 0.14, None)) == (f"4,102 more tokens share 14.0{NARROW}%")
    assert tail_sentence(Tail(4102, 31, 0.021, None, is_counted=False, is_weighed=False)) == (
        f"about 31 more tokens share 2.1{NARROW}%"
    )
    assert tail_sentence(Tail(4102, 31, 0.021, None, is_weighed=False)) == (
        f"31 more tokens share about 2.1{NARROW}%"
    )
    assert tail_sentence(Tail(4102, 1, 0.14, word)) == (
        f"1 more token has 14.0{NARROW}%; drawn: ·wombat"
    )
    assert tail_sentence(Tail(49_140, 0, 0, None)) == "49,140 more tokens cannot be drawn"
    assert tail_sentence(Tail(0, 0, 0, None)) == "no other tokens"


def test_words_for_rows() -> None:
    text = token_text(b" sea", 1)
    kept = TokenRow(1, text, 0.3, 0.2, 0.3, cut=False, chosen=True)
    cut = TokenRow(1, text, 0, 0.2, 0.3, cut=True, chosen=False)
    assert row_label(kept) == f"30.0{NARROW}%"
    assert row_label(cut) == "cut"
    far = [cut] * 7 + [kept]
    assert description(far).count("cut") == 5
    assert description(far).endswith(f"space sea 30.0{NARROW}%, drawn")


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


def test_in_a_narrow_window_the_legend_has_no_half_names(qtbot: QtBot, theme: Theme) -> None:
    legend = HistogramLegend(theme)
    qtbot.addWidget(legend)
    legend.show()
    usual = legend.sizeHint().width()
    fewest = 5
    for width in range(usual - 1, 40, -7):
        legend.resize(width, legend.sizeHint().height())
        names = legend.names()
        assert ["T 1", "T now", "filtered", "cut", "▸ drawn"][: len(names)] == names
        assert sum(legend.fontMetrics().horizontalAdvance(name) for name in names) <= width
        fewest = min(fewest, len(names))
    assert fewest <= 1
    legend.resize(usual - 30, 20)
    assert legend.names() == ["T 1", "T now", "filtered", "cut", "▸ drawn"]
    legend.resize(usual, 20)
    assert legend.names()[0] == "at T 1"
    legend.resize(usual // 2, 20)
    assert 0 < len(legend.names()) < 5
