"""Files as people have them, of every form: whose they are, what they become, what is reported."""

import json
import math
from dataclasses import dataclass, field
from typing import Any

import pytest

from studio.presets import PresetError
from studio.presets.foreign import Carried, Imported, NotCarried, import_bytes
from tests.presets.foreign.files import import_one


@dataclass(frozen=True)
class Real:
    """A file, and what is to be known of it.

    Attributes:
        text: The file, as text or as JSON's object.
        program: Whose it is.
        sampling: Some of the parameters.
        fates: What becomes of some of the keys.
        absent: The fields that it is silent on and whose values are its program's.
        fields: Some of the preset's other fields.
    """

    text: object
    program: str
    sampling: dict[str, Any]
    fates: dict[str, str] = field(default_factory=dict)
    absent: dict[str, Any] | None = None
    fields: dict[str, Any] = field(default_factory=dict)


TEXTGEN = {
    "temp": 1.1, "temperature_last": True, "top_p": 0.98, "top_k": 0, "top_a": 0, "tfs": 1,
    "epsilon_cutoff": 0, "eta_cutoff": 0, "typical_p": 1, "min_p": 0.05, "rep_pen": 1.05,
    "rep_pen_range": 2048, "rep_pen_decay": 0, "rep_pen_slope": 1, "no_repeat_ngram_size": 0,
    "penalty_alpha": 0, "num_beams": 1, "length_penalty": 1, "min_length": 0, "encoder_rep_pen": 1,
    "freq_pen": 0, "presence_pen": 0, "skew": 0, "do_sample": True, "early_stopping": False,
    "dynatemp": False, "min_temp": 0, "max_temp": 2, "dynatemp_exponent": 1,
    "smoothing_factor": 0, "smoothing_curve": 1, "add_bos_token": True, "ban_eos_token": False,
    "skip_special_tokens": True, "mirostat_mode": 0, "mirostat_tau": 5, "mirostat_eta": 0.1,
    "guidance_scale": 1, "negative_prompt": "", "grammar_string": "", "banned_tokens": "",
    "samplers": ["top_k", "tfs_z", "typical_p", "top_p", "min_p", "temperature"],
    "sampler_order": [6, 0, 1, 3, 4, 2, 5], "logit_bias": [], "rep_pen_size": 0, "genamt": 350,
    "max_length": 8192,
}  # fmt: skip
CHAT = {
    "chat_completion_source": "custom", "openai_model": "gpt-4o", "custom_url": "http://u:pw@host/v1",
    "custom_include_headers": "Authorization: Bearer abcdef", "temperature": 0.9,
    "frequency_penalty": 0.2, "presence_penalty": 0, "top_p": 0.95, "top_k": 40, "top_a": 0,
    "min_p": 0.02, "repetition_penalty": 1, "openai_max_context": 8191, "openai_max_tokens": 500,
    "names_behavior": 0, "proxy_password": "hunter2", "reverse_proxy": "", "seed": -1, "n": 1,
    "stream_openai": True,
    "prompts": [
        {"name": "Main Prompt", "role": "system", "identifier": "main", "system_prompt": True,
         "content": "Write {{char}}'s next reply."},
        {"name": "Auxiliary Prompt", "role": "system", "identifier": "nsfw", "content": ""},
        {"name": "Chat History", "identifier": "chatHistory", "marker": True},
    ],
    "prompt_order": [{"character_id": 100000, "order": [{"identifier": "main", "enabled": True}]}],
}  # fmt: skip
MASTER = {
    "instruct": {"name": "ChatML", "input_sequence": "<|im_start|>user"},
    "context": {"name": "ChatML", "story_string": "{{system}}"},
    "sysprompt": {"name": "Storyteller", "content": "You tell stories."},
    "preset": {"name": "Calm sea", "temp": 0.8, "top_k": 0, "top_p": 0.9, "rep_pen": 1.1,
               "rep_pen_range": 512, "api_key": "sk-aaaaaaaaaaaaaaaa"},
}  # fmt: skip
NOVEL = {
    "presetVersion": 3, "name": "Fresh ink", "id": "0000-1111", "remoteId": "",
    "parameters": {
        "textGenerationSettingsVersion": 5, "temperature": 1.25, "max_length": 150, "min_length": 1,
        "top_k": 25, "top_p": 0.9, "top_a": 0.02, "typical_p": 0.9, "tail_free_sampling": 0.925,
        "repetition_penalty": 1.9, "repetition_penalty_range": 768,
        "repetition_penalty_slope": 1.0, "repetition_penalty_frequency": 0.001,
        "repetition_penalty_presence": 0, "repetition_penalty_default_whitelist": True,
        "cfg_scale": 1, "cfg_uc": "", "phrase_rep_pen": "medium", "top_g": 0, "mirostat_tau": 0,
        "mirostat_lr": 1, "math1_temp": 1, "math1_quad": 0, "math1_quad_entropy_scale": 0,
        "min_p": 0, "order": [
            {"id": "tfs", "enabled": True}, {"id": "top_p", "enabled": True},
            {"id": "top_k", "enabled": True}, {"id": "temperature", "enabled": True},
            {"id": "typical_p", "enabled": False},
        ],
    },
    "model": "kayra-v1",
}  # fmt: skip
NOVEL_FLAT = {
    "order": [1, 5, 0, 2, 3], "temperature": 1.18, "max_length": 40, "min_length": 1, "top_k": 12,
    "typical_p": 0.9, "tail_free_sampling": 1, "repetition_penalty": 1.25,
    "repetition_penalty_range": 0, "repetition_penalty_slope": 0,
    "repetition_penalty_frequency": 0, "repetition_penalty_presence": 0, "use_cache": False,
    "return_full_text": False, "prefix": "vanilla", "phrase_rep_pen": "off", "max_context": 7800,
}  # fmt: skip
MODEL_YAML = """\
# model.yaml
model: qwen/qwen3-8b
base:
  - key: lmstudio-community/qwen3-8b-gguf
    sources:
      - type: huggingface
        user: lmstudio-community
        repo: Qwen3-8B-GGUF
metadataOverrides:
  domain: llm
  contextLengths:
    - 40960
  reasoning: true
config:
  operation:
    fields:
      - key: llm.prediction.topKSampling
        value: 20
      - key: llm.prediction.temperature
        value: 0.7
      - key: llm.prediction.minPSampling
        value:
          checked: false
          value: 0
      - key: llm.prediction.topPSampling
        value:
          checked: true
          value: 0.8
  load:
    fields:
      - key: llm.load.contextLength
        value: 42690
customFields:
  - key: enableThinking
    displayName: Enable Thinking
    type: boolean
    defaultValue: true
    effects:
      - type: setJinjaVariable
        variable: enable_thinking
"""
INI = """\
version = 1

; for all of them
[*]
ctx-size = 8192
mmap = true

[ggml-org/gemma-3-1b-it:Q4_K_M]
hf-repo = ggml-org/gemma-3-1b-it
temp = 0.6   ; cooler
top-k = 64
top_p = 0.95
samplers = top_k;top_p;temperature
api-key = sk-not-to-be-seen

[empty]
n-gpu-layers = 99
"""

