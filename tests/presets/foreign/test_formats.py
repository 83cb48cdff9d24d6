"""Files as other programs write them: what becomes of every key."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from studio.presets import PresetError
from studio.presets.foreign import Imported, export, import_file
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams, WordBias
from tests.presets.foreign.files import import_one

TAVERN = {
    "temp": 1.2, "top_p": 0.95, "top_k": -1, "min_p": 0.05, "typical_p": 0.9, "rep_pen": 1.1,
    "rep_pen_range": 1024, "rep_pen_slope": 1, "freq_pen": 0.1, "presence_pen": 0.2,
    "dynatemp": False, "min_temp": 0.5, "max_temp": 2, "dynatemp_exponent": 1.5,
    "dry_multiplier": 0.8, "dry_base": 1.75, "dry_allowed_length": 3, "dry_penalty_last_n": 512,
    "dry_sequence_breakers": '["\\n", ":"]', "xtc_threshold": 0.1, "xtc_probability": 0.5,
    "nsigma": 1.5, "mirostat_mode": 0, "mirostat_tau": 5, "mirostat_eta": 0.1,
    "temperature_last": True, "tfs": 0.95, "top_a": 0.2, "epsilon_cutoff": 3, "eta_cutoff": 4,
    "smoothing_factor": 0.3, "smoothing_curve": 1, "banned_tokens": "", "num_beams": 2,
    "logit_bias": [{"text": "[198]", "value": -100}, {"text": " said", "value": -2}],
    "samplers": ["penalties", "dry", "top_n_sigma", "top_k", "typ_p", "tfs_z", "typical_p",
                 "top_p", "min_p", "xtc", "temperature"],
    "sampler_priority": ["temperature", "top_k", "top_p"],
}  # fmt: skip


def take(values: object, stem: str = "stem") -> Imported:
    text = values if isinstance(values, str) else json.dumps(values)
    return import_one(text, stem)


def reported(imported: Imported) -> dict[str, object]:
    return {entry.key: entry.value for entry in imported.not_carried}


def test_silly_tavern() -> None:
    imported = take(TAVERN, "Tavern nights")
    params = imported.preset.sampling
    assert (imported.program, imported.preset.name) == ("SillyTavern", "Tavern nights")
    assert (params.temperature, params.dynatemp_range, params.dynatemp_exponent) == (1.2, 0, 1.5)
    assert (params.top_p, params.top_k, params.min_p, params.typical_p) == (0.95, 0, 0.05, 0.9)
    assert (params.repeat_penalty, params.repeat_last_n) == (1.1, 1024)
    assert (params.frequency_penalty, params.presence_penalty) == (0.1, 0.2)
    assert (params.dry_multiplier, params.dry_allowed_length) == (0.8, 3)
    assert (params.dry_penalty_last_n, params.dry_sequence_breakers) == (512, ("\n", ":"))
    assert (params.xtc_probability, params.top_n_sigma) == (0.5, 1.5)
    assert params.samplers == DEFAULT_SAMPLERS
    assert params.biases == ((198, -math.inf),)
    lost = reported(imported)
    for key in ("tfs", "top_a", "epsilon_cutoff", "eta_cutoff", "smoothing_factor", "num_beams"):
        assert lost[key] == TAVERN[key]
    assert params.word_biases == (WordBias("said", -2.0),)
    assert lost["sampler_priority"] == TAVERN["sampler_priority"]
    idle = {entry.key for entry in imported.not_carried if not entry.had_effect}
    assert {"min_temp", "max_temp", "smoothing_curve", "sampler_priority"} <= idle
    assert "tfs" not in idle


def test_silly_taverns_moving_temperature_is_between_its_ends() -> None:
    params = take({**TAVERN, "dynatemp": True}).preset.sampling
    assert (params.temperature, params.dynatemp_range) == (1.25, 0.75)


def test_without_llama_cpps_order_that_of_the_webui_counts() -> None:
    values: dict[str, object] = {"temp": 1, "rep_pen": 1, "temperature_last": False}
    assert take(values).preset.sampling.samplers.index("temperature") == 3
    assert take({**values, "temperature_last": True}).preset.sampling.samplers[-1] == "temperature"
    values["sampler_priority"] = ["min_p", "temperature", "quadratic_sampling"]
    assert take(values).preset.sampling.samplers[-2:] == ("min_p", "temperature")


def test_an_older_list_of_samplers_leaves_out_what_ran_first_anyway() -> None:
    older = ["top_k", "tfs_z", "typical_p", "top_p", "min_p", "temperature"]
    rest = ("top_k", "typical_p", "top_p", "min_p", "temperature")
    values: dict[str, object] = {"temp": 1, "samplers": older, "rep_pen": 1}
    assert take(values).preset.sampling.samplers == rest
    values |= {"rep_pen": 1.2, "dry_multiplier": 0.8}
    assert take(values).preset.sampling.samplers == ("penalties", "dry", *rest)
    # A list of today means what it says.
    values["samplers"] = ["dry", "temperature"]
    assert take(values).preset.sampling.samplers == ("dry", "temperature")


def test_kobolds_order_counts_where_the_others_are_missing() -> None:
    values: dict[str, object] = {"temp": 1, "freq_pen": 0, "sampler_order": [6, 5, 0, 1, 2, 3, 4]}
    assert take(values).preset.sampling.samplers.index("temperature") == 2
    values["samplers"] = ["top_k", "temperature"]
    imported = take(values)
    assert imported.preset.sampling.samplers == ("top_k", "temperature")
    (entry,) = imported.not_carried
    assert (entry.key, entry.had_effect) == ("sampler_order", False)


@pytest.mark.parametrize(
    "values",
    [
        {"temp": 1, "freq_pen": 0, "top_k": 40, "top_p": 0},
        {"temperature": 1, "max_tokens": 9, "top_p": 0.0},
    ],
)
def test_a_top_p_of_nothing_leaves_the_best_token(values: dict[str, object]) -> None:
    params = take(values).preset.sampling
    assert (params.top_k, params.top_p) == (1, 1)


def test_a_switch_is_no_number_where_it_is_reported() -> None:
    (entry,) = take({"temp": 1, "freq_pen": 0, "num_beams": True}).not_carried
    assert entry.had_effect  # 1 would have had none


KOBOLD = {
    "preset": "Godlike", "description": "Makes Erebus a bit more powerful.", "genamt": 80,
    "temp": 0.7, "dynatemp_range": 0.3, "dynatemp_exponent": 1, "top_k": 0, "top_p": 0.5,
    "min_p": 0.1, "typical": 0.19, "tfs": 0.97, "top_a": 0.75, "nsigma": 0, "rep_pen": 1.1,
    "rep_pen_range": 1024, "rep_pen_slope": 0.7, "presence_penalty": 0.1,
    "sampler_order": [6, 5, 4, 3, 2, 1, 0],
}  # fmt: skip


def test_kobold() -> None:
    imported = take(KOBOLD)
    preset, params = imported.preset, imported.preset.sampling
    assert (imported.program, preset.name, preset.max_tokens) == ("KoboldCpp", "Godlike", 80)
    assert preset.description == KOBOLD["description"]
    assert (params.temperature, params.dynatemp_range, params.typical_p) == (0.7, 0.3, 0.19)
    assert (params.top_n_sigma, params.presence_penalty) == (-1, 0.1)
    assert params.samplers == (
        "dry", "penalties", "temperature", "top_n_sigma", "typical_p", "top_p", "min_p", "top_k",
        "xtc",
    )  # fmt: skip
    assert reported(imported) == {"tfs": 0.97, "top_a": 0.75, "rep_pen_slope": 0.7}


@pytest.mark.parametrize("temperature", [0, -1, -0.5])
def test_kobold_takes_zero_and_less_for_greedy(temperature: float) -> None:
    assert take({"title": "T", "temp": temperature}).preset.sampling.temperature == 0


def test_a_kobold_story_gives_its_settings_and_keeps_its_text_to_itself() -> None:
    story = {
        "gamestarted": True, "prompt": "Once", "actions": ["upon"], "memory": "…",
        "savedsettings": {
            "temperature": 0.75, "typ_s": 0.9, "tfs_s": 0.8, "miro_type": 2, "miro_tau": 4,
            "miro_eta": 0.2, "sampler_seed": 7, "rep_pen": 1.07, "max_length": 120,
            "extrastopseq": "###||$||You:",
        },
    }  # fmt: skip
    imported = take(story, "My story")
    preset, params = imported.preset, imported.preset.sampling
    assert (imported.program, preset.name) == ("Kobold Lite story", "My story")
    assert (params.temperature, params.typical_p, params.mirostat) == (0.75, 0.9, 2)
    assert (params.mirostat_tau, params.mirostat_eta, params.seed) == (4, 0.2, 7)
    assert (preset.max_tokens, preset.stop) == (120, ("###", "You:"))
    assert reported(imported) == {"savedsettings.tfs_s": 0.8}
    story["savedsettings"]["rep_pen"] = True  # type: ignore[index]  # an object
    with pytest.raises(PresetError, match=r"savedsettings\.rep_pen: found true"):
        take(story)


def lm(**fields: object) -> dict[str, Any]:
    listed = [{"key": f"llm.prediction.{key}", "value": value} for key, value in fields.items()]
    return {
        "identifier": "@local:mine", "name": "Mine", "changed": True,
        "operation": {"fields": listed},
        "load": {"fields": [{"key": "llm.load.contextLength", "value": 4096}]},
    }  # fmt: skip


def test_lm_studio() -> None:
    values = lm(
        temperature=0.4,
        topKSampling=20,
        topPSampling={"checked": True, "value": 0.9},
        minPSampling={"checked": False, "value": 0.5},
        repeatPenalty=1.2,
        maxPredictedTokens={"checked": True, "value": 99},
        systemPrompt="Be brief.",
        stopStrings=["\n\n"],
        structured={"type": "none"},
    )
    values["operation"]["fields"].append(
        {"key": "llm.prediction.llama.xtcProbability", "value": {"checked": True, "value": 0.3}}
    )
    imported = take(values)
    preset, params = imported.preset, imported.preset.sampling
    assert (imported.program, preset.name, preset.max_tokens) == ("LM Studio", "Mine", 99)
    assert (preset.prompt_format, preset.system_message) == ("chat", "Be brief.")
    assert preset.stop == ("\n\n",)
    assert (params.temperature, params.top_k, params.top_p, params.min_p) == (0.4, 20, 0.9, 0)
    assert (params.repeat_penalty, params.xtc_probability) == (1.2, 0.3)
    lost = reported(imported)
    assert lost["llm.prediction.minPSampling"] == 0.5
    assert lost["llm.load.contextLength"] == 4096
    assert lost["llm.prediction.structured"] == {"type": "none"}


def test_lm_studios_older_form() -> None:
    imported = take({
        "name": "Old", "load_params": {"n_ctx": 2048},
        "inference_params": {
            "temp": 0.3, "top_k": 40, "top_p": 0.95, "min_p": 0.05, "repeat_penalty": 1.1,
            "pre_prompt": "You are kind.", "antiprompt": ["### Instruction:"], "n_predict": -1,
            "tfs_z": 1, "input_prefix": "### Instruction:\n",
        },
    })  # fmt: skip
    preset = imported.preset
    assert preset.name == "Old"
    assert preset.sampling.temperature == 0.3
    assert (preset.system_message, preset.stop) == ("You are kind.", ("### Instruction:",))
    assert reported(imported)["load_params"] == {"n_ctx": 2048}
    assert reported(imported)["inference_params.input_prefix"] == "### Instruction:\n"


WEBUI = """\
dynamic_temperature: true
dynatemp_low: 0.5
dynatemp_high: 1.5
min_p: 0.05
top_k: 20
repetition_penalty: 1.05
repetition_penalty_range: 0
top_n_sigma: 0
dry_sequence_breakers: '"\\n", ":"'
smoothing_factor: 0.2
temperature_last: true
sampler_priority: |-
  repetition_penalty
  min_p
  temperature
  top_k
