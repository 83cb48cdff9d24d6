import numpy as np
import pytest

from studio.app.heat.measure import SCALES, HeatMeasure, measure_named


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


@pytest.mark.parametrize("measure", [HeatMeasure.SURPRISE, HeatMeasure.ENTROPY, HeatMeasure.RANK])
def test_a_scale_fits_the_text_and_says_where_it_ends(measure: HeatMeasure) -> None:
    scale = SCALES[measure]
    dull = np.append(np.full(95, scale.least + 0.5), [900.0] * 5)
    wild = np.linspace(scale.least, 11.0 if not scale.logarithmic else 5000.0, 200)
    low, high = scale.fitted(dull), scale.fitted(wild)
    assert low.most < high.most
    for fitted, values in ((low, dull), (high, wild)):
        places = fitted.place(values)
        assert np.mean(places < 1) >= 0.89, "all but one in ten are told apart"
        value, label = fitted.ticks[-1]
        assert value == fitted.most
        assert f"{fitted.most:,g}" in label
        assert ("+" in label) == (fitted is not scale)
    # Reported apart better than on the scale of all texts.
    assert np.ptp(low.place(dull[:95] * [1.0, *[1.2] * 94])) > 0
    assert scale.fitted(np.array([np.nan])) == scale.fitted(np.array([])) == scale


def test_blame_keeps_its_scale() -> None:
    assert SCALES[HeatMeasure.BLAME].fitted(np.array([0.2, 0.3])) == SCALES[HeatMeasure.BLAME]