REAL: dict[str, Real] = {
    "SillyTavern, whole": Real(
        TEXTGEN, "SillyTavern",
        {"temperature": 1.1, "top_p": 0.98, "min_p": 0.05, "repeat_penalty": 1.05,
         "repeat_last_n": 2048,
         "samplers": ("penalties", "top_k", "typical_p", "top_p", "min_p", "temperature")},
        {"temp": "carried", "rep_pen": "carried", "top_a": "idle", "min_temp": "idle",
         "do_sample": "idle", "max_length": "lost", "sampler_order": "idle",
         "add_bos_token": "idle", "banned_tokens": "idle", "temperature_last": "idle"},
        {}, {"max_tokens": 350},
    ),
    "SillyTavern, some": Real(
        {"temp": 0.6, "rep_pen": 1.1}, "SillyTavern",
        {"temperature": 0.6, "repeat_penalty": 1.1, "repeat_last_n": 0},
        {"temp": "carried", "rep_pen": "idle"},
        {"top_k": 40, "top_p": 0.5, "repeat_last_n": 0},
    ),
    "SillyTavern, an order that leaves top-p out": Real(
        {**TEXTGEN, "samplers": ["penalties", "min_p", "temperature"]}, "SillyTavern",
        {"samplers": ("penalties", "min_p", "temperature"), "top_p": 0.98},
        {"top_p": "idle", "min_p": "carried"},
    ),
    "SillyTavern, temperature_last against the order": Real(
        {**TEXTGEN, "temperature_last": False}, "SillyTavern", {}, {"temperature_last": "idle"},
    ),
    "SillyTavern, greedy": Real(
        {**TEXTGEN, "do_sample": False}, "SillyTavern", {"temperature": 0},
        {"do_sample": "carried", "min_p": "idle", "top_p": "idle", "rep_pen": "carried"},
    ),
    "SillyTavern, Mirostat": Real(
        {**TEXTGEN, "mirostat_mode": 2}, "SillyTavern", {"mirostat": 2},
        {"mirostat_mode": "carried", "min_p": "idle", "rep_pen": "idle", "temp": "carried"},
    ),
    "SillyTavern, DRY over nothing": Real(
        {**TEXTGEN, "dry_multiplier": 0.8, "dry_penalty_last_n": 0}, "SillyTavern",
        {"dry_multiplier": 0.8, "dry_penalty_last_n": -1}, {"dry_multiplier": "carried"},
    ),
    "SillyTavern, XTC above a half": Real(
        {**TEXTGEN, "samplers": ["xtc", "temperature"], "xtc_probability": 0.5,
         "xtc_threshold": 0.6}, "SillyTavern", {"xtc_threshold": 0.6},
        {"xtc_probability": "idle"},
    ),
    "SillyTavern, T below 0": Real(
        {**TEXTGEN, "temp": -1}, "SillyTavern", {"temperature": 0}, {"temp": "carried"},
    ),
    "SillyTavern, out of range": Real(
        {**TEXTGEN, "min_p": 7, "mirostat_mode": 9, "seed": 2**60}, "SillyTavern",
        {"min_p": 0, "mirostat": 0, "seed": -1, "temperature": 1.1},
        {"min_p": "lost", "mirostat_mode": "lost", "seed": "lost", "temp": "carried"},
    ),
    "SillyTavern, moving the wrong way": Real(
        {**TEXTGEN, "dynatemp": True, "min_temp": 2, "max_temp": 1}, "SillyTavern",
        {"temperature": 1.1, "dynatemp_range": 0}, {"min_temp": "lost", "temp": "carried"},
    ),
    "chat completion": Real(
        CHAT, "SillyTavern chat completion",
        {"temperature": 0.9, "top_k": 40, "min_p": 0.02, "frequency_penalty": 0.2},
        {"openai_max_tokens": "carried", "prompts": "carried", "proxy_password": "idle",
         "custom_include_headers": "idle", "openai_max_context": "lost", "n": "idle"},
        {}, {"max_tokens": 500, "system_message": "Write {{char}}'s next reply."},
    ),
    "chat completion of old": Real(
        {"temp_openai": 0.7, "top_p_openai": 0.9, "openai_max_tokens": 250,
         "main_prompt": "Write."}, "SillyTavern chat completion",
        {"temperature": 0.7, "top_p": 0.9}, {"main_prompt": "lost"}, {}, {"max_tokens": 250},
    ),
    "Master Export": Real(
        MASTER, "SillyTavern Master Export",
        {"temperature": 0.8, "top_p": 0.9, "repeat_penalty": 1.1, "repeat_last_n": 512},
        {"preset.temp": "carried", "sysprompt": "carried", "instruct": "lost", "context": "lost",
         "preset.api_key": "idle"},
        {}, {"name": "Calm sea", "system_message": "You tell stories.", "prompt_format": "chat"},
    ),
    "Master Export of a prompt alone": Real(
        {"sysprompt": MASTER["sysprompt"], "instruct": MASTER["instruct"]},
        "SillyTavern Master Export", {"temperature": 1}, {"sysprompt": "carried"}, {},
        {"name": "Storyteller"},
    ),
    "system prompt": Real(
        {"name": "Neutral", "content": "Write the next reply of {{char}}.", "post_history": ""},
        "SillyTavern system prompt", {"temperature": 1},
        {"content": "carried", "post_history": "idle"}, {}, {"prompt_format": "chat"},
    ),
    "NovelAI": Real(
        NOVEL, "NovelAI",
        {"temperature": 1.25, "top_k": 25, "typical_p": 0.9, "repeat_penalty": 1.9,
         "repeat_last_n": 768, "frequency_penalty": 0.001,
         "samplers": ("penalties", "top_p", "top_k", "temperature")},
        {"temperature": "carried", "typical_p": "idle", "tail_free_sampling": "lost",
         "phrase_rep_pen": "lost", "presetVersion": "idle", "cfg_scale": "idle", "top_g": "idle"},
        {}, {"name": "Fresh ink", "max_tokens": 150},
    ),
    "NovelAI, flat": Real(
        NOVEL_FLAT, "NovelAI",
        {"temperature": 1.18, "repeat_last_n": -1,
         "samplers": ("penalties", "top_k", "typical_p", "temperature", "top_p")},
        {"repetition_penalty_range": "carried", "tail_free_sampling": "idle"},
    ),
    "KoboldCpp": Real(
        {"preset": "Dawn", "temp": 0.75, "top_k": 100, "top_p": 0.92, "typical": 1, "tfs": 1,
         "rep_pen": 1.07, "rep_pen_range": 0, "rep_pen_slope": 0.7,
         "sampler_order": [6, 0, 1, 3, 4, 2, 5]}, "KoboldCpp",
        {"temperature": 0.75, "repeat_penalty": 1.07, "repeat_last_n": 1},
        {"rep_pen": "carried", "rep_pen_range": "carried", "rep_pen_slope": "lost",
         "preset": "carried"}, {}, {"name": "Dawn"},
    ),
    "KoboldCpp, silent": Real(
        {"title": "Dusk", "temp": 1.2, "rep_pen": 1.1}, "KoboldCpp",
        {"temperature": 1.2, "top_k": 100, "top_p": 0.92, "repeat_last_n": 320},
        {"temp": "carried"},
        {"top_k": 100, "top_p": 0.92, "repeat_last_n": 320, "samplers": (
            "dry", "penalties", "top_k", "typical_p", "top_p", "min_p", "temperature",
            "top_n_sigma", "xtc")},
    ),
    "LM Studio, off is off": Real(
        {"identifier": "@local:x", "name": "Off", "operation": {"fields": [
            {"key": "llm.prediction.temperature", "value": 0.5},
            {"key": "llm.prediction.topPSampling", "value": {"checked": False, "value": 0.95}},
        ]}, "load": {"fields": []}}, "LM Studio",
        {"temperature": 0.5, "top_p": 1},
        {"llm.prediction.topPSampling": "idle", "name": "carried"},
        {"top_k": 40, "min_p": 0.05, "repeat_penalty": 1.1},
    ),
    "LM Studio's model.yaml": Real(
        MODEL_YAML, "LM Studio model.yaml",
        {"temperature": 0.7, "top_k": 20, "top_p": 0.8, "min_p": 0},
        {"llm.prediction.topKSampling": "carried", "llm.load.contextLength": "lost",
         "base": "idle", "metadataOverrides": "idle"},
        {"repeat_penalty": 1.1}, {"name": "qwen3-8b"},
    ),
    "text-generation-webui": Real(
        "temperature: 0.7\nmin_p: 0.1\nrepetition_penalty: 1.1\n", "text-generation-webui",
        {"temperature": 0.7, "repeat_last_n": 1024}, {"min_p": "carried"},
    ),
    "text-generation-webui, over everything": Real(
        "temperature: 0.7\nrepetition_penalty: 1.1\nrepetition_penalty_range: 0\n",
        "text-generation-webui", {"repeat_last_n": -1},
        {"repetition_penalty": "carried", "repetition_penalty_range": "carried"},
    ),
    "text-generation-webui, T last or not": Real(
        "temperature: 2\ntemperature_last: false\nsampler_priority: |-\n  min_p\n  temperature\n",
        "text-generation-webui", {}, {"temperature_last": "idle", "sampler_priority": "carried"},
    ),
    "llama.cpp, with underscores": Real(
        "llama-cli --temp 0.6 --top_k 30 --top_p 0.9 --repeat_last_n 0 --repeat_penalty 1.2",
        "llama.cpp arguments", {"top_k": 30, "top_p": 0.9, "repeat_last_n": 0},
        {"--top-k": "carried", "--repeat-penalty": "idle"}, {"min_p": 0.05},
    ),
    "llama.cpp, with keys": Real(
        "llama-server --temp 0.6 --api-key -x-secret --hf-token hf_abcdefabcdefabcdef -fa on",
        "llama.cpp arguments", {"temperature": 0.6},
        {"--api-key": "idle", "--hf-token": "idle", "-fa": "lost"},
        {"top_k": 40, "top_p": 0.95, "min_p": 0.05},
    ),
    "Modelfile": Real(
        'FROM llama3.2\nPARAMETER\ttemperature\t0.3\nPARAMETER num_ctx 8192\n'
        'PARAMETER stop "<|eot|>"\nPARAMETER stop \\n\nRENDERER qwen3\nFLAVOUR mint\n'
        'SYSTEM """You are "Ann",\n\ta "poet"."""\n',
        "Ollama Modelfile", {"temperature": 0.3},
        {"temperature": "carried", "num_ctx": "lost", "RENDERER": "lost", "FLAVOUR": "idle",
         "SYSTEM": "carried", "FROM": "lost"},
        {"top_k": 40, "top_p": 0.9},
        {"stop": ("<|eot|>", "\\n"), "system_message": 'You are "Ann",\n\ta "poet".'},
    ),
    "Modelfile, Mirostat": Real(
        "FROM x\nPARAMETER mirostat 2\nPARAMETER mirostat_tau 4\n", "Ollama Modelfile",
        {"mirostat": 2, "mirostat_tau": 4}, {"mirostat": "carried"},
    ),
    "Ollama request": Real(
        {"model": "llama3.2", "prompt": "Why is the sky blue?", "stream": False, "top_k": 3,
         "options": {"num_keep": 5, "seed": 42, "num_predict": 100, "top_k": 20, "top_p": 0.9,
                     "min_p": 0.0, "typical_p": 0.7, "repeat_last_n": 33, "temperature": 0.8,
                     "repeat_penalty": 1.2, "presence_penalty": 1.5, "frequency_penalty": 1.0,
                     "penalize_newline": True, "stop": ["\n", "user:"], "num_ctx": 1024,
                     "num_gpu": 1}}, "Ollama request",
        {"seed": 42, "top_k": 20, "typical_p": 0.7, "repeat_last_n": 33, "presence_penalty": 1.5},
        {"options.top_k": "carried", "top_k": "idle", "stream": "idle", "options.num_ctx": "lost"},
        {}, {"max_tokens": 100, "stop": ("\n", "user:")},
    ),
    "Ollama chat": Real(
        {"model": "m", "messages": [{"role": "system", "content": "Be brief."},
                                    {"role": "user", "content": "Hi"}],
         "options": {"temperature": 0}, "keep_alive": "5m"}, "Ollama request",
        {"temperature": 0}, {"messages": "carried", "keep_alive": "lost"}, None,
        {"system_message": "Be brief."},
    ),
    "generation_config, sampled": Real(
        {"bos_token_id": 128000, "do_sample": True, "eos_token_id": [128001, 128009],
         "temperature": 0.6, "top_p": 0.9, "transformers_version": "4.42.3"},
        "Hugging Face generation config", {"temperature": 0.6, "top_p": 0.9, "top_k": 50},
        {"do_sample": "idle", "temperature": "carried", "eos_token_id": "idle"},
        {"top_k": 50, "samplers": ("penalties", "temperature", "top_k", "top_p", "min_p",
                                   "typical_p", "dry", "top_n_sigma", "xtc")},
    ),
    "generation_config, greedy": Real(
        {"do_sample": False, "temperature": 0.6, "top_p": 0.9, "eos_token_id": 2},
        "Hugging Face generation config", {"temperature": 0},
        {"do_sample": "carried", "temperature": "idle", "top_p": "idle"},
        {"samplers": ("penalties", "temperature", "top_k", "top_p", "min_p", "typical_p", "dry",
                      "top_n_sigma", "xtc")},
    ),
    "generation_config, greedy by default": Real(
        {"temperature": 0.6, "top_p": 0.9, "pad_token_id": 0, "repetition_penalty": 1.05,
         "max_new_tokens": 2048}, "Hugging Face generation config",
        {"temperature": 0, "repeat_penalty": 1.05, "repeat_last_n": -1},
        {"temperature": "carried", "top_p": "idle", "repetition_penalty": "carried"}, None,
        {"max_tokens": 2048},
    ),
    "generation_config, bans": Real(
        {"do_sample": True, "suppress_tokens": [5, 6], "bad_words_ids": [[7], [8, 9]],
         "eos_token_id": 2}, "Hugging Face generation config",
        {"logit_bias": ((5, -math.inf), (6, -math.inf), (7, -math.inf))},
        {"suppress_tokens": "carried", "bad_words_ids": "carried"},
    ),
    "OpenAI": Real(
        {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0.2,
         "max_tokens": 64, "api_key": "sk-abcdefabcdefabcdef", "user": "me"},
        "OpenAI-style request", {"temperature": 0.2, "top_p": 1},
        {"api_key": "idle", "user": "lost"}, {}, {"max_tokens": 64},
    ),
    "llama-server": Real(
        {"prompt": "Once", "n_predict": 32, "temperature": 0.5, "dry_multiplier": 0.8},
        "OpenAI-style request", {"temperature": 0.5, "top_k": 40, "min_p": 0.05, "top_p": 0.95},
        {"n_predict": "carried"}, {"top_k": 40, "top_p": 0.95, "min_p": 0.05},
    ),
    "ours, of tomorrow": Real(
        {"format_version": 7, "name": "Then", "aura": 1, "password": "pw",
         "sampling": {"temperature": 0.5, "top_p": 9, "repeat_penalty": 1.2, "repeat_last_n": 0,
                      "glow": 2}}, "Kelvin Studio",
        {"temperature": 0.5, "top_p": 1},
        {"format_version": "carried", "aura": "idle", "password": "idle",
         "sampling.glow": "idle", "sampling.top_p": "lost", "sampling.repeat_penalty": "idle",
         "sampling.temperature": "carried"}, {},
    ),
}  # fmt: skip

