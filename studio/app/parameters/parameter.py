"""A setting of the sampler as the window speaks of it: shown, typed, stepped, found.

The facts of the sampler's parameters are in its table (`sampling.params`); this module reads,
prints and describes values.
"""

import math
from dataclasses import dataclass

from studio.app.explain_steps import StepName
from studio.app.parameters.sampling_number import format_number, parse_integer, parse_number
from studio.sampling import facts
from studio.sampling.facts import LARGEST, LARGEST_COUNT
from studio.translation import tr


@dataclass(frozen=True, kw_only=True, eq=False)
class Parameter(facts.Parameter):
    """One thing that the writer can set: a field of `SamplingParams` or of `Preset`.

    Attributes:
        explained: The step of Explain about it, if there is one.
    """

    explained: StepName | None = None

    @property
    def title(self) -> str:
        """The label with a capital letter, for the beginning of a line."""
        label = tr(self.label)
        return label[0].upper() + label[1:]

    @property
    def tool_tip(self) -> str:
        """What it is, in technical and in plain words, as rich text."""
        help_, plain = tr(self.help), tr(self.plain)
        return f"<p><b>{self.title}</b> ({self.name}). {help_}</p><p>{plain}</p>"

    @property
    def allowed_words(self) -> str:
        """What may be set."""
        return tr(self.allowed)

    def in_short(self, value: str) -> str:
        """The parameter with a value, for a summary."""
        return tr(self.short).format(value) if self.short else f"{tr(self.label)} {value}"

    def matches(self, words: str) -> bool:
        """Whether each of `words` occurs in its label, name or help."""
        own = (self.name, self.name.replace("_", " "))
        folded = " ".join([*map(tr, (self.label, self.help, self.plain)), *own]).casefold()
        return all(word in folded for word in words.casefold().split())


@dataclass(frozen=True, kw_only=True, eq=False)
class Number(facts.Number, Parameter):
    """One number."""

    @property
    def allowed_words(self) -> str:
        """What may be set: the description of it, or else the range."""
        return tr(self.allowed) if self.allowed else self._range()

    def format(self, value: float) -> str:
        """The value as it is shown: a word where there is one for it."""
        for word, meaning in self.words.items():
            if value == meaning:
                return tr(word)
        return self._digits(value)

    def parse(self, text: str) -> float:
        """Read a value that was typed; an empty text stands for the neutral one.

        Raises:
            ValueError: With a sentence for the writer: what was found, what is allowed.
        """
        word = text.strip().casefold()
        if not word:
            return self.neutral
        for own, value in self.words.items():
            if word in (own, tr(own).casefold()):
                return value
        try:
            return parse_integer(word) if self.is_whole else parse_number(word)
        except ValueError:
            kind = tr("a whole number") if self.is_whole else tr("a number")
            allowed = tr(" or ").join([kind, *map(tr, self.words)])
            raise ValueError(
                tr(
                    "{label}: found “{text}”; type {allowed}.",
                    label=tr(self.label),
                    text=text.strip(),
                    allowed=allowed,
                )
            ) from None

    def stepped(self, value: float, strides: float) -> float:
        """The round value so many strides up, or down where `strides` is negative.

        From between two round values one goes to the next. A tenth of a stride is a finer step;
        with whole numbers a stride is at least 1. A value below the range that has a word, such as
        automatic, comes before `least`.

        Args:
            value: Where to begin.
            strides: How many steps; negative ones go down.
        """
        if math.isinf(value) or not strides:
            return value
        finest = 1 if self.is_whole else 0.0
        grid = max(self.stride * min(abs(strides), 1), finest)
        count = max(round(abs(strides)), 1)
        lowest = self.least + grid if self.is_above else self.least
        if strides > 0:
            if value < self.least and self.is_whole:
                return lowest
            # Of others 0 is off as well, as the word below it: a step leads past it.
            return min(_on_grid(max(value, self.least), grid, count), self.most)
        if value <= lowest:
            return min([value, *self.words.values()])
        return max(0 - _on_grid(-value, grid, count), lowest)  # never -0.0

    def _range(self) -> str:
        # A word for a number in the range says what that number does, not what else is allowed.
        beyond = [tr(word) for word, value in self.words.items() if not self._is_inside(value)]
        least, most = self._digits(self.least), self._digits(self.most)
        if self.least == -self.most:
            words = tr("any number")
        elif self.most in _UNBOUNDED:
            words = (
                tr("above {least}", least=least)
                if self.is_above
                else tr("from {least}", least=least)
            )
        else:
            words = (
                tr("above {least}, to {most}", least=least, most=most)
                if self.is_above
                else tr("{least} to {most}", least=least, most=most)
            )
        kind = [tr("whole")] if self.is_whole and not beyond else []
        return ", ".join([*beyond, *kind, words])

    def _digits(self, value: float) -> str:
        # Six digits are enough for a temperature; of a seed all are wanted.
        return str(int(value)) if self.is_whole else format_number(value)

    def _is_inside(self, value: float) -> bool:
        return self.least <= value <= self.most


def _on_grid(value: float, grid: float, count: int) -> float:
    """The `count`th multiple of `grid` above a value, or a little less than one above it."""
    if isinstance(value, int):
        step = int(grid)
        return (value // step + count) * step
    multiple = math.floor(value / grid + _SLACK) + count
    return round(multiple * grid, _DECIMALS)


_SLACK = 1e-6
"""The share of a step by which a multiple may be off: 0.3 counts as three tenths."""
_DECIMALS = 10

_UNBOUNDED = (LARGEST, LARGEST_COUNT)
