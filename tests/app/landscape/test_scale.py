import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.app.landscape.scale import (
    GAP,
    LEVELS,
    RANKS,
    REST,
    TICKS,
    levels,
    place_of,
    row_at,
    rows_of_pixels,
)


@given(st.integers(0, REST))
def test_a_row_is_seen_where_it_has_its_place(row: int) -> None:
    assert row_at(place_of(row)) == row


def test_ranks_beyond_the_last_are_the_rest() -> None:
    assert place_of(5000) == place_of(REST)
    assert row_at(1.0) == REST
    assert row_at(0.0) == 0


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=20))
def test_further_down_is_never_a_better_rank(places: list[float]) -> None:
    rows = [row if (row := row_at(place)) != GAP else RANKS - 0.5 for place in sorted(places)]
    assert rows == sorted(rows)


@pytest.mark.parametrize("height", [8, 60, 110, 400])
def test_every_line_of_pixels_shows_something(height: int) -> None:
    rows = rows_of_pixels(height)
    assert rows.shape == (height,)
    assert rows[0] == 0
    assert rows[-1] == REST
    # The favourite has a seventh of the height; half of it is for the first dozen.
    if height > 50:
        assert 0.1 < np.count_nonzero(rows == 0) / height < 0.2
        assert rows[height // 2] < 16
    assert all(tick - 1 < RANKS for tick in TICKS)


def test_brightness_is_the_fourth_root() -> None:
    p = np.array([0.0, 1e-4, 0.0625, 0.5, 1.0], np.float32)
    expected = [x**0.25 * (LEVELS - 1) for x in p.tolist()]
    assert np.abs(levels(p) - np.array(expected)).max() <= 0.51
    assert levels(p).tolist()[1] == 25, "the tail of ranks can be seen"
    assert levels(p).tolist()[3:] == [214, 254]
