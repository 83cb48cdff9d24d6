"""What a sweep writes, in an order in which it can be stopped at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from studio.engine.messages import QueueSequence
from studio.experiments.samples import Run, Sample, SampleRun, WrittenSample
from studio.experiments.sweep.plan import Sweep
from studio.experiments.text_run import WholeTextRun

_BLOCK = 8
"""Texts of a prompt at a value before the next prompt's turn: one that is stopped has about as many
of each, and prompts are seldom evaluated anew."""


def run_of(
    sweep: Sweep,
    more: Callable[[], Sample | None],
    written: Callable[[WrittenSample], None],
    send: Callable[[QueueSequence], None],
) -> Run:
    """Return what writes all of it: see `SampleRun`.

    Args:
        sweep: The plan.
        more: The next of its texts; None where there is none.
        written: Takes each text as it ends.
        send: Takes what is to reach the command that runs, while it does.
    """
    plan = sweep.plan
    if plan.whole_text is not None:
        return WholeTextRun(1, more, written, plan.whole_text, ignore_eos=plan.ignore_eos)
    return SampleRun(1, more, written, send, ignore_eos=plan.ignore_eos)


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
