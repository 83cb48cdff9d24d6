"""Out and in again: what both sides have stays; what does not is told."""

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.presets import Preset
from studio.presets.foreign import WRITERS, export, import_bytes
from studio.presets.preset_fields import SAMPLING_FIELDS
from studio.sampling import SamplingParams, active_steps
from tests.presets.strategies import presets


def reach(params: SamplingParams) -> tuple[float, float]:
    """Between which temperatures T moves."""
    middle, width = params.temperature, params.dynatemp_range
    return max(0.0, middle - width), middle + width


@pytest.mark.parametrize("format_name", WRITERS)
@settings(max_examples=60)
@given(preset=presets())
def test_every_value_stays_or_is_told(format_name: str, preset: Preset) -> None:
    exported = export(preset, format_name)
    told = {entry.key: entry.value for entry in exported.not_carried}
    again = import_bytes(exported.text.encode(), preset.name).preset
    assert again.name == preset.name
    before, after = preset.sampling, again.sampling
    # As if what was told had been set by hand.
    by_hand = {field: told[field] for field in told if field in SAMPLING_FIELDS}
    mended = msgspec.structs.replace(after, **by_hand)
    for field in SAMPLING_FIELDS:
        old, new = getattr(before, field), getattr(after, field)
        if field in told:
            assert told[field] == old
        elif field == "samplers":
            assert active_steps(mended) == active_steps(before)
        elif field in ("temperature", "dynatemp_range") and math.isfinite(before.temperature):
            assert reach(mended) == pytest.approx(reach(before), abs=1e-9)
            assert before.dynatemp_range > before.temperature or new == pytest.approx(old)
        else:
            assert new == old, field
    for field in ("description", "task", "prompt_format", "system_message", "stop", "max_tokens"):
        if field not in told:
            assert getattr(again, field) == getattr(preset, field), field


@pytest.mark.parametrize("format_name", WRITERS)
def test_a_plain_preset_loses_nothing_but_its_words(format_name: str) -> None:
    preset = Preset(
        name="Plain",
        max_tokens=99,
        sampling=SamplingParams(temperature=0.8, top_k=40, top_p=0.9, repeat_penalty=1.1),
    )
    lost = {entry.key for entry in export(preset, format_name).not_carried}
    assert lost == ({"max_tokens"} if format_name == "textgen" else set())


CARRIED_BY_ALL = ("temperature", "top_p", "frequency_penalty", "presence_penalty")


@given(st.sampled_from([name for name in WRITERS if name != "koboldcpp"]), presets())
def test_what_all_of_them_have_is_never_lost(format_name: str, preset: Preset) -> None:
    told = {entry.key for entry in export(preset, format_name).not_carried}
    infinite = {"temperature"} if math.isinf(preset.sampling.temperature) else set()
    assert not told & (set(CARRIED_BY_ALL) - infinite)