SECRETS = (
    "hunter2", "pw@host", "Bearer abcdef", "sk-aaaa", "x-secret", "hf_abcdef", "sk-abcdef",
    "sk-not-to-be-seen", "'pw'",
)  # fmt: skip


def text_of(file: object) -> str:
    return file if isinstance(file, str) else json.dumps(file)


def fates(found: Imported) -> dict[str, str]:
    """What became of each key; a part of one that is carried may be lost."""
    return {entry.key: entry.fate for entry in entries(found)}


def entries(found: Imported) -> list[Carried | NotCarried]:
    return [*found.not_carried, *found.carried]


@pytest.mark.parametrize("name", REAL)
def test_a_file_is_known_and_becomes_what_it_says(name: str) -> None:
    real = REAL[name]
    found = import_one(text_of(real.text), "stem", absent=True)
    assert found.program == real.program
    params = found.preset.sampling
    assert {key: getattr(params, key) for key in real.sampling} == real.sampling
    assert {key: getattr(found.preset, key) for key in real.fields} == real.fields
    became = fates(found)
    assert {key: became.get(key) for key in real.fates} == real.fates
    if real.absent is not None:
        assert dict(found.absent) == real.absent
    assert all(entry.why for entry in found.not_carried)
    assert all(entry.why for entry in found.carried if not entry.acts)


