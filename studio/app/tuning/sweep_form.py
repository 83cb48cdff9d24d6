"""What a sweep's form says, as a plan."""

from __future__ import annotations

import re
from typing import NamedTuple

from studio.engine.messages import Prompt
from studio.experiments.sweep.plan_text import plan_text
from studio.experiments.text_temperature import BLOCK, STEPS
from studio.sampling import SamplingParams
from studio.translation import mark, tr
from studio.visible_text import visible_line

TEMPERATURES = "0.4, 0.7, 1, 1.3, 1.6"
"""What stands in the form at first."""
MOST_SAMPLES = 500
MOST_TOKENS = 2_000
_SEPARATORS = re.compile(r"[\s,;]+")
_INFINITE = ("∞", "inf")


class SweepAim(NamedTuple):
    """What somebody may look for.

    Attributes:
        title: What it is called.
        criterion: The same as a plan's criterion; None for none.
    """

    title: str
    criterion: dict[str, object] | None


AIMS = (
    SweepAim(
        mark("most varied, without loops"), {"highest": "distinct_2", "at_most": {"loops": 0.05}}
    ),
    SweepAim(mark("least repetitive"), {"lowest": "rep_4"}),
    SweepAim(
        mark("most likely, without near duplicates"),
        {"lowest": "perplexity", "at_most": {"near_duplicates": 0.1}},
    ),
    SweepAim(mark("no recommendation"), None),
)


class SweepWay(NamedTuple):
    """Of what T is.

    Attributes:
        title: What it is called.
        whole_text: The same as a plan's key; None for T at each token.
    """

    title: str
    whole_text: dict[str, object] | None


WAYS = (
    SweepWay(mark("T of each token"), None),
    SweepWay(mark("T of the text, by weights"), {"draws": 16}),
    SweepWay(mark("T of the text, block-wise"), {"block": BLOCK, "steps": STEPS}),
)


class FormError(ValueError):
    """What stands in a form cannot be swept; the message says what may."""


class SweepForm(NamedTuple):
    """What was chosen.

    Attributes:
        prompt: What is continued.
        params: The sampling in force, of which T does not count.
        stop: What ends a text.
        temperatures: As typed.
        samples: Texts at each T.
        max_tokens: Of a text.
        aim: What is looked for.
        way: Of what T is.
    """

    prompt: Prompt
    params: SamplingParams
    stop: tuple[str, ...]
    temperatures: str
    samples: int
    max_tokens: int
    aim: SweepAim
    way: SweepWay = WAYS[0]

    def plan(self) -> bytes:
        """Return the plan.

        Raises:
            FormError: There is nothing to continue, or a temperature is no number.
        """
        prompt = self.prompt
        if not prompt.manuscript and not prompt.brief:
            raise FormError(tr("There is no text before the caret, and no brief: write some."))
        neutral = SamplingParams()
        ours = ("temperature", "seed")
        changed = {
            field: value
            for field in SamplingParams.__struct_fields__
            if field not in ours
            and (value := getattr(self.params, field)) != getattr(neutral, field)
        }
        whole_text = self.way.whole_text
        settings = {
            "prompts": [
                {"name": tr("this text"), "text": prompt.manuscript, "brief": prompt.brief}
            ],
            "samples": self.samples,
            "max_tokens": self.max_tokens,
            "format": prompt.format,
            "system": prompt.system if prompt.format == "chat" else None,
            "stop": self.stop if whole_text is None else None,
            "sampling": _plain(changed) if whole_text is None else None,
            "whole_text": whole_text,
            "criterion": self.aim.criterion,
            "vary": {"temperature": _temperatures(self.temperatures)},
        }
        return plan_text(settings).encode()


def _temperatures(typed: str) -> list[float]:
    words = [word for word in _SEPARATORS.split(typed.strip()) if word]
    if not words:
        raise FormError(tr("Type temperatures, such as {example}.", example=TEMPERATURES))
    return [_temperature(word) for word in words]


def _temperature(word: str) -> float:
    try:
        return float("inf") if word in _INFINITE else float(word)
    except ValueError:
        raise FormError(
            tr(
                "“{word}” is no temperature. Type numbers with commas between them, such as "
                "{example}.",
                word=visible_line(word, 40),
                example=TEMPERATURES,
            )
        ) from None


def _plain(changed: dict[str, object]) -> dict[str, object]:
    """Parameters as TOML has them; biases, which belong to one text and model, are left out."""
    left_out = ("logit_bias", "logit_bias_vocabulary", "word_biases")
    return {field: value for field, value in changed.items() if field not in left_out}
