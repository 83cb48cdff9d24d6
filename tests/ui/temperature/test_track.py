import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.ui.temperature.track import (
    INSET,
    exact_temperature_under,
    temperature_under,
    x_at,
    x_of,
)


def test_the_ends_are_an_inset_from_the_sides() -> None:
    ends = (x_of(0.0, 300), x_of(1.0, 300), x_of(math.inf, 300))
    assert ends == pytest.approx((INSET, 150, 300 - INSET))
    assert x_at(0.5, 300) == 150


@given(st.floats(0.0, 100.0), st.integers(60, 2000))
def test_under_its_pixel_is_the_temperature_itself(temperature: float, width: int) -> None:
    back = exact_temperature_under(x_of(temperature, width), width)
    assert back == pytest.approx(temperature, rel=1e-6, abs=1e-9)


def test_beyond_the_ends_and_without_room_there_is_still_an_answer() -> None:
    assert temperature_under(-50, 300) == 0.0
    assert temperature_under(350, 300) == math.inf
    assert temperature_under(151, 300) == 1.0
    assert temperature_under(8, 4) == 0.0
