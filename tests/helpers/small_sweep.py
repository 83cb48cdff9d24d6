"""A small sweep and texts for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.experiments.sweep.plan import Sweep, plan_of
from studio.experiments.sweep.texts import SweepText
from studio.presets import Preset, built_in_presets
from studio.presets.built_in import unknown_preset

PLAN = """
title = "Which T?"
prompts = ["The sea was", {text = "Rain on a roof", name = "rain"}]
samples = 2
max_tokens = 5
seed = 7

[vary]
temperature = [0.5, 1.0, 2]
"""


def find(name: str) -> Preset:
    for preset in built_in_presets():
        if preset.name == name:
            return preset
    raise unknown_preset(name, built_in_presets())


def swept(source: str = PLAN, folder: Path = Path("/nowhere")) -> Sweep:
    return plan_of(source.encode(), folder, find)


def text(prompt: int, value: int, number: int, words: str, **changed: Any) -> SweepText:
    tokens = tuple(range(len(words.split())))
    given: dict[str, Any] = {
        "prompt": prompt,
        "value": value,
        "number": number,
        "seed": 7 + number,
        "text": words,
        "reason": "max_tokens",
        "tokens": tokens,
        "nats_t1": len(tokens) * math.log(4.0),
        "entropy": 0.5 * len(tokens),
    }
    return SweepText(**given | changed)


def written(sweep: Sweep, words: Callable[[int, int, int], str]) -> list[SweepText]:
    """All that the sweep asks for."""
    return [
        text(prompt, value, number, words(prompt, value, number))
        for prompt in range(len(sweep.prompts))
        for value in range(len(sweep.values))
        for number in range(sweep.plan.samples)
    ]
