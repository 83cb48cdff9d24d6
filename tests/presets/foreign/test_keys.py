"""The table of keys says what the importers do: every line of it is tried."""

from collections.abc import Collection, Mapping
from typing import Any

import key_tables
import pytest

from studio.presets import Preset
from studio.presets.foreign import Imported
from studio.presets.foreign.formats import KEY_TABLES
from studio.presets.foreign.keys import UNKNOWN
from studio.presets.preset_fields import SAMPLING_FIELDS
from tests.presets.foreign.files import FILES, import_one

SAMPLES: dict[str, object] = {
    "name": "Called", "description": "Words.", "system_message": "Be kind.", "stop": ["###"],
    "max_tokens": 77, "temperature": 0.7, "dynatemp_range": 0.2, "dynatemp_exponent": 1.2,
    "top_k": 20, "top_p": 0.8, "min_p": 0.1, "typical_p": 0.7, "top_n_sigma": 1.5,
    "xtc_probability": 0.5, "xtc_threshold": 0.2, "min_keep": 2, "repeat_penalty": 1.2,
    "repeat_last_n": 100, "frequency_penalty": 0.3, "presence_penalty": 0.4,
    "dry_multiplier": 0.8, "dry_base": 2.5, "dry_allowed_length": 4, "dry_penalty_last_n": 300,
    "dry_sequence_breakers": [".", "!"], "mirostat": 2, "mirostat_tau": 4.5, "mirostat_eta": 0.3,
    "logit_bias": {"7": -3.5}, "seed": 7, "samplers": ["temperature", "top_k"],
    "adaptive_target": 0.5, "adaptive_decay": 0.8,
}  # fmt: skip
"""A value for each field, another than the neutral one."""

MOVING: dict[str, object] = {"dynatemp": True, "min_temp": 0.5, "max_temp": 1.1}
WEB_MOVING: dict[str, object] = {
    "dynamic_temperature": True,
    "dynatemp_low": 0.5,
    "dynatemp_high": 1.1,
}
NAMED: dict[str, object] = {"--samplers": "top_k;adaptive_p"}
BESIDE: dict[tuple[str, str], dict[str, object]] = {
    ("llama.cpp arguments", "--adaptive-target"): NAMED,
    ("OpenAI-style request", "adaptive_target"): {"samplers": ["top_k", "adaptive_p"]},
    ("SillyTavern", "min_temp"): MOVING,
    ("SillyTavern", "max_temp"): MOVING,
    ("SillyTavern", "dynatemp"): MOVING,
    ("text-generation-webui", "dynatemp_low"): WEB_MOVING,
    ("text-generation-webui", "dynatemp_high"): WEB_MOVING,
    ("text-generation-webui", "dynamic_temperature"): WEB_MOVING,
    ("text-generation-webui", "repetition_penalty_range"): {"dry_multiplier": 0.8},
    ("KoboldCpp", "rep_pen_slope"): {"rep_pen": 1.2},
}
"""What else the file has, with the key and without it."""

