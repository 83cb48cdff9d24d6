"""Whole files as the programs write them, in `examples`: what is carried, what is reported."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from studio.presets import Preset
from studio.presets.foreign import FORMAT_WORDS, Imported, export, import_file
from studio.sampling import CASINGS, STEPS, SamplingParams, WordBias
from tests.presets.foreign.files import import_one

EXAMPLES = Path(__file__).parent / "examples"
KOBOLD_ORDER = (
    "dry", "penalties", "top_k", "typical_p", "top_p", "min_p", "temperature", "top_n_sigma", "xtc",
)  # fmt: skip


@dataclass(frozen=True)
class Expected:
    """What a file is to become; parameters that are not named are neutral."""

    program: str
    name: str
    sampling: dict[str, Any]
    reported: list[tuple[str, object]]
    fields: dict[str, Any]


EXPECTED = {
    "Campfire.json": Expected(
        "SillyTavern", "Campfire",
        {
            "temperature": 1.25, "dynatemp_range": 0.5, "dynatemp_exponent": 1.2, "top_p": 0.96,
            "min_p": 0.05, "xtc_probability": 0.5, "xtc_threshold": 0.12, "repeat_penalty": 1.08,
            "repeat_last_n": 1536, "frequency_penalty": 0.1, "presence_penalty": 0.05,
            "dry_multiplier": 0.8, "dry_allowed_length": 3, "dry_penalty_last_n": -1,
            "dry_sequence_breakers": ("\n", ":", '"', "*", "</s>"),
            "logit_bias": ((7, -math.inf), (1234, -math.inf), (128000, -math.inf)),
            "word_biases": (
                WordBias("suddenly", -3.0), WordBias("shivers down", -math.inf),
                WordBias("ministrations", -math.inf),
            ),
            "samplers": (
                "penalties", "dry", "top_n_sigma", "top_k", "typical_p", "xtc", "top_p", "min_p",
                "temperature",
            ),
        },
        [
            ("top_a", 0.1), ("tfs", 0.97), ("smoothing_factor", 0.23), ("max_length", 8192),
        ],
        {"max_tokens": 350},
    ),
    "kobold-preset.json": Expected(
        "KoboldCpp", "Slow Burn",
        {
            "temperature": 0.85, "dynatemp_range": 0.25, "top_k": 80, "top_p": 0.93, "min_p": 0.02,
            "typical_p": 0.98, "top_n_sigma": 1.2, "xtc_threshold": 0.2, "repeat_penalty": 1.06,
            "repeat_last_n": 512, "presence_penalty": 0.15, "dry_multiplier": 0.6,
            "dry_penalty_last_n": 320, "seed": 4711, "samplers": KOBOLD_ORDER,
        },
        [("rep_pen_slope", 0.7), ("top_a", 0.05), ("tfs", 0.96)],
        {"description": "Long sentences, few surprises."},
    ),
    "The lighthouse.json": Expected(
        "Kobold Lite story", "The lighthouse",
        {
            "temperature": 0.75, "top_k": 100, "top_p": 0.92, "xtc_threshold": 0.2,
            "repeat_penalty": 1.07, "repeat_last_n": 360, "dry_penalty_last_n": 320, "mirostat": 2,
            "mirostat_tau": 4.5, "mirostat_eta": 0.15, "logit_bias": ((290, 2.5), (318, -4.0)),
            "word_biases": tuple(
                WordBias(text, -math.inf, CASINGS) for text in ("lighthouse keeper", "seagull")
            ),
            "seed": 123456, "samplers": KOBOLD_ORDER,
        },
        [
            ("savedsettings.rep_pen_slope", 0.7), ("savedsettings.max_context_length", 6144),
            ("savedsettings.tfs_s", 0.95),
        ],
        {"max_tokens": 240, "stop": ("THE END", "\n###")},
    ),
    "editor.preset.json": Expected(
        "LM Studio", "Editor",
        {
            "temperature": 0.35, "top_k": 50, "top_p": 0.9, "xtc_probability": 0.4,
            "xtc_threshold": 0.15, "repeat_penalty": 1.15, "frequency_penalty": 0.2,
            "logit_bias": ((13, -2.5), (27, -math.inf)),
        },
        [
            ("llm.prediction.llama.cpuThreads", 6),
            ("llm.prediction.contextOverflowPolicy", "rollingWindow"),
            ("llm.load.contextLength", 8192), ("llm.load.llama.acceleration.offloadRatio", 0.5),
        ],
        {
            "max_tokens": 600, "stop": ("<END>",), "prompt_format": "chat",
            "system_message": "You are a patient editor.\nMark, never rewrite.",
        },
    ),
    "field-notes.preset.json": Expected(
        "LM Studio (older form)", "Field notes",
        {
            "temperature": 0.65, "top_k": 30, "top_p": 0.9, "min_p": 0.04, "repeat_penalty": 1.12,
            "repeat_last_n": 96, "presence_penalty": 0.3, "logit_bias": ((50, -1.5),),
        },
        [
            ("inference_params.n_threads", 4), ("inference_params.tfs_z", 0.9),
            ("inference_params.input_prefix", "### Instruction:\n"),
            ("inference_params.input_suffix", "\n### Response:\n"),
            ("inference_params.pre_prompt_suffix", "\n"),
            ("load_params", {"n_ctx": 4096, "n_gpu_layers": -1, "use_mmap": True}),
        ],
        {
            "stop": ("### Instruction:",), "prompt_format": "chat",
            "system_message": "Answer as a naturalist would.",
        },
    ),
    "Warm.yaml": Expected(
        "text-generation-webui", "Warm",
        {
            "temperature": 1.1, "dynatemp_range": 0.4, "dynatemp_exponent": 1.3, "top_k": 60,
            "min_p": 0.04, "top_n_sigma": 1.5, "xtc_probability": 0.4, "repeat_penalty": 1.07,
            "repeat_last_n": 1024, "dry_multiplier": 0.8, "dry_penalty_last_n": 1024,
            "dry_sequence_breakers": ("\n", ":", '"', "*", "###"),
            "samplers": (
                "penalties", "dry", "top_n_sigma", "top_k", "top_p", "typical_p", "min_p", "xtc",
                "temperature",
            ),
        },
        [("smoothing_factor", 0.3), ("tfs", 0.98), ("epsilon_cutoff", 3)],
        {},
    ),
    "run.txt": Expected(
        "llama.cpp arguments", "run",
        {
            "temperature": 0.9, "dynatemp_range": 0.3, "dynatemp_exponent": 1.1, "top_k": 60,
            "top_p": 0.92, "min_p": 0.03, "typical_p": 0.95, "top_n_sigma": 1.4,
            "xtc_probability": 0.3, "xtc_threshold": 0.12, "repeat_penalty": 1.1,
            "repeat_last_n": -1, "frequency_penalty": 0.2, "presence_penalty": 0.1,
            "dry_multiplier": 0.7, "dry_base": 1.8, "dry_allowed_length": 3,
            "dry_penalty_last_n": 512, "dry_sequence_breakers": ("\n", '"'),
            "logit_bias": ((13, -math.inf), (15043, -1.5)), "seed": 42, "adaptive_target": 0.5,
            "samplers": tuple(step.name for step in STEPS if step.is_by_default),
        },
        [
            ("--model", "models/night.gguf"), ("-ngl", "99"), ("-c", "8192"), ("-fa", "on"),
            ("--no-mmap", None), ("-p", "It was"),
        ],
        {
            "max_tokens": 512, "stop": ("User:", "\n###"), "prompt_format": "chat",
            "system_message": "You keep a log.",
        },
    ),
    "Modelfile": Expected(
        "Ollama Modelfile", "Modelfile",
        {
            "temperature": 0.95, "top_k": 60, "top_p": 0.92, "min_p": 0.03, "typical_p": 0.9,
            "repeat_penalty": 1.12, "repeat_last_n": 128, "frequency_penalty": 0.1,
            "presence_penalty": 0.2, "seed": 42,
        },
        [
            ("FROM", "llama3.2:3b"), ("num_ctx", "8192"),
            (
                "TEMPLATE",
                "{{ if .System }}<|system|>\n{{ .System }}{{ end }}<|user|>\n{{ .Prompt }}"
                "<|assistant|>\n",
            ),
            ("MESSAGE", "user Once more?"),
        ],
        {
            "max_tokens": 400, "stop": ("<|eot_id|>", "The end."), "prompt_format": "chat",
            "system_message": "You tell stories.\nKeep them short.",
        },
    ),
    "request.json": Expected(
        "OpenAI-style request", "request",
        {
            "temperature": 0.55, "top_k": 30, "top_p": 0.88, "min_p": 0.06,
            "frequency_penalty": 0.4, "presence_penalty": -0.2, "seed": 99,
            "logit_bias": ((11, 1.5), (50256, -math.inf)),
        },
        [
            ("model", "local-model"), ("response_format", {"type": "json_object"}),
            ("user", "writer-1"),
        ],
        {
            "max_tokens": 180, "stop": ("\n\n", "END"), "prompt_format": "chat",
            "system_message": "You are terse.",
        },
    ),
}  # fmt: skip
WRITTEN_BY = {words: name for name, words in FORMAT_WORDS.items()} | {
    "Kobold Lite story": "koboldcpp",
    "LM Studio (older form)": "lmstudio",
}


def taken(name: str) -> Imported:
    (found,) = import_file(EXAMPLES / name)
    return found


def test_every_example_is_expected_and_every_program_has_one() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == EXPECTED.keys()
    programs = {expected.program for expected in EXPECTED.values()}
    assert programs == WRITTEN_BY.keys() - {"Kelvin Studio"}


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_becomes_this_preset(name: str) -> None:
    expected, imported = EXPECTED[name], taken(name)
    assert imported.program == expected.program
    sampling = SamplingParams(**expected.sampling)
    assert imported.preset.sampling == sampling
    assert imported.preset == Preset(name=expected.name, sampling=sampling, **expected.fields)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_reports_what_had_an_effect_with_a_reason(name: str) -> None:
    reported = [it for it in taken(name).not_carried if it.had_effect]
    assert [(it.key, it.value) for it in reported] == EXPECTED[name].reported
    assert all(it.why for it in taken(name).not_carried)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_goes_out_and_in_again_as_it_was(name: str) -> None:
    preset = taken(name).preset
    exported = export(preset, WRITTEN_BY[EXPECTED[name].program])
    again = import_one(exported.text, preset.name, absent=True).preset
    reported = {it.key: it.value for it in exported.not_carried}
    assert reported.keys() <= {"max_tokens", "stop", "description", "repeat_last_n"}
    last_n = reported.pop("repeat_last_n", again.sampling.repeat_last_n)
    sampling = msgspec.structs.replace(again.sampling, repeat_last_n=last_n)
    assert msgspec.structs.replace(again, sampling=sampling, **reported) == preset


def test_a_storys_keys_of_servers_are_reported_without_their_values() -> None:
    reported = {it.key: it.value for it in taken("The lighthouse.json").not_carried}
    assert reported["savedsettings.saved_oai_key"] == reported["savedsettings.my_api_key"] == "…"
    assert reported["savedsettings.darkmode"] is True
    assert "sk-not" not in repr(taken("The lighthouse.json"))