def test_a_switch_that_is_off_is_reported_and_not_of_note() -> None:
    found = import_one('{"temp": 1, "freq_pen": 0, "dynatemp": false, "do_sample": true}', "x")
    off = {it.key: (it.fate, it.why, it.is_of_note) for it in found.carried if not it.to}
    idle = ("idle", "It changes nothing.", False)
    assert off == {"dynatemp": idle, "do_sample": idle}


@pytest.mark.parametrize("name", [name for name in REAL if isinstance(REAL[name].text, dict)])
def test_every_key_of_a_file_is_reported(name: str) -> None:
    values = REAL[name].text
    assert isinstance(values, dict)
    found = import_one(text_of(values), "stem", absent=True)
    reported = {key.partition(".")[0] for key in fates(found)}
    inner = {"parameters", "operation", "load", "options", "preset", "sampling"}
    assert values.keys() - inner <= reported


@pytest.mark.parametrize("name", REAL)
def test_no_secret_is_reported_or_kept(name: str) -> None:
    found = import_one(text_of(REAL[name].text), "stem", absent=True)
    everything = repr(found) + found.document.to_bytes().decode()
    assert [secret for secret in SECRETS if secret in everything] == []


@pytest.mark.parametrize("name", REAL)
def test_neutral_is_neutral_where_a_file_is_silent(name: str) -> None:
    found = import_one(text_of(REAL[name].text), "stem", absent=False)
    assert found.absent == ()


