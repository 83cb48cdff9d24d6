import numpy as np
import pytest

from studio.ui.heat.measure import SCALES, HeatMeasure, measure_named


@pytest.mark.parametrize("measure", SCALES)
def test_a_scale_runs_from_its_least_to_its_most(measure: HeatMeasure) -> None:
    scale = SCALES[measure]
    ends = scale.place(np.array([scale.least, scale.most]))
    assert ends.tolist() == pytest.approx([0.0, 1.0])
    assert scale.place(np.array([0.0, np.inf])).tolist() == pytest.approx([0.0, 1.0])
    assert np.isnan(scale.place(np.array([np.nan]))).all()
    places = scale.place(np.array([value for value, _ in scale.ticks]))
    assert (np.diff(places) > 0).all()
    assert places[0] == pytest.approx(0.0)
    assert places[-1] == pytest.approx(1.0)


def test_every_measure_but_off_has_a_scale() -> None:
    assert set(SCALES) == set(HeatMeasure) - {HeatMeasure.OFF}


def test_a_name_that_is_damaged_means_off() -> None:
    assert measure_named("blame") is HeatMeasure.BLAME
    assert measure_named("temperatur") is HeatMeasure.OFF
