"""What a sweep writes, in an order in which it can be stopped at any time."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from studio.experiments.samples import Sample
from studio.experiments.sweep.plan import Sweep

_BLOCK = 8
"""Texts of a prompt at a value before the next prompt's turn: one that is stopped has about as many
of each, and prompts are seldom evaluated anew."""


def samples_of(sweep: Sweep) -> Iterator[Sample]:
    """Return all that is to be written; the key is prompt, value and number."""
    plan = sweep.plan
    for first in range(0, plan.samples, _BLOCK):
        for prompt in range(len(sweep.prompts)):
            for number in range(first, min(first + _BLOCK, plan.samples)):
                seed = sweep.seed_of(prompt, number)
                for place, value in enumerate(sweep.values):
                    yield Sample(
                        key=(prompt, place, number),
                        prompt=sweep.prompt_at(prompt, place),
                        params=msgspec.structs.replace(value.params, seed=seed),
                        max_tokens=plan.max_tokens,
                        stop=value.stop,
                    )