def test_a_servers_presets_are_one_a_section() -> None:
    (found,) = import_bytes(INI.encode(), "models")
    assert (found.program, found.preset.name) == (
        "llama.cpp server preset", "ggml-org gemma-3-1b-it Q4_K_M",
    )  # fmt: skip
    params = found.preset.sampling
    assert (params.temperature, params.top_k, params.top_p) == (0.6, 64, 0.95)
    # llama.cpp takes what stands behind ; for a comment, here too.
    assert params.samplers == ("top_k",)
    became = fates(found)
    assert became["samplers"] == became["top-k"] == "carried"
    assert became["temp"] == became["top-p"] == "idle"  # the order leaves them out
    assert became["[empty]"] == "idle"
    assert became["api-key"] == "idle"
    assert "not-to-be-seen" not in repr(found)
    (samplers,) = [entry for entry in found.carried if entry.key == "samplers"]
    assert "comment" in samplers.why
    several = import_bytes(b"[*]\ntop-k = 9\n[a]\ntemp = 1\n[b]\ntemp = 2\n", "models")
    assert [(it.preset.name, it.preset.sampling.top_k) for it in several] == [("a", 9), ("b", 9)]
    (alone,) = import_bytes(b"temp = 0.5\ntop-k = 20\n", "preset")
    assert (alone.preset.name, alone.preset.sampling.top_k) == ("preset", 20)


