"""The sampler's parameters as the window speaks of them, and the length.

Made from the sampler's own table; `parameters.groups` says which of them stand together.
"""

from collections.abc import Mapping

from studio.app.explain_steps import StepName
from studio.app.parameters.parameter import Number, Parameter
from studio.app.parameters.sampling_state import DEFAULT_MAX_TOKENS, LARGEST_MAX_TOKENS
from studio.app.parameters.temperature_scale import stepped
from studio.sampling import NUMBERS, PARAMETERS
from studio.translation import mark

_EXPLAINED: Mapping[str, StepName] = {
    "temperature": "temperature",
    "filters": "filters",
    "variety": "filters",
    "mirostat": "filters",
    "order": "filters",
    "repetition": "logits",
    "biases": "logits",
}
"""For each group of parameters, the step of Explain about them."""


class _Temperature(Number):
    """A number whose steps grow with it."""

    def stepped(self, value: float, strides: float) -> float:
        """The next temperature, by the steps of its own card."""
        return stepped(value, strides)


def _number(name: str) -> Number:
    kind = _Temperature if name == "temperature" else Number
    return kind(**vars(NUMBERS[name]), explained=_EXPLAINED.get(NUMBERS[name].group))


SAMPLING_NUMBERS: Mapping[str, Number] = {name: _number(name) for name in NUMBERS}
"""The sampler's numbers by name."""

SAMPLING: Mapping[str, Parameter] = {
    name: SAMPLING_NUMBERS.get(name)
    or Parameter(**vars(facts), explained=_EXPLAINED.get(facts.group))
    for name, facts in PARAMETERS.items()
}
"""All of the sampler's parameters by name."""

TEMPERATURE = SAMPLING_NUMBERS["temperature"]
TOP_K = SAMPLING_NUMBERS["top_k"]
TOP_P = SAMPLING_NUMBERS["top_p"]
MIN_P = SAMPLING_NUMBERS["min_p"]
REPEAT_PENALTY = SAMPLING_NUMBERS["repeat_penalty"]
REPEAT_LAST_N = SAMPLING_NUMBERS["repeat_last_n"]
SEED = SAMPLING_NUMBERS["seed"]
MAX_TOKENS = Number(
    name="max_tokens",
    label=mark("max tokens"),
    neutral=DEFAULT_MAX_TOKENS,
    least=1,
    most=LARGEST_MAX_TOKENS,
    stride=16,
    is_whole=True,
    help=mark("How many tokens one Continue writes at most."),
    plain=mark("A token is about three quarters of an English word. The model may stop earlier."),
)
