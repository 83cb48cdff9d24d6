"""The order of the sampler's steps, those that are left out among them."""

import pytest
from pytestqt.qtbot import QtBot

from studio.app.parameters.sampler_order_state import SamplerOrder
from studio.app.parameters.sampling_state import SamplingState
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams


@pytest.fixture
def sampling(qtbot: QtBot) -> SamplingState:
    return SamplingState(SamplingParams(), 64)


@pytest.fixture
def order(sampling: SamplingState) -> SamplerOrder:
    return SamplerOrder(sampling)


def test_a_step_that_is_left_out_keeps_its_place(
    order: SamplerOrder, sampling: SamplingState
) -> None:
    assert order.order == DEFAULT_SAMPLERS
    assert order.is_default
    order.use("top_k", False)
    assert not order.is_used("top_k")
    assert "top_k" not in sampling.params.samplers
    assert order.order == DEFAULT_SAMPLERS, "it is shown where it stood"
    assert not order.is_default
    order.use("top_k", True)
    assert order.is_default
    assert order.params is sampling.params


def test_a_step_is_moved_among_all_of_them(
    order: SamplerOrder, sampling: SamplingState, qtbot: QtBot
) -> None:
    order.move("temperature", 0)
    assert sampling.params.samplers[0] == "temperature"
    order.move("temperature", 99)
    assert sampling.params.samplers[-1] == "temperature"
    order.use("top_k", False)
    before = sampling.params
    with qtbot.waitSignal(order.changed):
        order.move("top_k", 0)
    assert order.order[0] == "top_k"
    assert sampling.params is before, "one that is left out changes no sampling"
    order.use("top_k", True)
    assert sampling.params.samplers[0] == "top_k"


def test_temperature_goes_first_or_last_and_the_default_comes_back(
    order: SamplerOrder, sampling: SamplingState
) -> None:
    filters = [name for name in DEFAULT_SAMPLERS if name.startswith("top_")]
    order.put_temperature_first()
    place = order.order.index("temperature")
    assert all(order.order.index(name) > place for name in filters)
    order.put_temperature_last()
    place = order.order.index("temperature")
    assert all(order.order.index(name) < place for name in filters)
    order.move("top_p", 0)
    order.set_default()
    assert order.is_default
    assert sampling.params.samplers == DEFAULT_SAMPLERS