PRIORITY = ["temperature", "top_k"]
ODD: dict[tuple[str, str], object] = {
    ("SillyTavern", "dynatemp"): True,
    ("SillyTavern", "min_temp"): 0.3,
    ("SillyTavern", "max_temp"): 1.9,
    ("SillyTavern", "do_sample"): False,
    ("SillyTavern", "dry_sequence_breakers"): '["."]',
    ("KoboldCpp", "tokenbans"): "the||$||a mix of",
    ("KoboldCpp", "banned_tokens"): ["the", "a mix of"],
    ("SillyTavern", "logit_bias"): [{"text": "[7]", "value": -3}],
    ("SillyTavern", "banned_tokens"): "[7, 8]",
    ("SillyTavern", "sampler_priority"): PRIORITY,
    ("SillyTavern", "temperature_last"): False,
    ("SillyTavern", "sampler_order"): [5, 0, 1, 2, 3, 4, 6],
    ("KoboldCpp", "sampler_order"): [5, 0, 1, 2, 3, 4, 6],
    ("KoboldCpp", "extrastopseq"): "###||$||You:",
    ("LM Studio", "llm.prediction.llama.mirostatSampling"): {
        "version": 2, "targetEntropy": 4.5, "learningRate": 0.3,
    },
    ("LM Studio", "llm.prediction.llama.logitBias"): [[7, -3.5], [8, "-inf"]],
    ("text-generation-webui", "dynamic_temperature"): True,
    ("text-generation-webui", "dynatemp_low"): 0.3,
    ("text-generation-webui", "dynatemp_high"): 1.9,
    ("text-generation-webui", "do_sample"): False,
    ("text-generation-webui", "dry_sequence_breakers"): '"."',
    ("text-generation-webui", "sampler_priority"): "temperature\ntop_k",
    ("text-generation-webui", "temperature_last"): True,
    ("text-generation-webui", "custom_token_bans"): "7,8",
    ("llama.cpp arguments", "--samplers"): "temperature;top_k",
    ("llama.cpp arguments", "--sampling-seq"): "tk",
    ("llama.cpp arguments", "--sampler-seq"): "tk",
    ("llama.cpp arguments", "--logit-bias"): "7-3.5",
    ("llama.cpp arguments", "-l"): "7-inf",
    ("OpenAI-style request", "messages"): [{"role": "system", "content": "Be kind."}],
    ("Ollama request", "messages"): [{"role": "system", "content": "Be kind."}],
    ("SillyTavern chat completion", "prompts"): [{"identifier": "main", "content": "Be kind."}],
    ("SillyTavern Master Export", "preset"): {"temp": 0.7},
    ("SillyTavern Master Export", "sysprompt"): {"content": "Be kind."},
    ("NovelAI", "order"): [1, 0],
    ("Hugging Face generation config", "do_sample"): False,
    ("Hugging Face generation config", "suppress_tokens"): [7],
    ("Hugging Face generation config", "bad_words_ids"): [[7]],
}  # fmt: skip
"""Values of keys that are written in another way than our fields."""


def take(program: str, values: Mapping[str, object]) -> Imported:
    found = import_one(FILES[program](values), "stem")
    assert found.program == program
    return found


def becomes(program: str, key: str) -> bool:
    """Whether a key has a place in our presets."""
    return bool(KEY_TABLES[program][key].becomes)


NEVER_ACT: dict[str, Collection[str]] = {
    "Ollama Modelfile": ("LICENSE", "REQUIRES"),
    "LM Studio": [key for key in KEY_TABLES["LM Studio"] if "." not in key],
    "Hugging Face generation config": (
        *("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id", "max_length"),
        *("transformers_version", "use_cache", "_from_model_config"),
    ),
}
"""Keys that have no say in the sampling, whatever their value."""


def unprefixed(key: str) -> str:
    for prefix in ("inference_params.", "options.", "preset."):
        key = key.removeprefix(prefix)
    return key


def differing(one: Preset, other: Preset) -> set[str]:
    fields = {
        it for it in SAMPLING_FIELDS if getattr(one.sampling, it) != getattr(other.sampling, it)
    }
    words = ("name", "description", "prompt_format", "system_message", "stop", "max_tokens")
    return fields | {it for it in words if getattr(one, it) != getattr(other, it)}


@pytest.mark.parametrize("program", KEY_TABLES)
def test_each_key_becomes_what_the_table_says(program: str) -> None:
    for key in KEY_TABLES[program]:
        if becomes(program, key):
            check_becomes(program, key)


def check_becomes(program: str, key: str) -> None:
    entry = KEY_TABLES[program][key]
    beside = BESIDE.get((program, key), {})
    value = ODD.get((program, key), SAMPLES.get(entry.becomes[0]))
    without = take(program, {it: beside[it] for it in beside if it != key})
    with_it = take(program, {**beside, key: value})
    assert differing(without.preset, with_it.preset) == set(entry.becomes)
    assert key not in {lost.key for lost in with_it.not_carried}


@pytest.mark.parametrize("program", KEY_TABLES)
def test_each_key_without_a_place_is_reported_with_its_value_and_a_reason(program: str) -> None:
    for key in KEY_TABLES[program]:
        if not becomes(program, key):
            check_reported(program, key)


