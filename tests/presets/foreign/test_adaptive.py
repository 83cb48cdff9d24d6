"""Adaptive-p in files of programs that run it by its target, last, whatever their order says."""

import json

import pytest

from studio.presets import Preset
from studio.presets.foreign import Imported, export
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams, active_steps
from tests.presets.foreign.files import import_one

PRIORITY = "temperature\ntop_k\ntop_p\nadaptive_p"


def kobold(**values: object) -> str:
    return json.dumps({"preset": "Slow", "temp": 1, "min_p": 0.1, **values})


def story(**values: object) -> str:
    return json.dumps({"savedsettings": {"temperature": 1, "min_p": 0.1, **values}})


def tavern(**values: object) -> str:
    return json.dumps({"temp": 1, "freq_pen": 0, "min_p": 0.1, **values})


def webui(**values: object) -> str:
    return "".join(
        f"{key}: {json.dumps(value)}\n" for key, value in {"min_p": 0.1, **values}.items()
    )


def steps(imported: Imported) -> tuple[str, ...]:
    return active_steps(imported.preset.sampling)


RUNS = {
    "a preset of Kobold Lite": kobold(adaptivep_target=0.4, adaptivep_decay=0.8),
    "a request to KoboldCpp": kobold(adaptive_target=0.4, adaptive_decay=0.8),
    "KoboldCpp's order": kobold(
        adaptivep_target=0.4, adaptivep_decay=0.8, sampler_order=[6, 0, 1, 3, 4, 2, 5]
    ),
    "a story": story(adaptivep_target=0.4, adaptivep_decay=0.8),
    "SillyTavern": tavern(adaptive_target=0.4, adaptive_decay=0.8),
    "SillyTavern's order for KoboldCpp": tavern(
        adaptive_target=0.4, adaptive_decay=0.8, sampler_order=[6, 0, 1, 3, 4, 2, 5]
    ),
    "SillyTavern's order for the webui": tavern(
        adaptive_target=0.4, adaptive_decay=0.8, sampler_priority=["temperature", "top_k"]
    ),
    "SillyTavern's order for llama.cpp": tavern(
        adaptive_target=0.4, adaptive_decay=0.8, samplers=["min_p", "temperature", "adaptive_p"]
    ),
    "text-generation-webui": webui(adaptive_target=0.4, adaptive_decay=0.8),
    "text-generation-webui's order": webui(
        adaptive_target=0.4, adaptive_decay=0.8, sampler_priority=PRIORITY
    ),
}


@pytest.mark.parametrize("absent", [True, False])
@pytest.mark.parametrize("file", RUNS.values(), ids=RUNS)
def test_it_runs_last(file: str, absent: bool) -> None:
    imported = import_one(file, "stem", absent=absent)
    params = imported.preset.sampling
    assert (params.adaptive_target, params.adaptive_decay) == (0.4, 0.8)
    assert steps(imported)[-1] == "adaptive_p"
    assert "min_p" in steps(imported)
    (entry,) = [it for it in imported.carried if it.key.endswith("_target")]
    assert entry.acts


OFF = {
    "Kobold Lite": kobold(adaptivep_target=-1.0, adaptivep_decay=0.9),
    "KoboldCpp, a little below 0": kobold(adaptive_target=-0.01),
    "SillyTavern, as it comes": tavern(adaptive_target=-0.01, adaptive_decay=0.9),
    "SillyTavern, 0": tavern(adaptive_target=0),
    "text-generation-webui, 0": webui(adaptive_target=0, adaptive_decay=0.9),
    "llama.cpp": "llama-cli --temp 1 --adaptive-target -0.5 --samplers 'min_p;adaptive_p'",
}


@pytest.mark.parametrize("file", OFF.values(), ids=OFF)
def test_without_a_target_it_is_off(file: str) -> None:
    imported = import_one(file, "stem", absent=True)
    assert imported.preset.sampling.adaptive_target == -1.0
    assert "adaptive_p" not in steps(imported)
    assert imported.not_carried == ()


def test_llama_cpps_order_in_a_file_of_silly_taverns_may_leave_it_out() -> None:
    imported = import_one(tavern(adaptive_target=0.4, samplers=["min_p", "temperature"]), "stem")
    assert imported.preset.sampling.samplers == ("min_p", "temperature")
    (entry,) = [it for it in imported.carried if it.key == "adaptive_target"]
    assert not entry.acts


@pytest.mark.parametrize("name", ["koboldcpp", "sillytavern", "textgen"])
def test_it_comes_back_from_a_file_as_it_went(name: str) -> None:
    params = SamplingParams(min_p=0.1, adaptive_target=0.4, adaptive_decay=0.8)
    exported = export(Preset(name="Slow", sampling=params), name)
    assert "adaptive_target" not in {it.key for it in exported.not_carried}
    back = import_one(exported.text, "Slow", absent=True).preset.sampling
    assert (back.adaptive_target, back.adaptive_decay) == (0.4, 0.8)
    assert active_steps(back)[-1] == "adaptive_p"


@pytest.mark.parametrize("name", ["sillytavern", "textgen"])
def test_a_target_of_0_is_off_there_and_reported(name: str) -> None:
    params = SamplingParams(adaptive_target=0.0, samplers=DEFAULT_SAMPLERS)
    exported = export(Preset(name="Slow", sampling=params), name)
    assert "adaptive_target" in {it.key for it in exported.not_carried}
