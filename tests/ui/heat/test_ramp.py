import numpy as np
import pytest

from studio.app.heat.state import LEVELS
from studio.ui.heat.ramp import oklab, ramp
from studio.ui.theme.colors import DARK, LIGHT, Colors
from tests.helpers.contrast import contrast_ratio

BOTH = pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])


def test_oklab_of_white_black_and_red() -> None:
    assert oklab("#ffffff") == pytest.approx([1.0, 0.0, 0.0], abs=1e-3)
    assert oklab("#000000") == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)
    assert oklab("#ff0000") == pytest.approx([0.628, 0.225, 0.126], abs=1e-3)  # Ottosson's own


@BOTH
def test_the_ramp_is_even_and_goes_one_way(colors: Colors) -> None:
    steps = ramp(colors.heat_least, colors.heat_most, LEVELS)
    assert (steps[0], steps[-1]) == (colors.heat_least, colors.heat_most)
    points = np.array([oklab(color) for color in steps])
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    # A hexadecimal colour cannot be nearer to the line than this.
    assert np.abs(lengths - lengths.mean()).max() < 0.005
    # Lightness alone says the steps apart, for eyes that say few colours.
    lightness = np.diff(points[:, 0])
    assert (lightness < 0).all() or (lightness > 0).all()
    assert abs(points[-1, 0] - points[0, 0]) > 0.12


@BOTH
def test_every_kind_of_text_is_readable_on_every_tint(colors: Colors) -> None:
    for tint in ramp(colors.heat_least, colors.heat_most, LEVELS):
        for ink in (colors.text, colors.generated):
            assert contrast_ratio(ink, tint) >= 4.5, (ink, tint)


@BOTH
def test_the_line_of_blame_stands_out(colors: Colors) -> None:
    assert contrast_ratio(colors.heat_line, colors.card) >= 3
    assert contrast_ratio(colors.heat_line, colors.heat_most) >= 3
