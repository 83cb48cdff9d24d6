import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.app.parameters.sampler_order import (
    STEP_TITLES,
    is_at_work,
    moved,
    step_words,
    whole_order,
)
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams

orders = st.permutations(DEFAULT_SAMPLERS).map(tuple)
parts = orders.flatmap(lambda names: st.integers(0, len(names)).map(lambda count: names[:count]))


def test_every_step_has_a_title() -> None:
    assert set(STEP_TITLES) == set(DEFAULT_SAMPLERS)


@given(parts, orders)
def test_the_whole_order_has_every_step_once_and_those_in_force_in_theirs(
    samplers: tuple[str, ...], before: tuple[str, ...]
) -> None:
    order = whole_order(samplers, before)
    assert sorted(order) == sorted(DEFAULT_SAMPLERS)
    assert tuple(name for name in order if name in samplers) == samplers


@given(orders, st.sampled_from(DEFAULT_SAMPLERS))
def test_a_step_that_is_left_out_stays_where_it_stood(before: tuple[str, ...], out: str) -> None:
    assert whole_order([name for name in before if name != out], before) == before


@given(orders, st.sampled_from(DEFAULT_SAMPLERS), st.integers(-3, 12))
def test_a_step_is_moved_and_the_others_keep_their_order(
    order: tuple[str, ...], name: str, place: int
) -> None:
    after = moved(order, name, place)
    assert after.index(name) == min(max(place, 0), len(order) - 1)
    assert [other for other in after if other != name] == [
        other for other in order if other != name
    ]


@pytest.mark.parametrize(
    ("name", "params", "words", "works"),
    [
        ("top_k", SamplingParams(), "off", False),
        ("top_k", SamplingParams(top_k=40), "40", True),
        ("top_k", SamplingParams(top_k=40, samplers=("top_p",)), "left out", False),
        ("top_k", SamplingParams(top_k=40, mirostat=2), "replaced by Mirostat", False),
        ("temperature", SamplingParams(), "T 1", False),
        ("temperature", SamplingParams(temperature=0.8, dynatemp_range=0.5), "T 0.8 ±0.5", True),
        ("temperature", SamplingParams(temperature=0.8, mirostat=1), "T 0.8", True),
        (
            "penalties",
            SamplingParams(repeat_penalty=1.1, presence_penalty=0.2),
            "repeat 1.1, presence 0.2",
            True,
        ),
        ("penalties", SamplingParams(repeat_penalty=1.1, repeat_last_n=0), "off", False),
        ("xtc", SamplingParams(xtc_probability=0.5), "0.5", True),
        ("xtc", SamplingParams(xtc_probability=0.5, xtc_threshold=0.6), "off", False),
    ],
)
def test_a_row_says_what_its_step_does_now(
    name: str, params: SamplingParams, words: str, works: bool
) -> None:
    assert step_words(name, params) == words
    assert is_at_work(name, params) is works
