"""The built-in presets are those of the product, and their files hold."""

from pathlib import Path

import msgspec
import pytest
import try_presets

from studio.presets import Preset, PresetFolder, UnknownPresetError, built_in_presets
from studio.resource_files import resource
from studio.sampling import DEFAULT_SAMPLERS, PARAMETERS, STEPS, SamplingParams

NAMES = ["Code", "Creative writing", "Customer support", "Data augmentation", "Neutral", "Greedy"]


def test_there_are_the_products_four_in_its_order_and_two_to_compare_with() -> None:
    assert [preset.name for preset in built_in_presets()] == NAMES
    assert [preset.task for preset in built_in_presets()] == [
        "code",
        "creative_writing",
        "customer_support",
        "data_augmentation",
        "other",
        "other",
    ]


def test_each_says_in_a_sentence_when_to_use_it() -> None:
    for preset in built_in_presets():
        assert preset.description.endswith(".")
        assert len(preset.description) > 40
        assert preset.notes


def test_each_says_why_its_values_and_what_three_prompts_gave() -> None:
    assert list(try_presets.PROMPTS) == NAMES
    conditions = f"seed {try_presets.SEED}, {try_presets.MAX_TOKENS} tokens"
    for preset in built_in_presets():
        why, _, seen = preset.notes.partition(f"Tried with SmolLM2-135M-Instruct, {conditions}")
        assert f"T {preset.sampling.temperature:g} " in why
        assert "On the starter model" in preset.description
        prompts = try_presets.PROMPTS[preset.name]
        assert len(prompts) == 3
        for prompt in prompts:
            assert f"“{prompt.splitlines()[0]}”" in seen


def test_their_temperatures_are_what_they_are_for() -> None:
    code, creative, support, augmentation, neutral, greedy = (
        preset.sampling.temperature for preset in built_in_presets()
    )
    assert greedy == 0 < code <= 0.3 < support < neutral == 1 < creative < augmentation
    *_, neutral_preset, greedy_preset = built_in_presets()
    assert neutral_preset.sampling == SamplingParams()
    assert greedy_preset.sampling == SamplingParams(temperature=0)


def test_a_customers_message_is_the_users_turn_of_a_chat() -> None:
    formats = {preset.name: preset.prompt_format for preset in built_in_presets()}
    assert formats == dict.fromkeys(NAMES, "plain") | {"Customer support": "chat"}
    for preset in built_in_presets():
        # A system message has a place in a chat alone.
        assert bool(preset.system_message) == (preset.prompt_format == "chat")


def test_their_samplers_run_in_llama_cpps_order_and_seeds_are_new() -> None:
    for preset in built_in_presets():
        assert preset.sampling.samplers == DEFAULT_SAMPLERS
        assert preset.sampling.seed == -1


def test_the_files_are_those_listed_and_spell_out_every_field() -> None:
    folder = resource("presets")
    names = sorted(entry.name for entry in folder.iterdir())
    assert names == sorted(f"{name.lower().replace(' ', '-')}.json" for name in NAMES)
    fields = {field.name for field in msgspec.structs.fields(Preset)}
    for name in names:
        written = msgspec.json.decode(folder.joinpath(name).read_bytes())
        assert set(written) == fields
        # Of a step that came later they are silent, as every preset of before is.
        later = {step.name for step in STEPS if step.is_later}
        sampling = {name for name, facts in PARAMETERS.items() if facts.step not in later}
        assert set(written["sampling"]) == sampling


@pytest.mark.parametrize("name", ["Code", "code", " CODE ", "cReAtIvE wRiTiNg"])
def test_a_preset_is_found_in_any_case(name: str, tmp_path: Path) -> None:
    assert PresetFolder(tmp_path).find(name).name.casefold() == name.strip().casefold()


@pytest.mark.parametrize("name", ["", "Poetry", "code!"])
def test_a_preset_that_is_none_is_refused_with_those_that_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownPresetError) as caught:
        PresetFolder(tmp_path).find(name)
    assert f"“{name}”" in str(caught.value)
    assert all(f"“{known}”" in str(caught.value) for known in NAMES)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("max_tokens", 0),
        ("max_tokens", 1_000_001),
        ("prompt_format", "prose"),
        ("task", "cooking"),
        ("format_version", 0),
        ("sampling", {"temperature": -1}),
        ("sampling", {"temprature": 1}),
    ],
)
def test_a_file_with_a_bad_value_is_refused(field: str, value: object) -> None:
    data = msgspec.json.encode({"name": "x", "description": "y", field: value})
    with pytest.raises(msgspec.ValidationError, match=field):
        msgspec.json.decode(data, type=Preset)
