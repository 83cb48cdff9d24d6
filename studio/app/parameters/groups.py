"""Which parameters stand together, and those that are no numbers.

With `GROUPS` every field of `SamplingParams` is declared, and what a preset carries beside them
that says how a text is begun and ended. Knows no Qt.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from studio.app.parameters import penalties, table
from studio.app.parameters.parameter import Number, Parameter
from studio.presets.preset import LONGEST_STOP, MOST_STOPS, PROMPT_FORMATS, Preset
from studio.sampling import KNOWN_SAMPLERS, SamplingParams

_SAMPLING, _PRESET = SamplingParams(), Preset(name="neutral")

BREAKERS = Parameter(
    name="dry_sequence_breakers",
    label="DRY breakers",
    one="DRY breaker",
    neutral=_SAMPLING.dry_sequence_breakers,
    help="Texts over which DRY follows no repetition.",
    plain="What begins a new line or a new speech may begin as another did.",
    allowed="texts of 1 to 40 bytes",
    step="dry",
    explained="logits",
)
WORDS = Parameter(
    name="word_biases",
    label="word biases",
    one="word bias",
    neutral=_SAMPLING.word_biases,
    help="Added to the raw logit of the token that completes a word, in any model; −∞ bans it.",
    plain="Above 0 asks for a word, below 0 avoids it; 5 is much. Longer words are left alone, but "
    "for those that a model begins with the very token that is this word.",
    allowed="words or phrases, and a number for each; −∞ bans it",
    explained="logits",
)
BIASES = Parameter(
    name="logit_bias",
    label="token biases",
    one="token bias",
    neutral=_SAMPLING.logit_bias,
    help="Added to the raw logit of a token, by its number, before everything else; −∞ bans it.",
    plain="A card of the bars shows the number. It is another token in another model, so that "
    "these biases belong to one vocabulary.",
    allowed="a token's number and a bias; −∞ bans it",
    explained="logits",
)
BIASES_FOR = Parameter(
    name="logit_bias_vocabulary",
    label="token biases are for",
    neutral=_SAMPLING.logit_bias_vocabulary,
    help="The vocabulary that the numbers of `BIASES` belong to.",
    plain="It is set with them.",
)
"""Is shown nowhere by itself."""
ORDER = Parameter(
    name="samplers",
    label="order of the steps",
    neutral=_SAMPLING.samplers,
    help="Which steps run, and in which order: each sees what the one before has left.",
    plain="Drag a row, or move it with Alt+↑ and Alt+↓; Space leaves a step out.",
    allowed=f"each of {len(KNOWN_SAMPLERS)} steps at most once",
    explained="filters",
)
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


GROUPS = (
    ParameterGroup(
        "temperature",
        "Temperature",
        (table.TEMPERATURE, table.DYNATEMP_RANGE, table.DYNATEMP_EXPONENT),
    ),
    ParameterGroup(
        "filters",
        "Filters",
        (
            table.TOP_K,
            table.TOP_P,
            table.MIN_P,
            table.TYPICAL_P,
            table.TOP_N_SIGMA,
            table.MIN_KEEP,
        ),
    ),
    ParameterGroup("variety", "Variety", (table.XTC_PROBABILITY, table.XTC_THRESHOLD)),
    ParameterGroup(
        "repetition",
        "Repetition",
        (
            penalties.REPEAT_PENALTY,
            penalties.REPEAT_LAST_N,
            penalties.FREQUENCY_PENALTY,
            penalties.PRESENCE_PENALTY,
            penalties.DRY_MULTIPLIER,
            penalties.DRY_BASE,
            penalties.DRY_ALLOWED_LENGTH,
            penalties.DRY_PENALTY_LAST_N,
            BREAKERS,
        ),
    ),
    ParameterGroup(
        "mirostat", "Mirostat", (table.MIROSTAT, table.MIROSTAT_TAU, table.MIROSTAT_ETA)
    ),
    ParameterGroup("order", "Order", (ORDER,)),
    ParameterGroup("biases", "Biases of words and tokens", (WORDS, BIASES)),
    ParameterGroup("draw", "Draw", (table.SEED,)),
    ParameterGroup("end", "Length and end", (table.MAX_TOKENS, STOP)),
    ParameterGroup("prompt", "Prompt", (PROMPT_FORMAT, SYSTEM_MESSAGE)),
)

PARAMETERS: Mapping[str, Parameter] = {
    entry.name: entry for group in GROUPS for entry in group.parameters
}
"""All of them by name."""
