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
    nats_t1_open: float = 0.0
    """By how much `nats_t1` may be off, either way: a server sent the likeliest tokens alone."""
    entropy_open: float = 0.0
    """The same of `entropy`."""
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
        nats = written.nats_t1 if records else (0.0, 0.0)
        entropy = written.entropy
    else:
        tokens = served.ids or (UNKNOWN,) * served.tokens
        nats, entropy = written.nats_t1, None
    nats_t1, nats_t1_open = _middle(nats)
    middle_entropy, entropy_open = _middle(entropy)
    return SweepText(
        prompt=prompt,
        value=value,
        number=number,
        seed=written.seed,
        text=written.text,
        reason=written.reason,
        tokens=tokens,
        nats_t1=nats_t1,
        entropy=middle_entropy,
        nats_t1_open=nats_t1_open,
        entropy_open=entropy_open,
        unseen_characters=written.unseen_characters,
        evaluations=written.evaluations,
    )


def _middle(ends: tuple[float, float] | None) -> tuple[float, float]:
    """What lies between two ends, and how far off these are."""
    if ends is None:
        return math.nan, 0.0
    return (ends[0] + ends[1]) / 2.0, (ends[1] - ends[0]) / 2.0