REFUSED: dict[str, tuple[object, str]] = {
    "instruct template": (
        {"input_sequence": "<|im_start|>user", "output_sequence": "x", "name": "ChatML"},
        "an instruct template of SillyTavern's",
    ),
    "context template": ({"story_string": "{{system}}", "name": "x"}, "a context template"),
    "reasoning template": (
        {"name": "DeepSeek", "prefix": "<think>", "suffix": "</think>", "separator": "\n"},
        "a reasoning template",
    ),
    "Master Export of templates": (
        {"instruct": MASTER["instruct"], "context": MASTER["context"]}, "Nothing in it can be",
    ),
    "a model's ids": (
        {"_from_model_config": True, "eos_token_id": 2, "transformers_version": "4.39"},
        "Nothing in it can be carried over",
    ),
    "a request without settings": ({"model": "x", "messages": []}, "Nothing in it can be"),
    "an Ollama request without settings": (
        {"model": "x", "prompt": "Hi", "options": {}}, "Nothing in it can be",
    ),
    "options of another kind": ({"model": "x", "options": [1]}, "options: found [1]"),
    "a Modelfile without settings": ("FROM llama3.2\nLICENSE MIT\n", "Nothing in it can be"),
    "an .ini without settings": ("[a]\nctx-size = 1\n[b]\nthreads = 2\n", "Nothing in it can be"),
    "an .ini of another program": ("[core]\nbare = false\n", "no preset that is known"),
    "a list": ("[1, 2]", "no preset that is known"),
    "keys of a shell": ("API_KEY=sk-abcdefabcdef1234\n", "no preset that is known here"),
    "LM Studio without settings": (
        {"operation": {"fields": []}, "load": {"fields": []}, "name": "x"}, "Nothing in it can be",
    ),
    "a model.yaml without settings": ("model: a/b\nbase: a/c\n", "Nothing in it can be"),
    "a character": (
        {"spec": "chara_card_v2", "data": {"name": "Ann", "description": "A poet."}},
        "no preset that is known here",
    ),
    "a tokenizer": ({"add_bos_token": True, "model_max_length": 4096}, "no preset that is known"),
    "prose": ("From the sea he came.\nSystem and order he brought.\n", "no preset that is known"),
    "a flag that is none": ({"temp": 1, "freq_pen": 0, "do_sample": 1}, "do_sample: found 1"),
    "a switch in words": ({"do_sample": "no", "eos_token_id": 2}, "do_sample: found 'no'"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_carried_is_refused_with_the_reason(name: str) -> None:
    file, said = REFUSED[name]
    with pytest.raises(PresetError) as caught:
        import_one(text_of(file), "stem", absent=True)
    assert said in str(caught.value)
    assert "sk-abcdef" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_which_of_two_orders_won_is_reported() -> None:
    def why(values: object, key: str = "temperature_last") -> str:
        found = import_one(text_of(values), "x", absent=True)
        (entry,) = [it for it in entries(found) if it.key == key]
        return entry.why

    last = {**TEXTGEN, "temperature_last": False}
    assert why(last) == "`samplers` counts before it, and puts temperature last."
    first = {**TEXTGEN, "samplers": ["temperature", "min_p"]}
    assert "counts before it, and puts temperature elsewhere" in why(first)
    web = "temperature: 1\ntemperature_last: {}\nsampler_priority: |-\n  temperature\n  min_p\n"
    assert why(web.format("false")) == (
        "`sampler_priority` counts, and puts temperature where it has it."
    )
    assert "Puts temperature last, whatever" in why(web.format("true"))


def test_secrets_in_messages_are_not_shown_either() -> None:
    for text in (
        '{"temp": 1, "freq_pen": 0, "api_key": "sk-secret\\ud800"}',
        '{"temp": "x", "api_key": "sk-secret", "freq_pen": 0}',
    ):
        with pytest.raises(PresetError) as caught:
            import_one(text, "x")
        assert "sk-secret" not in str(caught.value)


def test_keys_that_sillytavern_has_too_make_no_file_its_own() -> None:
    values = {
        "description": "Mine",
        "dynatemp_range": 0,
        "sampler_order": [6, 0, 1, 3, 4, 2, 5],
        "genamt": 80,
        "nsigma": -1.0,
        "banned_tokens": ["sea"],
    }
    imported = import_one(json.dumps(values), "stem")
    assert imported.program == "KoboldCpp"
    assert [word.text for word in imported.preset.sampling.word_biases] == ["sea"]
