"""One text that a sweep wrote, as it is kept: a line of JSON."""

from __future__ import annotations

import math

import msgspec

from studio.engine.messages import FinishReason
from studio.experiments.comparison import OF_ITSELF
from studio.experiments.samples import WrittenSample

UNKNOWN = -1
"""As a token's id."""


class SweepText(msgspec.Struct, frozen=True, kw_only=True):
    """A text, where it stands in the plan, and what measures need of its tokens."""

    prompt: int
    """Its prompt's place in the plan, from 0."""
    value: int
    """Its value's place there."""
    number: int
    """Which of the texts of its prompt it is, from 0; those of one number share a seed at all
    values."""
    seed: int
    text: str
    reason: FinishReason
    tokens: tuple[int, ...]
    """Token ids, without that which ended the text; `UNKNOWN` where a server does not say them."""
    nats_t1: float
    """−Σ ln p of its tokens under the model's own distribution, at T 1 and without filters; not a
    number where a server does not say it."""
    entropy: float
    """The entropies in nats, summed, of the distributions that its tokens were drawn from; not a
    number where a server drew them."""
    unseen_characters: int = 0
    """Of its prompt, which had no room in the context."""
    evaluations: int = 0
    """Of the model, where it was drawn as a whole."""

    @property
    def has_ended(self) -> bool:
        """Whether it ended of itself, not for its length."""
        return self.reason in OF_ITSELF


def kept(written: WrittenSample) -> SweepText:
    """Return what is kept of a sample, whose key is its prompt, value and number."""
    prompt, value, number = written.sample.key
    records, served = written.records, written.served
    if served is None:
        tokens = tuple(record.id for record in records)
        own = written.log_probability_t1 if records else 0.0
        nats_t1 = math.nan if own is None else -own * len(records)
        is_drawn = all(record.u is not None for record in records)
        entropy = math.fsum(record.entropy for record in records) if is_drawn else math.nan
    else:
        tokens = served.ids or (UNKNOWN,) * served.tokens
        nats_t1 = math.nan if served.nats_t1 is None else served.nats_t1
        entropy = math.nan
    return SweepText(
        prompt=prompt,
        value=value,
        number=number,
        seed=written.seed,
        text=written.text,
        reason=written.reason,
        tokens=tokens,
        nats_t1=nats_t1,
        entropy=entropy,
        unseen_characters=written.unseen_characters,
        evaluations=written.evaluations,
    )