def check_reported(program: str, key: str) -> None:
    entry = KEY_TABLES[program][key]
    beside = BESIDE.get((program, key), {})
    value: Any = {
        "LM Studio": {"a": 1}, "SillyTavern Master Export": {"a": 1}, "llama.cpp arguments": "x",
    }.get(program, 0.5)  # fmt: skip
    value = "user 0.5" if key == "MESSAGE" else value
    without = take(program, beside)
    for found, had_effect in [(value, True)] + [(idle, False) for idle in entry.idle]:
        taken = take(program, {**beside, key: found})
        assert taken.preset == without.preset
        (lost,) = [it for it in taken.not_carried if unprefixed(it.key) == key]
        as_text = program in ("Ollama Modelfile", "llama.cpp arguments") and key != "tfs_z"
        assert lost.value == (str(found) if as_text else found)
        assert lost.why == entry.reason != ""
        if key not in NEVER_ACT.get(program, ()):
            assert lost.had_effect == had_effect, found


@pytest.mark.parametrize("program", [name for name in FILES if name != "SillyTavern system prompt"])
def test_a_key_that_nobody_knows_is_reported_too(program: str) -> None:
    key = {"LM Studio": "llm.prediction.aura", "llama.cpp arguments": "--aura"}.get(program, "aura")
    known = {"llama.cpp arguments": "--top-k"}.get(program, "top_k")
    beside = {known: 40} if known in KEY_TABLES[program] else {}
    (lost,) = [it for it in take(program, {**beside, key: 3}).not_carried if it.key.endswith(key)]
    assert str(lost.value) == "3"
    assert lost.had_effect
    assert lost.why == UNKNOWN


THE_PRODUCTS = {
    "SillyTavern": "temp top_p top_k min_p typical_p rep_pen rep_pen_range freq_pen presence_pen "
    "dynatemp min_temp max_temp dynatemp_exponent dry_multiplier dry_base dry_allowed_length "
    "dry_penalty_last_n dry_sequence_breakers xtc_threshold xtc_probability nsigma mirostat_mode "
    "mirostat_tau mirostat_eta temperature_last samplers sampler_priority banned_tokens logit_bias "
    "tfs top_a epsilon_cutoff eta_cutoff smoothing_factor",
    "KoboldCpp": "preset title temp dynatemp_range dynatemp_exponent top_k top_p min_p typical tfs "
    "top_a nsigma rep_pen rep_pen_range rep_pen_slope presence_penalty sampler_order temperature "
    "typ_s tfs_s miro_type miro_tau miro_eta sampler_seed",
    "LM Studio": " ".join(
        f"llm.prediction.{key}"
        for key in (
            *("temperature", "topKSampling", "topPSampling", "minPSampling", "repeatPenalty"),
            *("maxPredictedTokens", "seed", "systemPrompt", "stopStrings"),
            *("llama.frequencyPenalty", "llama.presencePenalty"),
            *("llama.xtcProbability", "llama.xtcThreshold"),
        )
    ),
    "LM Studio (older form)": "temp top_k top_p min_p repeat_penalty pre_prompt antiprompt",
    "text-generation-webui": "temperature dynamic_temperature dynatemp_low dynatemp_high "
    "dynatemp_exponent top_p top_k min_p top_n_sigma typical_p repetition_penalty "
    "repetition_penalty_range frequency_penalty presence_penalty dry_multiplier dry_base "
    "dry_allowed_length dry_sequence_breakers xtc_threshold xtc_probability mirostat_mode "
    "mirostat_tau mirostat_eta do_sample temperature_last sampler_priority",
}


@pytest.mark.parametrize("program", THE_PRODUCTS)
def test_every_key_that_the_product_names_is_known(program: str) -> None:
    assert set(THE_PRODUCTS[program].split()) <= KEY_TABLES[program].keys()


def test_the_page_for_people_is_current() -> None:
    assert key_tables.FILE.read_text(encoding="utf-8") == key_tables.page(), (
        "run packaging/key_tables.py"
    )
