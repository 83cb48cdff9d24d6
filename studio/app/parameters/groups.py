"""Which parameters stand together, and those of a preset that are not the sampler's.

`GROUPS` has every field of `SamplingParams`, and those of a preset that say how a text begins and
ends.
"""

from collections.abc import Mapping

import msgspec

from studio.app.parameters.parameter import Number, Parameter
from studio.app.parameters.table import MAX_TOKENS, SAMPLING
from studio.presets.preset import LONGEST_STOP, MOST_STOPS, PROMPT_FORMATS, Preset
from studio.translation import mark, tr

_PRESET = Preset(name="neutral")

BREAKERS = SAMPLING["dry_sequence_breakers"]
WORDS = SAMPLING["word_biases"]
BIASES = SAMPLING["logit_bias"]
BIASES_FOR = SAMPLING["logit_bias_vocabulary"]
"""Not shown by itself."""
ORDER = SAMPLING["samplers"]


class _StopStrings(Parameter):
    """A parameter that is a short list of texts."""

    @property
    def allowed_words(self) -> str:
        """How many texts there may be, and how long each."""
        return tr(
            "at most {most} texts of 1 to {longest} characters",
            most=MOST_STOPS,
            longest=LONGEST_STOP,
        )


class _PromptFormat(Parameter):
    """A parameter that is one of a few names."""

    @property
    def allowed_words(self) -> str:
        """What may be chosen, in words."""
        return tr(" or ").join(PROMPT_FORMATS)


STOP = _StopStrings(
    name="stop",
    label=mark("stop strings"),
    one=mark("stop string"),
    neutral=_PRESET.stop,
    help=mark("What is written ends where one of these texts is complete."),
    plain=mark(
        "The text itself is not shown, what stands before it is. From the next Continue on."
    ),
)
PROMPT_FORMAT = _PromptFormat(
    name="prompt_format",
    label=mark("prompt format"),
    neutral=_PRESET.prompt_format,
    help=mark("How brief and manuscript become a prompt."),
    plain=mark(
        "plain: brief, blank line, manuscript. chat: the model's own chat template, with the "
        "manuscript as the beginning of its answer."
    ),
)
SYSTEM_MESSAGE = Parameter(
    name="system_message",
    label=mark("system message"),
    neutral=_PRESET.system_message,
    help=mark("What the chat format gives the model as its system message."),
    plain=mark("Who the model is to be, before the brief. The plain format does not use it."),
    allowed=mark("any text"),
)


class ParameterGroup(msgspec.Struct, frozen=True):
    """Parameters that stand together.

    Attributes:
        name: The key under which its state is remembered.
        title: Its heading.
        parameters: In the order in which they are shown.
    """

    name: str
    title: str
    parameters: tuple[Parameter, ...]

    @property
    def numbers(self) -> tuple[Number, ...]:
        """The parameters in it that are numbers."""
        return tuple(entry for entry in self.parameters if isinstance(entry, Number))


def _of_sampling(name: str, title: str) -> ParameterGroup:
    """The sampler's parameters in a group of its table, in the table's order."""
    parameters = [entry for entry in SAMPLING.values() if entry.group == name]
    return ParameterGroup(name, title, tuple(parameters))


GROUPS = (
    _of_sampling("temperature", mark("Temperature")),
    _of_sampling("filters", mark("Filters")),
    _of_sampling("variety", mark("Variety")),
    _of_sampling("repetition", mark("Repetition")),
    _of_sampling("mirostat", mark("Mirostat")),
    _of_sampling("order", mark("Order")),
    _of_sampling("biases", mark("Biases of words and tokens")),
    _of_sampling("draw", mark("Draw")),
    ParameterGroup("end", mark("Length and end"), (MAX_TOKENS, STOP)),
    ParameterGroup("prompt", mark("Prompt"), (PROMPT_FORMAT, SYSTEM_MESSAGE)),
)

PARAMETERS: Mapping[str, Parameter] = {
    entry.name: entry for group in GROUPS for entry in group.parameters
}
"""All of them by name."""
