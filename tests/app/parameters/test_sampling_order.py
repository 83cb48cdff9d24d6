import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.app.parameters.sampling_order import (
    FILTERS,
    order_explanation,
    temperature_place,
    unfiltered,
    with_temperature_first,
    with_temperature_last,
    without_filters,
)
from studio.app.parameters.sampling_summary import order_words
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams, distribution

orders = st.permutations(DEFAULT_SAMPLERS).flatmap(
    lambda names: st.integers(0, len(names)).map(lambda count: tuple(names[:count]))
)


@pytest.mark.parametrize(
    ("samplers", "place"),
    [
        (DEFAULT_SAMPLERS, "last"),
        (("penalties", "temperature", "top_k"), "first"),
        (("top_k", "temperature", "min_p"), "between"),
        (("top_k",), "off"),
        (("temperature",), "last"),
    ],
)
def test_where_temperature_stands(samplers: tuple[str, ...], place: str) -> None:
    assert temperature_place(samplers) == place
    assert order_words(SamplingParams(samplers=samplers)) == f"temperature {place}"


@given(orders)
def test_moving_temperature_keeps_the_others_in_their_order(samplers: tuple[str, ...]) -> None:
    others = [name for name in samplers if name != "temperature"]
    for moved in (with_temperature_first(samplers), with_temperature_last(samplers)):
        assert [name for name in moved if name != "temperature"] == others
        assert moved.count("temperature") == 1
    assert temperature_place(with_temperature_last(samplers)) == "last"
    has_filters = bool(FILTERS & set(samplers))
    assert temperature_place(with_temperature_first(samplers)) == (
        "first" if has_filters else "last"
    )


def test_temperature_first_still_follows_the_penalties() -> None:
    first = with_temperature_first(DEFAULT_SAMPLERS)
    assert first[:4] == ("penalties", "dry", "temperature", "top_n_sigma")
    assert first[4:] == tuple(name for name in DEFAULT_SAMPLERS[3:] if name != "temperature")


def test_the_order_is_explained_where_it_is_chosen() -> None:
    filtered = SamplingParams(min_p=0.1)
    assert "T 100 can stay coherent" in order_explanation(filtered)

    def ordered(*samplers: str) -> str:
        return order_explanation(msgspec.structs.replace(filtered, samplers=samplers))

    assert "what temperature has made" in ordered("temperature", "min_p")
    assert ordered("top_k", "temperature", "min_p").startswith("Filters before temperature see T 1")
    assert "T is 1" in ordered("min_p")
    assert "makes no difference now" in order_explanation(SamplingParams())
    assert "in place of the filters" in order_explanation(SamplingParams(mirostat=1))


def test_unfiltered_cuts_nothing_and_leaves_the_rest() -> None:
    params = SamplingParams(
        temperature=2.0, top_k=3, typical_p=0.5, top_n_sigma=1.0, xtc_probability=1.0,
        presence_penalty=1.0, dynatemp_range=0.5,
    )  # fmt: skip
    logits = [3.0, 2.0, 1.0, 0.0, -1.0]
    assert np.count_nonzero(distribution(logits, unfiltered(params), [0])) == 5
    assert unfiltered(params).samplers == ("penalties", "dry", "temperature")
    steered = msgspec.structs.replace(params, mirostat=2, mirostat_tau=0.1)
    expected = distribution(logits, SamplingParams(temperature=2.0))
    assert distribution(logits, unfiltered(steered), [0]) == pytest.approx(expected)


def test_without_filters_leaves_what_only_shapes() -> None:
    assert without_filters(DEFAULT_SAMPLERS) == ("penalties", "dry", "temperature")
