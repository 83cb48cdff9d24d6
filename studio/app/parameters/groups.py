"""Which parameters stand together, and those of a preset that are none of the sampler's.

With `GROUPS` every field of `SamplingParams` is shown somewhere, and what a preset carries beside
them that says how a text is begun and ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from studio.app.parameters.parameter import Number, Parameter
from studio.app.parameters.table import MAX_TOKENS, SAMPLING
from studio.presets.preset import LONGEST_STOP, MOST_STOPS, PROMPT_FORMATS, Preset

_PRESET = Preset(name="neutral")

BREAKERS = SAMPLING["dry_sequence_breakers"]
WORDS = SAMPLING["word_biases"]
BIASES = SAMPLING["logit_bias"]
BIASES_FOR = SAMPLING["logit_bias_vocabulary"]
"""Is shown nowhere by itself."""
ORDER = SAMPLING["samplers"]
STOP = Parameter(
    name="stop",
    label="stop strings",
    one="stop string",
    neutral=_PRESET.stop,
    help="What is written ends where one of these texts is complete.",
    plain="The text itself is not shown, what stands before it is. From the next Continue on.",
    allowed=f"at most {MOST_STOPS} texts of 1 to {LONGEST_STOP} characters",
)
PROMPT_FORMAT = Parameter(
    name="prompt_format",
    label="prompt format",
    neutral=_PRESET.prompt_format,
    help="How brief and manuscript become a prompt.",
    plain="plain: brief, blank line, manuscript. chat: the model's own chat template, with the "
    "manuscript as the beginning of its answer.",
    allowed=" or ".join(PROMPT_FORMATS),
)
SYSTEM_MESSAGE = Parameter(
    name="system_message",
    label="system message",
    neutral=_PRESET.system_message,
    help="What the chat format gives the model as its system message.",
    plain="Who the model is to be, before the brief. The plain format does not use it.",
    allowed="any text",
)


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that stand together.

    Attributes:
        name: What it is remembered by.
        title: Its heading.
        parameters: In the order in which they are shown.
    """

    name: str
    title: str
    parameters: tuple[Parameter, ...]

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Those of its parameters that are numbers."""
        return tuple(entry for entry in self.parameters if isinstance(entry, Number))


def _of_sampling(name: str, title: str) -> ParameterGroup:
    """Those of the sampler's parameters that its table puts in a group, in its order."""
    parameters = [entry for entry in SAMPLING.values() if entry.group == name]
    return ParameterGroup(name, title, tuple(parameters))


GROUPS = (
    _of_sampling("temperature", "Temperature"),
    _of_sampling("filters", "Filters"),
    _of_sampling("variety", "Variety"),
    _of_sampling("repetition", "Repetition"),
    _of_sampling("mirostat", "Mirostat"),
    _of_sampling("order", "Order"),
    _of_sampling("biases", "Biases of words and tokens"),
    _of_sampling("draw", "Draw"),
    ParameterGroup("end", "Length and end", (MAX_TOKENS, STOP)),
    ParameterGroup("prompt", "Prompt", (PROMPT_FORMAT, SYSTEM_MESSAGE)),
)

PARAMETERS: Mapping[str, Parameter] = {
    entry.name: entry for group in GROUPS for entry in group.parameters
}
"""All of them by name."""
