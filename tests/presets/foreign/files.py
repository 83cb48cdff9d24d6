"""Files of other programs made from keys and values, and such values for hypothesis."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from studio.presets.foreign import Imported, import_bytes
from studio.presets.foreign.formats import KEY_TABLES
from studio.presets.foreign.yaml_reading import write_yaml
from tests.presets.strategies import PARAMS, numbers

File = Callable[[Mapping[str, object]], str]
"""Makes the file that has these keys; with none it is still known for its program's, and sets
something that is neutral."""


def import_one(text: str, stem: str, name: str | None = None, *, absent: bool = False) -> Imported:
    """The one preset of a file; what it is silent on is neutral where nothing else is said."""
    (found,) = import_bytes(text.encode("utf-8", "surrogatepass"), stem, name, absent=absent)
    return found


def flat(**marks: object) -> File:
    return lambda values: json.dumps({**marks, **values})


def lm_studio(values: Mapping[str, object]) -> str:
    values = {"llm.prediction.temperature": 1, **values}
    fields = [{"key": key, "value": value} for key, value in values.items() if "." in key]
    outer = {key: value for key, value in values.items() if "." not in key}
    return json.dumps({"operation": {"fields": fields}, **outer})


def arguments(values: Mapping[str, object]) -> str:
    line = ["llama-cli", "--temp", "1"]
    for key, value in values.items():
        for entry in value if isinstance(value, list) else [value]:
            line += [key, "" if entry is None else f"'{entry}'"]
    return " ".join(line)


def modelfile(values: Mapping[str, object]) -> str:
    lines = ["PARAMETER temperature 1"]
    for key, value in values.items():
        for entry in value if isinstance(value, list) else [value]:
            lines.append(f"{key} {entry}" if key.isupper() else f"PARAMETER {key} {entry}")
    return "\n".join(lines)


def older(values: Mapping[str, object]) -> str:
    return json.dumps({"inference_params": {"temp": 1, **values}})


def master(values: Mapping[str, object]) -> str:
    return json.dumps({"preset": {"temp": 1}, **values})


def novel_ai(values: Mapping[str, object]) -> str:
    return json.dumps({"parameters": {"temperature": 1, **values}})


def ollama_body(values: Mapping[str, object]) -> str:
    options = {key: value for key, value in values.items() if key not in OUTSIDE_OPTIONS}
    outer = {key: value for key, value in values.items() if key in OUTSIDE_OPTIONS}
    return json.dumps({"options": {"temperature": 1, **options}, **outer})


OUTSIDE_OPTIONS = frozenset(
    {"system", "messages", "model", "prompt", "suffix", "template", "stream", "raw", "format"}
    | {"keep_alive", "context", "images", "tools", "think", "truncate", "shift", "logprobs"}
    | {"top_logprobs"}
)
"""What stands beside `options` in a request to Ollama."""

FILES: dict[str, File] = {
    "SillyTavern": flat(freq_pen=0),
    "KoboldCpp": flat(dynatemp_range=0, sampler_order=[6, 0, 1, 3, 4, 2, 5]),
    "LM Studio": lm_studio,
    "LM Studio (older form)": older,
    "text-generation-webui": lambda values: write_yaml({"repetition_penalty_range": 64, **values}),
    "llama.cpp arguments": arguments,
    "Ollama Modelfile": modelfile,
    "OpenAI-style request": flat(messages=[], temperature=1),
    "SillyTavern chat completion": flat(openai_max_context=4096, temperature=1),
    "SillyTavern Master Export": master,
    "SillyTavern system prompt": flat(name="stem", content="Base."),
    "NovelAI": novel_ai,
    "Ollama request": ollama_body,
    "Hugging Face generation config": flat(transformers_version="4.40.0", temperature=1),
}

_TEXTS = st.text("ab:#!. ", min_size=1, max_size=6).map(str.strip).filter(bool)
_BREAKERS = st.lists(_TEXTS, max_size=3, unique=True)
_BIASES = st.dictionaries(st.integers(0, 9999).map(str), numbers(-120, 90), max_size=3)
_STEPS = st.permutations(("penalties", "dry", "top_k", "typ_p", "xtc", "temperature"))
_KOBOLD_ORDER = st.permutations((0, 1, 2, 3, 4, 5, 6))
_WEB_STEPS = st.permutations(("repetition_penalty", "dry", "temperature", "top_p", "min_p", "tfs"))

_LISTS: dict[str, st.SearchStrategy[Any]] = {
    "stop": st.lists(_TEXTS, max_size=3),
    "dry_sequence_breakers": _BREAKERS,
    "logit_bias": _BIASES,
    "name": st.just("Called"),
    "description": _TEXTS,
    "system_message": _TEXTS,
    "max_tokens": st.integers(-1, 5000),
    "samplers": _STEPS.map(list),
}
_ODD: dict[tuple[str, str], st.SearchStrategy[Any]] = {
    ("SillyTavern", "dynatemp"): st.booleans(),
    ("SillyTavern", "min_temp"): numbers(0, 1),
    ("SillyTavern", "max_temp"): numbers(1, 4),
    ("SillyTavern", "do_sample"): st.booleans(),
    ("SillyTavern", "dry_sequence_breakers"): _BREAKERS.map(json.dumps),
    ("SillyTavern", "logit_bias"): _BIASES.map(
        lambda biases: [{"text": f"[{token}]", "value": bias} for token, bias in biases.items()]
    ),
    ("SillyTavern", "banned_tokens"): st.sampled_from(["", "[7]", "[7, 8]\nword"]),
    ("SillyTavern", "sampler_priority"): _WEB_STEPS.map(list),
    ("SillyTavern", "temperature_last"): st.booleans(),
    ("SillyTavern", "sampler_order"): _KOBOLD_ORDER.map(list),
    ("KoboldCpp", "sampler_order"): _KOBOLD_ORDER.map(list),
    ("KoboldCpp", "extrastopseq"): st.lists(_TEXTS, max_size=3).map("||$||".join),
    ("KoboldCpp", "tokenbans"): st.lists(_TEXTS, max_size=3).map("||$||".join),
    ("KoboldCpp", "banned_tokens"): st.lists(_TEXTS, max_size=3),
    ("KoboldCpp", "temp"): numbers(-1, 3),
    ("LM Studio", "llm.prediction.llama.mirostatSampling"): st.fixed_dictionaries({
        "version": st.integers(0, 2), "targetEntropy": numbers(1, 9),
        "learningRate": numbers(0, 1),
    }),
    ("LM Studio", "llm.prediction.llama.logitBias"): _BIASES.map(
        lambda biases: [[int(token), bias] for token, bias in biases.items()]
    ),
    ("text-generation-webui", "dynamic_temperature"): st.booleans(),
    ("text-generation-webui", "dynatemp_low"): numbers(0, 1),
    ("text-generation-webui", "dynatemp_high"): numbers(1, 4),
    ("text-generation-webui", "do_sample"): st.booleans(),
    ("text-generation-webui", "dry_sequence_breakers"): _BREAKERS.map(
        lambda texts: json.dumps(texts)[1:-1]
    ),
    ("text-generation-webui", "sampler_priority"): _WEB_STEPS.map("\n".join),
    ("text-generation-webui", "temperature_last"): st.booleans(),
    ("text-generation-webui", "custom_token_bans"): st.sampled_from(["", "7", "7, 8"]),
    ("llama.cpp arguments", "--samplers"): _STEPS.map(";".join),
    ("llama.cpp arguments", "--logit-bias"): st.sampled_from(["7-3.5", "7-inf", "7+120"]),
    ("OpenAI-style request", "messages"): st.just([{"role": "system", "content": "Be kind."}]),
    ("Ollama request", "messages"): st.just([{"role": "system", "content": "Be kind."}]),
    ("SillyTavern chat completion", "prompts"): st.just(
        [{"identifier": "main", "content": "Be kind."}]
    ),
    ("SillyTavern Master Export", "preset"): numbers(0, 2).map(lambda value: {"temp": value}),
    ("SillyTavern Master Export", "sysprompt"): st.just({"content": "Be kind."}),
    ("NovelAI", "order"): st.permutations((0, 1, 2, 3, 10)).map(list),
    ("Hugging Face generation config", "do_sample"): st.booleans(),
    ("Hugging Face generation config", "suppress_tokens"): st.lists(st.integers(0, 99)),
    ("Hugging Face generation config", "bad_words_ids"): st.just([[7], [8, 9]]),
}  # fmt: skip


def values(program: str) -> st.SearchStrategy[dict[str, object]]:
    """Any of the keys that become something, with values that are allowed there."""
    keys: dict[str, st.SearchStrategy[Any]] = {}
    for key, entry in KEY_TABLES[program].items():
        if not entry.becomes or key in ("-l", "--sampling-seq", "--sampler-seq"):
            continue
        field = entry.becomes[0]
        usual = _LISTS.get(field, PARAMS.get(field))
        assert usual is not None, field
        keys[key] = _ODD.get((program, key), usual.filter(_is_finite))
    return st.fixed_dictionaries({}, optional=keys)


def _is_finite(value: object) -> bool:
    return not (isinstance(value, float) and math.isinf(value))