"""


def test_text_generation_webui() -> None:
    imported = take(WEBUI, "Warm")
    params = imported.preset.sampling
    assert imported.program == "text-generation-webui"
    assert (params.temperature, params.dynatemp_range) == (1.0, 0.5)
    assert (params.min_p, params.top_k, params.repeat_penalty) == (0.05, 20, 1.05)
    assert (params.repeat_last_n, params.dry_sequence_breakers) == (-1, ("\n", ":"))
    assert params.samplers[-4:] == ("penalties", "min_p", "top_k", "temperature")
    assert reported(imported) == {"smoothing_factor": 0.2}
    assert take("temperature: 0.7\ndo_sample: false\n").preset.sampling.temperature == 0
    plain = import_one("temperature: 0.7\n", "x", absent=True).preset.sampling.samplers
    assert plain.index("temperature") < plain.index("top_k")


def test_the_webuis_own_values_stand_where_its_file_is_silent() -> None:
    def sampling(text: str) -> SamplingParams:
        return import_one(text, "x", absent=True).preset.sampling

    params = sampling("dynamic_temperature: true\ndynatemp_low: 0.5\n")
    assert (params.temperature, params.dynatemp_range) == (0.75, 0.25)
    params = sampling("repetition_penalty: 1.1\n")
    assert (params.repeat_last_n, params.dry_penalty_last_n) == (1024, -1)
    params = sampling("dry_multiplier: 0.8\n")
    assert (params.repeat_last_n, params.dry_penalty_last_n) == (64, 1024)
    params = sampling("dry_multiplier: 0.8\nrepetition_penalty_range: 300\n")
    assert (params.repeat_last_n, params.dry_penalty_last_n) == (300, 300)
    neutral = sampling("temperature: 0.7\n")
    assert neutral == SamplingParams(temperature=0.7, samplers=neutral.samplers)


def test_llama_cpp_arguments() -> None:
    imported = take(
        "./llama-cli -m model.gguf -c 4096 --temp 0.6 --top-k 20 --top-p 0.9 \\\n"
        "  --typical 0.8 --top-nsigma 1.5 --mirostat 2 --mirostat-ent 4 --mirostat-lr 0.2 \\\n"
        "  --dry-sequence-breaker '\\n' --dry-sequence-breaker : -l 15043-1 -l 7-inf -s 7 \\\n"
        "  --samplers 'top_k;typ_p;temperature' -n 64 -r 'User:' --no-mmap --repeat-last-n -1\n"
    )
    preset, params = imported.preset, imported.preset.sampling
    assert (params.temperature, params.top_k, params.top_p, params.typical_p) == (0.6, 20, 0.9, 0.8)
    assert (params.mirostat, params.mirostat_tau, params.mirostat_eta) == (2, 4, 0.2)
    assert (params.seed, params.repeat_last_n, params.top_n_sigma) == (7, -1, 1.5)
    assert params.dry_sequence_breakers == ("\n", ":")
    assert params.biases == ((7, -math.inf), (15043, -1))
    assert params.samplers == ("top_k", "typical_p", "temperature")
    assert (preset.max_tokens, preset.stop) == (64, ("User:",))
    assert reported(imported) == {"-m": "model.gguf", "-c": "4096", "--no-mmap": None}
    assert take("--temp 1 --sampling-seq kt").preset.sampling.samplers == ("top_k", "temperature")


def test_ollama() -> None:
    imported = take(
        'FROM llama3.2\n# warm\nPARAMETER temperature 0.9\nPARAMETER stop "<|im_end|>"\n'
        "PARAMETER stop AI:\nparameter num_ctx 4096\nPARAMETER num_predict 42\n"
        'PARAMETER tfs_z 0.5\nSYSTEM """You are\nMario."""\nTEMPLATE """{{ .Prompt }}"""\n',
        "Modelfile",
    )
    preset = imported.preset
    assert (preset.sampling.temperature, preset.max_tokens) == (0.9, 42)
    assert preset.stop == ("<|im_end|>", "AI:")
    assert (preset.system_message, preset.prompt_format) == ("You are\nMario.", "chat")
    assert reported(imported) == {
        "FROM": "llama3.2", "num_ctx": "4096", "tfs_z": 0.5, "TEMPLATE": "{{ .Prompt }}"
    }  # fmt: skip


def test_an_openai_body() -> None:
    user = {"role": "user", "content": "Hello"}
    imported = take({
        "model": "gpt-x", "messages": [{"role": "system", "content": "Be kind."}, user],
        "temperature": 0.2, "top_p": 0.8, "frequency_penalty": 0.5, "max_tokens": 77,
        "stop": "END", "seed": 5, "logit_bias": {"50256": -100, "11": 3}, "n": 2, "stream": False,
    })  # fmt: skip
    preset, params = imported.preset, imported.preset.sampling
    assert (params.temperature, params.top_p, params.frequency_penalty) == (0.2, 0.8, 0.5)
    assert (params.seed, preset.max_tokens, preset.stop) == (5, 77, ("END",))
    assert params.biases == ((11, 3), (50256, -math.inf))
    assert (preset.system_message, preset.prompt_format) == ("Be kind.", "chat")
    assert reported(imported) == {"model": "gpt-x", "n": 2, "messages": [user], "stream": False}


BAD = [
    ({**TAVERN, "temp": True}, "temp"),
    ({**TAVERN, "top_p": "0.9"}, "top_p"), ({**TAVERN, "top_k": 1.5}, "top_k"),
    ({**TAVERN, "rep_pen": [1]}, "rep_pen"), ({**TAVERN, "dry_sequence_breakers": "x"}, "dry_"),
    ({**KOBOLD, "sampler_order": ["x"]}, "sampler_order"),
    (lm(temperature="hot"), "llm.prediction.temperature"),
    (lm(topPSampling={"checked": 1, "value": 1}), "llm.prediction.topPSampling"),
    ({"operation": []}, "operation.fields"), ({"inference_params": []}, "inference_params"),
    ({"savedsettings": 1}, "savedsettings"), ({"model": "x", "temperature": "hot"}, "temperature"),
    ("temperature: .inf\n", "temperature"),
    ("temperature: true\n", "temperature"), ("temperature: '1'\n", "temperature"),
    ("top_k: " + "9" * 5000, "top_k"), ("temperature: [1]\n", "temperature"),
    ("top_k: " + "[" * 100_000, "top_k"), ("--temp hot", "--temp"),
    ("--top-k", "--top-k"), ("--temp nan", "--temp"), ("PARAMETER top_k x\n", "top_k"),
    ('{"temp": NaN, "rep_pen": 1}', "temp"),
    ('{"temp": 1e999}', "temp"), ('{"temp": ' + "[" * 100_000, "temp"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "field"), BAD, ids=range(len(BAD)))
def test_a_bad_value_is_refused_by_its_own_name(file: object, field: str) -> None:
    with pytest.raises(PresetError) as caught:
        take(file)
    assert str(caught.value).startswith(field)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "text",
    ["", "Once upon a time", "{}", "[1]", '{"a": 1}', "a: 1", "- a", "&a b: *a", "\x00", "{"],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(PresetError):
        take(text)


def test_aliases_are_not_followed() -> None:
    bomb = "a: &a [1]\n" + "".join(f"k{i}: [*a, *a]\n" for i in range(9)) + "temperature: 1\n"
    with pytest.raises(PresetError, match="alias"):
        take(bomb)


def test_a_file_is_named_in_what_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hot.json"
    path.write_text('{"temp": "1", "rep_pen": 1}')
    with pytest.raises(PresetError, match=r"^“hot\.json”: temp: found '1'"):
        import_file(path)
    path.write_text('{"temp": 1, "rep_pen": 1}')
    assert import_file(path)[0].preset.name == "hot"
    assert import_file(path, "Cold")[0].preset.name == "Cold"


def test_an_unknown_format_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(PresetError, match="sillytavern, koboldcpp"):
        export(take(TAVERN).preset, "word")
