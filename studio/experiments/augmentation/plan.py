"""What an augmentation writes: the same plan makes the same samples, whenever it goes on."""

from __future__ import annotations

from random import Random
from typing import Literal, NamedTuple

import msgspec

from studio.engine.messages import Prompt
from studio.experiments.augmentation.errors import AugmentationError
from studio.experiments.augmentation.prompt_table import PromptTable
from studio.experiments.augmentation.templates import Template
from studio.experiments.samples import Sample
from studio.presets import Preset
from studio.sampling import MAX_SEED, SamplingParams
from studio.translation import tr

MOST_ROWS = 1_000_000
"""Of a data set."""

Duplicates = Literal["drop", "mark", "keep"]

_DECIMALS = 4
"""Of a temperature that is drawn."""


class Temperatures(NamedTuple):
    """The temperatures that samples are written at.

    Attributes:
        values: In turn; none for each preset's own.
        low: Where none are given, the least of a range that each sample's is drawn from, evenly.
        high: The largest of it; None for no range.
    """

    values: tuple[float, ...] = ()
    low: float = 0.0
    high: float | None = None


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """What a text must be to become a row."""

    shortest: int = 1
    """Characters."""
    longest: int | None = None
    matching: tuple[str, ...] = ()
    """Regular expressions that are each found in it."""
    without: tuple[str, ...] = ()
    """Regular expressions that are not."""
    schema: bytes = b""
    """A JSON schema that it holds; empty for none."""
    duplicates: Duplicates = "drop"
    """What becomes of a text that is there already, or nearly."""
    similarity: float = 0.8
    """From which on one text is nearly another: the share of their runs of three words."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All that a data set follows from."""

    samples: int
    """Rows that each prompt is to have."""
    tries: int
    """Samples that are written for one at most."""
    seed: int
    presets: tuple[Preset, ...]
    """In turn, with all that was set over them."""
    temperatures: Temperatures = Temperatures()
    template: str = "{prompt}"
    brief: str = ""
    screen: Screen = Screen()
    ignore_eos: bool = False

    def sample(self, prompts: Prompts, row: int, number: int) -> Sample:
        """A sample as it is to be written, every time the same.

        Args:
            prompts: Of all rows.
            row: Its prompt's place among these.
            number: Which of that prompt's samples it is.
        """
        preset, temperature = self._preset(number), self._temperature(row, number)
        values: dict[str, float] = {"seed": self._random("", row, number).randrange(MAX_SEED + 1)}
        if temperature is not None:
            values["temperature"] = temperature
        return Sample(
            key=(row, number),
            prompt=prompts.prompt(row, preset),
            params=msgspec.structs.replace(preset.sampling, **values),
            max_tokens=preset.max_tokens,
            stop=preset.stop,
        )

    def preset_name(self, number: int) -> str:
        """The name of the preset of a prompt's sample."""
        return self._preset(number).name

    def _preset(self, number: int) -> Preset:
        return self.presets[number % len(self.presets)]

    def _temperature(self, row: int, number: int) -> float | None:
        values, low, high = self.temperatures
        if values:
            return values[number // len(self.presets) % len(values)]
        if high is None:
            return None
        return round(self._random("T", row, number).uniform(low, high), _DECIMALS)

    def _random(self, what: str, row: int, number: int) -> Random:
        return Random(f"{self.seed}/{row}/{number}/{what}")

    def identity(self, model: str, prompts: str) -> dict[str, str]:
        """What must be the same for one data set to go on, by name; not how many rows it has.

        Args:
            model: The fingerprint of the model's file; its name where a server has it.
            prompts: That of the prompts' file.
        """
        presets = [(one.name, one.sampling, one.stop, one.max_tokens) for one in self.presets]
        formats = [(one.prompt_format, one.system_message) for one in self.presets]
        return {
            "model": model,
            "prompts": prompts,
            "template": self.template,
            "brief": self.brief,
            "presets and sampling": repr((presets, formats)),
            "temperature": repr(tuple(self.temperatures)),
            "seed": str(self.seed),
            "filters": repr(self.screen),
            "ignore_eos": str(self.ignore_eos),
        }


class Prompts:
    """The prompts of a table, as the model is given them.

    Args:
        table: The fields of each.
        plan: Which texts they stand in.

    Raises:
        AugmentationError: A text has a place for a field that a prompt lacks, gets too long, or a
            prompt is empty; or there would be too many rows.
    """

    def __init__(self, table: PromptTable, plan: Plan) -> None:
        self._rows = table.rows
        self._template = Template(plan.template, "--template")
        self._brief = Template(plan.brief, "--brief")
        if len(self._rows) * plan.samples > MOST_ROWS:
            raise AugmentationError(
                tr(
                    "{prompts:,} prompts of {samples:,} rows each: at most {most:,} rows are "
                    "allowed",
                    prompts=len(self._rows),
                    samples=plan.samples,
                    most=MOST_ROWS,
                )
            )
        for number in range(len(self._rows)):
            if not (self.text(number).strip() or self.brief(number).strip()):
                raise AugmentationError(tr("prompt {number} is empty", number=number + 1))

    def __len__(self) -> int:
        return len(self._rows)

    def text(self, row: int) -> str:
        """The text that is continued."""
        return self._template.filled(self._rows[row], row + 1)

    def brief(self, row: int) -> str:
        """What the model is given before it."""
        return self._brief.filled(self._rows[row], row + 1)

    def prompt(self, row: int, preset: Preset) -> Prompt:
        """A prompt in a preset's format.

        Args:
            row: Its place in the table.
            preset: The preset.
        """
        return Prompt(
            manuscript=self.text(row),
            brief=self.brief(row),
            system=preset.system_message,
            format=preset.prompt_format,
        )


def temperatures_of(text: str) -> Temperatures:
    """Temperatures as they are written: 0.7, a list 0.7,1,1.3, or a range 0.7..1.4.

    Raises:
        AugmentationError: It is none of these, or a number is out of range.
    """
    low, dots, high = text.partition("..")
    try:
        if dots:
            found = Temperatures(low=_temperature(low), high=_temperature(high))
            if not found.low <= _temperature(high) < float("inf"):
                raise ValueError(text)
            return found
        return Temperatures(values=tuple(map(_temperature, text.split(","))))
    except ValueError as error:
        raise AugmentationError(
            tr(
                "--temperature: found {found}; allowed are a number from 0 to inf, several with "
                "commas between them, or a range such as 0.7..1.4",
                found=repr(text),
            )
        ) from error


def _temperature(text: str) -> float:
    return SamplingParams(temperature=float(text)).temperature


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """In what two plans differ.

    Args:
        one: The identity of one.
        other: That of the other.
    """
    return [name for name in {**one, **other} if one.get(name) != other.get(name)]
