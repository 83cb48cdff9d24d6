"""What there is to say of a sampling parameter and of a step of the sampler: the table's columns.

The table itself is `params`: the fields of `SamplingParams` and `STEPS`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.translation import tr

LARGEST = math.inf
"""Of a number without an upper bound."""

LARGEST_COUNT = 2**31 - 1
"""Of tokens: llama.cpp holds counts and token ids in an int32."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Parameter:
    """One thing that can be set.

    Attributes:
        name: The field of `SamplingParams`; taken from there.
        neutral: The value with which it does nothing, or does the usual, which is its default;
            taken from there, too.
        label: What stands before it.
        one: What a single entry of it is called, where it has several.
        help: What it does, in the field's words: one sentence.
        plain: The same in plain words, and what to expect of it.
        allowed: What may be set, in words; a number says it by its range.
        group: The parameters that it is shown with; empty where it is shown nowhere by itself.
        step: The step that it belongs to, if it does to one.
        is_switch: Whether the step acts as soon as this one is not neutral.
        short: It and its value in a summary, the value at the braces; by default its label and it.
        llama_name: What llama.cpp's server calls it, where that is another name; empty where it
            has no such thing.
        llama_flag: The same of the options of llama.cpp's programs.
        short_flag: A second option of our own command line, of one letter.
    """

    name: str = ""
    neutral: object = None
    label: str
    one: str = ""
    help: str
    plain: str
    allowed: str = ""
    group: str = ""
    step: str | None = None
    is_switch: bool = False
    short: str = ""
    llama_name: str | None = None
    llama_flag: str | None = None
    short_flag: str = ""

    @property
    def flag(self) -> str:
        """The option of our own command line."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def server_name(self) -> str:
        """The key of llama.cpp's server; empty where it has none."""
        return self.name if self.llama_name is None else self.llama_name

    @property
    def program_flag(self) -> str:
        """The option of llama.cpp's programs; empty where they have none."""
        return self.flag if self.llama_flag is None else self.llama_flag


@dataclass(frozen=True, kw_only=True, eq=False)
class Number(Parameter):
    """One number.

    Attributes:
        neutral: The value that does nothing, or the usual.
        least: The least number allowed, but for the words.
        most: The largest.
        stride: How far a step of the arrow keys goes.
        is_whole: Whether it is a whole number.
        is_above: Whether `least` itself is not allowed.
        may_be_infinite: Whether infinity is allowed.
        words: Words that stand for values, the first of each value being the one shown. A value
            beyond the range is allowed where a word stands for it.
        also_neutral: A value that does what the neutral one does, and is settled on it.
        means: What stands in brackets where a value is refused; by default what the words mean.
    """

    neutral: float = 0.0
    least: float = 0.0
    most: float = LARGEST
    stride: float
    is_whole: bool = False
    is_above: bool = False
    may_be_infinite: bool = False
    words: Mapping[str, float] = field(default_factory=dict)
    also_neutral: float | None = None
    means: str = ""

    def __post_init__(self) -> None:
        """Make the least of whole numbers one itself: steps from it are whole, too."""
        if self.is_whole and math.isfinite(self.least):
            object.__setattr__(self, "least", int(self.least))

    @property
    def meanings(self) -> str:
        """What its words mean: ``0 is off, -1 is all``."""
        return ", ".join(
            tr("{value:g} is {word}", value=value, word=tr(word))
            for word, value in self.words.items()
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """One step of the sampler.

    Attributes:
        name: What `SamplingParams.samplers` calls it.
        title: The same for the eye.
        changes: Whether it changes logits.
        cuts: Whether it takes tokens out.
        keeps_best: Whether what it leaves is the best n tokens, and no fewer at a higher
            temperature.
        heeds_min_keep: Whether it leaves `min_keep` tokens.
        llama_name: What llama.cpp calls it, where that is another name; empty where it has no such
            step.
        letter: The same in its `--sampling-seq`.
        aliases: Other names that llama.cpp takes for it, and dashes for underscores.
        runs_last: Whether it runs behind all others, wherever the order names it.
        carries_state: Whether it needs what `SamplerState` carries from token to token.
        is_by_default: Whether llama.cpp runs it unasked.
        is_later: Whether there were presets before it. In a file that is silent on its parameters
            it is no step left out: it stands at its own place.
    """

    name: str
    title: str
    changes: bool = False
    cuts: bool = False
    keeps_best: bool = True
    heeds_min_keep: bool = False
    llama_name: str | None = None
    letter: str = ""
    aliases: tuple[str, ...] = ()
    runs_last: bool = False
    carries_state: bool = False
    is_by_default: bool = True
    is_later: bool = False

    @property
    def chain_name(self) -> str:
        """What llama.cpp's `--samplers` calls it; empty where it has no such step."""
        return self.name if self.llama_name is None else self.llama_name
