"""What the sampler does between a model's logits and the token written. It needs numpy alone.

Vectors of logits come in, tokens and measures come out. README.md beside this file follows one
token through it. Its parts, of which each knows those before it alone:

- `logits` ranks and weighs a whole vocabulary; the passes over it are in C where that is compiled.
- `tails` holds all but the best tokens as a function of β.
- `samplers` are the filters, penalties and 1/T in their order, and the draw.
- `sketches` are what stays of a distribution, for any temperature.
- `analysis` answers what a writer asks of one: which T, what if, how far apart.
"""

from studio.sampling.analysis.flip_temperature import flip_temperature, flip_temperatures
from studio.sampling.errors import LogitsError, ParameterError, SketchError
from studio.sampling.logits.ranking import Ranking
from studio.sampling.logits.token_likelihood import TokenLikelihood
from studio.sampling.logits.top_two_margin import is_near_tie
from studio.sampling.params import (
    DEFAULT_SAMPLERS,
    MAX_SEED,
    NUMBERS,
    PARAMETERS,
    STEPS,
    SWITCHES,
    SamplingParams,
    foreign_tokens,
)
from studio.sampling.samplers.choice import Choice, choose
from studio.sampling.samplers.distribution import distribution
from studio.sampling.samplers.draw import chance, draw, uniform
from studio.sampling.samplers.steps import active_steps
from studio.sampling.sketches.logit_statistics import LogitStatistics, Written
from studio.sampling.sketches.sketch import LogitSketch, ShapedTop
from studio.sampling.sketches.sketch_stack import SketchStack
from studio.sampling.state import NO_STATE, Breakers, SamplerState
from studio.sampling.temperature import InverseTemperature
from studio.sampling.word_bias import CASINGS, WordBias
from studio.sampling.word_tokens import WordTable, WordTokens

__all__ = [
    "CASINGS",
    "DEFAULT_SAMPLERS",
    "MAX_SEED",
    "NO_STATE",
    "NUMBERS",
    "PARAMETERS",
    "STEPS",
    "SWITCHES",
    "Breakers",
    "Choice",
    "InverseTemperature",
    "LogitSketch",
    "LogitStatistics",
    "LogitsError",
    "ParameterError",
    "Ranking",
    "SamplerState",
    "SamplingParams",
    "ShapedTop",
    "SketchError",
    "SketchStack",
    "TokenLikelihood",
    "WordBias",
    "WordTable",
    "WordTokens",
    "Written",
    "active_steps",
    "chance",
    "choose",
    "distribution",
    "draw",
    "flip_temperature",
    "flip_temperatures",
    "foreign_tokens",
    "is_near_tie",
    "uniform",
]
