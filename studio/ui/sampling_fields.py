"""The sampling parameters as the window's fields: label, off value, words, explanation.

Declared once; the panel makes its fields and its summary line from this table. What a value may be
is `SamplingParams`'s to say; this module only reads and prints. It does not know Qt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.sampling import SamplingParams, active_steps
from studio.ui.sampling_number import format_number, parse_integer, parse_number
from studio.ui.sampling_order import temperature_place
from studio.ui.sampling_state import DEFAULT_MAX_TOKENS


@dataclass(frozen=True)
class Field:
    """One number that the writer can set.

    Attributes:
        name: As in `SamplingParams` (or ``max_tokens``).
        label: What stands before it.
        neutral: The value with which it does nothing, or does the usual.
        is_whole: Whether only whole numbers make sense.
        words: Words that stand for values, the first of each value being the one shown.
        tool_tip: What it does, in the field's words and in plain ones.
    """

    name: str
    label: str
    neutral: float
    is_whole: bool
    tool_tip: str
    words: Mapping[str, float] = field(default_factory=dict)

    def format(self, value: float) -> str:
        """The value for the eye: a word where there is one for it."""
        for word, meaning in self.words.items():
            if value == meaning:
                return word
        return format_number(value)

    def parse(self, text: str) -> float:
        """The value that was typed; an empty text is the neutral one.

        Raises:
            ValueError: With a sentence for the writer: what was found, what is allowed.
        """
        word = text.strip().casefold()
        if not word:
            return self.neutral
        if word in self.words:
            return self.words[word]
        try:
            return parse_integer(word) if self.is_whole else parse_number(word)
        except ValueError:
            kind = "a whole number" if self.is_whole else "a number"
            allowed = " or ".join([kind, *self.words])
            raise ValueError(f"{self.label}: found “{text.strip()}”; type {allowed}.") from None


TOP_K = Field(
    name="top_k",
    label="top-k",
    neutral=0,
    is_whole=True,
    words={"off": 0},
    tool_tip=(
        "<p><b>Top-k</b> (top_k): only the k most probable tokens can be drawn.</p>"
        "<p>A fixed short list, however sure or unsure the model is. 0 is off.</p>"
    ),
)
TOP_P = Field(
    name="top_p",
    label="top-p",
    neutral=1.0,
    is_whole=False,
    words={"off": 1.0},
    tool_tip=(
        "<p><b>Top-p</b>, nucleus sampling (top_p): only the smallest set of most probable tokens "
        "whose probabilities sum to at least p can be drawn.</p>"
        "<p>A short list where the model is sure, a long one where it is not. 1 is off.</p>"
    ),
)
MIN_P = Field(
    name="min_p",
    label="min-p",
    neutral=0.0,
    is_whole=False,
    words={"off": 0.0},
    tool_tip=(
        "<p><b>Min-p</b> (min_p): only tokens at least this many times as probable as the "
        "favourite can be drawn.</p>"
        "<p>Drops what is absurd beside the favourite, keeps what competes with it. 0 is off.</p>"
    ),
)
REPEAT_PENALTY = Field(
    name="repeat_penalty",
    label="repeat penalty",
    neutral=1.0,
    is_whole=False,
    words={"off": 1.0},
    tool_tip=(
        "<p><b>Repeat penalty</b> (repeat_penalty): logits of recent tokens are divided by it "
        "where positive, multiplied where negative.</p>"
        "<p>Above 1 makes repeating less likely; much above 1.2 starts to avoid even “the”. "
        "1 is off.</p>"
    ),
)
REPEAT_LAST_N = Field(
    name="repeat_last_n",
    label="repeat last n",
    neutral=64,
    is_whole=True,
    words={"all": -1, "off": 0},
    tool_tip=(
        "<p><b>Repeat last n</b> (repeat_last_n): how many of the last tokens the repeat "
        "penalty looks at.</p>"
        "<p>How far back a word counts as a repetition. 0 is off, all (−1) the whole context.</p>"
    ),
)
SEED = Field(
    name="seed",
    label="seed",
    neutral=-1,
    is_whole=True,
    words={"random": -1},
    tool_tip=(
        "<p><b>Seed</b> (seed): where the random numbers of the draw start.</p>"
        "<p>The same seed and settings give the same text again. random (−1) takes a new one each "
        "time.</p>"
    ),
)
MAX_TOKENS = Field(
    name="max_tokens",
    label="max tokens",
    neutral=DEFAULT_MAX_TOKENS,
    is_whole=True,
    tool_tip=(
        "<p><b>Max tokens</b>: how many tokens one Continue writes at most.</p>"
        "<p>A token is about three quarters of an English word. The model may stop earlier.</p>"
    ),
)

_FIELDS_IN_SUMMARY = (
    (TOP_K, "top-k"),
    (TOP_P, "top-p"),
    (MIN_P, "min-p"),
    (REPEAT_PENALTY, "repeat"),
)

_STEPS_IN_SUMMARY = (
    # The step, the parameter that tells most of it, and its neutral value.
    ("typical_p", "typical_p", 1.0, "typical-p {}"),
    ("top_n_sigma", "top_n_sigma", -1.0, "top-nσ {}"),
    ("xtc", "xtc_probability", 0.0, "XTC {}"),
    ("penalties", "frequency_penalty", 0.0, "frequency {}"),
    ("penalties", "presence_penalty", 0.0, "presence {}"),
    ("dry", "dry_multiplier", 0.0, "DRY {}"),
    ("temperature", "dynatemp_range", 0.0, "T ±{}"),
)


def summary(params: SamplingParams) -> str:
    """What is not neutral, in one line: ``top-p 0.95   min-p 0.05   repeat 1.05``.

    Of the parameters that have no field here (a preset may set them) those that have an effect.
    """
    if params.mirostat:
        tau = format_number(params.mirostat_tau)
        parts = [f"Mirostat {params.mirostat} at {tau} bits"]
    else:
        parts = _steps(params) or ["no filter, no penalty"]
    if params.logit_bias:
        parts.append(f"{len(params.logit_bias)} bias{'es' if len(params.logit_bias) > 1 else ''}")
    if params.seed != SEED.neutral:
        parts.append(f"seed {SEED.format(params.seed)}")
    return "   ".join(parts)


def _steps(params: SamplingParams) -> list[str]:
    parts = [
        f"{label} {entry.format(getattr(params, entry.name))}"
        for entry, label in _FIELDS_IN_SUMMARY
        if getattr(params, entry.name) != entry.neutral
    ]
    active = active_steps(params)
    parts += [
        words.format(format_number(getattr(params, name)))
        for step, name, neutral, words in _STEPS_IN_SUMMARY
        if step in active and getattr(params, name) != neutral
    ]
    if params.min_keep > 1 and {"top_p", "min_p", "typical_p", "xtc"} & set(active):
        parts.append(f"min-keep {params.min_keep}")
    return parts


def order_words(params: SamplingParams) -> str:
    """Where temperature stands: ``temperature last``, ``first``, ``between`` or ``off``."""
    if params.mirostat:
        return "temperature, Mirostat"
    return f"temperature {temperature_place(params.samplers)}"
