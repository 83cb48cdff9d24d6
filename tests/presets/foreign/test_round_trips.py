"""Out and in again: what both sides have stays; what does not is reported."""

import math

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio.presets import Preset
from studio.presets.foreign import FORMAT_WORDS, WRITERS, Exported, export
from studio.presets.preset_fields import SAMPLING_FIELDS
from studio.sampling import SamplingParams, active_steps
from tests.presets.foreign.files import FILES, import_one, values
from tests.presets.strategies import presets

WRITTEN_BY = {words: name for name, words in FORMAT_WORDS.items()} | {
    "LM Studio (older form)": "lmstudio",
    "SillyTavern chat completion": "openai",
    "SillyTavern Master Export": "sillytavern",
    "SillyTavern system prompt": "ollama",
    "NovelAI": "sillytavern",
    "Ollama request": "ollama",
    "Hugging Face generation config": "openai",
}


def reach(params: SamplingParams) -> tuple[float, float]:
    """Between which temperatures T moves."""
    middle, width = params.temperature, params.dynatemp_range
    return max(0.0, middle - width), middle + width


def biased_texts(params: SamplingParams) -> dict[str, float]:
    """Each way of writing a word; where one is meant twice, the last counts."""
    return {form: word.bias for word in params.word_biases for form in word.forms}


def check_carried(before: Preset, exported: Exported, after: Preset) -> None:
    """Every field is as it was, or is reported with the value that it had."""
    reported = {entry.key: entry.value for entry in exported.not_carried}
    old_params, new_params = before.sampling, after.sampling
    # As if what was reported had been set by hand.
    by_hand = {field: reported[field] for field in reported if field in SAMPLING_FIELDS}
    mended = msgspec.structs.replace(new_params, **by_hand)
    for field in SAMPLING_FIELDS:
        old, new = getattr(old_params, field), getattr(new_params, field)
        if field in reported:
            assert reported[field] == old
        elif field == "samplers":
            assert active_steps(mended) == active_steps(old_params)
        elif field == "word_biases":
            assert biased_texts(new_params) == biased_texts(old_params)
        elif field in ("temperature", "dynatemp_range") and math.isfinite(old_params.temperature):
            assert reach(mended) == pytest.approx(reach(old_params), abs=1e-9)
            is_cut = old_params.dynatemp_range > old_params.temperature
            assert is_cut or new == pytest.approx(old)
        else:
            assert new == old, field
    for field in ("description", "task", "prompt_format", "system_message", "stop", "max_tokens"):
        if field not in reported:
            assert getattr(after, field) == getattr(before, field), field


@pytest.mark.parametrize("format_name", WRITERS)
@settings(max_examples=20)
@given(preset=presets())
@example(preset=Preset(name="2", sampling=SamplingParams(dry_sequence_breakers=("none",))))
@example(preset=Preset(name="3", sampling=SamplingParams(dry_sequence_breakers=("a", "none"))))
def test_every_value_stays_or_is_reported(format_name: str, preset: Preset) -> None:
    exported = export(preset, format_name)
    again = import_one(exported.text, preset.name, absent=True).preset
    assert again.name == preset.name
    check_carried(preset, exported, again)
    assert all(entry.why for entry in exported.not_carried)


@pytest.mark.parametrize("program", FILES)
@settings(max_examples=12)  # for each program
@given(data=st.data())
def test_a_file_taken_in_goes_out_and_in_again_the_same(program: str, data: st.DataObject) -> None:
    text = FILES[program](data.draw(values(program)))
    preset = import_one(text, "stem", absent=True).preset
    exported = export(preset, WRITTEN_BY[program])
    again = import_one(exported.text, preset.name, absent=True).preset
    check_carried(preset, exported, again)
    # From here on nothing changes any more.
    once_more = export(again, WRITTEN_BY[program])
    assert import_one(once_more.text, preset.name, absent=True).preset == again


@pytest.mark.parametrize("format_name", WRITERS)
def test_a_plain_preset_loses_nothing_but_its_words(format_name: str) -> None:
    preset = Preset(
        name="Plain",
        max_tokens=99,
        sampling=SamplingParams(temperature=0.8, top_k=40, top_p=0.9, repeat_penalty=1.1),
    )
    lost = {entry.key for entry in export(preset, format_name).not_carried}
    assert lost == ({"max_tokens"} if format_name == "textgen" else set())


DRY_WITHOUT_RANGE = SamplingParams(dry_multiplier=0.8, dry_penalty_last_n=0)


@pytest.mark.parametrize(
    ("format_name", "params", "field"),
    [
        ("koboldcpp", SamplingParams(seed=0), "seed"),
        ("koboldcpp", SamplingParams(repeat_last_n=-1), "repeat_last_n"),
        ("koboldcpp", DRY_WITHOUT_RANGE, "dry_penalty_last_n"),
        ("sillytavern", DRY_WITHOUT_RANGE, "dry_penalty_last_n"),
        ("textgen", DRY_WITHOUT_RANGE, "dry_penalty_last_n"),
        ("textgen", SamplingParams(repeat_last_n=0), "repeat_last_n"),
        ("openai", SamplingParams(logit_bias=((7, -120.0),)), "logit_bias"),
        ("ollama", SamplingParams(temperature=math.inf), "temperature"),
        ("ollama", SamplingParams(top_k=5, temperature=2, samplers=("temperature", "top_k")),
         "samplers"),
    ],
)  # fmt: skip
def test_what_would_mean_another_thing_there_is_reported(
    format_name: str, params: SamplingParams, field: str
) -> None:
    reported = export(Preset(name="x", sampling=params), format_name).not_carried
    (entry,) = [entry for entry in reported if entry.key == field]
    assert entry.value == getattr(params, field)
    assert "has no place for it" not in entry.why


def test_all_tokens_and_line_ends_of_yaml_are_written_in_its_words() -> None:
    params = SamplingParams(repeat_last_n=-1, dry_sequence_breakers=("\x85", "\u2028"))
    text = export(Preset(name="x", sampling=params), "textgen").text
    assert "repetition_penalty_range: 0\n" in text
    assert import_one(text, "x", absent=True).preset.sampling == msgspec.structs.replace(
        params, samplers=import_one(text, "x", absent=True).preset.sampling.samplers
    )


CARRIED_BY_ALL = ("temperature", "top_p", "frequency_penalty", "presence_penalty")


@given(st.sampled_from([name for name in WRITERS if name != "koboldcpp"]), presets())
def test_what_all_of_them_have_is_never_lost(format_name: str, preset: Preset) -> None:
    reported = {entry.key for entry in export(preset, format_name).not_carried}
    infinite = {"temperature"} if math.isinf(preset.sampling.temperature) else set()
    assert not reported & (set(CARRIED_BY_ALL) - infinite)
