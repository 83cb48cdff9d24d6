"""Quick set-ups of a comparison: which lanes it begins with.

Plain arithmetic on parameters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from studio.engine.messages import MOST_SEQUENCES
from studio.presets import Preset
from studio.sampling import SamplingParams

LADDER = (0.0, 0.5, 1.0, 1.5)
"""The four temperatures that show most."""

_AROUND = (1 / 1.5, 1 / 1.2, 1.0, 1.2, 1.5)
"""Factors on T: the same steps in β."""

_ABOVE_GREEDY = (0.0, 0.1, 0.2, 0.4)
_BELOW_UNIFORM = (5.0, 10.0, 20.0, math.inf)


class LaneSetup(NamedTuple):
    """What a lane begins with."""

    preset: str
    params: SamplingParams


def ladder(preset: str, params: SamplingParams) -> list[LaneSetup]:
    """T 0, 0.5, 1 and 1.5; all else stays as it is.

    Args:
        preset: The preset's name.
        params: The sampling parameters.
    """
    return [_at(preset, params, temperature) for temperature in LADDER]


def around(preset: str, params: SamplingParams) -> list[LaneSetup]:
    """The temperature in force among its neighbours.

    Args:
        preset: The preset's name.
        params: The sampling parameters.
    """
    now = params.temperature
    if now == 0:
        temperatures: Sequence[float] = _ABOVE_GREEDY
    elif math.isinf(now):
        temperatures = _BELOW_UNIFORM
    else:
        # The one in force as it is; of the others no more digits than a hand would set.
        temperatures = [now if factor == 1 else float(f"{now * factor:.2g}") for factor in _AROUND]
    return [_at(preset, params, temperature) for temperature in temperatures]


def all_presets(presets: Sequence[Preset]) -> list[LaneSetup]:
    """One lane for each preset, as many as fit."""
    return [LaneSetup(preset.name, preset.sampling) for preset in presets[:MOST_SEQUENCES]]


def next_to(setup: LaneSetup) -> LaneSetup:
    """A lane to stand beside another one: 0.5 hotter."""
    now = setup.params.temperature
    hotter = now if math.isinf(now) else round(now + 0.5, 4)
    return _at(setup.preset, setup.params, hotter)


def _at(preset: str, params: SamplingParams, temperature: float) -> LaneSetup:
    return LaneSetup(preset, msgspec.structs.replace(params, temperature=temperature))
