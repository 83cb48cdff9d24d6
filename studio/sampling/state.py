"""What the samplers of one step need beside logits, parameters and history. One frozen value.

Most samplers need none of it. Whoever runs the token loop fills it in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

Breakers = Mapping[int, Sequence[tuple[int, ...]]]
"""DRY's sequence breakers as tokens: the first one of a sequence, and what may follow it.

A token that breaks by itself has the empty tuple among its tails.
"""


class SamplerState(NamedTuple):
    """What changes from token to token without being in the text.

    Attributes:
        chance: XTC's draw for this step, in [0, 1): it acts where this is at most its probability.
            0, as it stands here, shows what XTC does when it acts. `chance` makes one of a seed
            and a position.
        mu: The surprise in bits that Mirostat allows at this step; None where it begins.
        adaptive_mean: The mean probability of what adaptive-p has drawn; None where it begins.
        breakers: The texts of `dry_sequence_breakers` as tokens of the model's vocabulary.
        word_biases: What `word_biases` add to the logits of tokens at this step, by what stands
            before it; see `WordTable`.
    """

    chance: float = 0.0
    mu: float | None = None
    adaptive_mean: float | None = None
    breakers: Breakers = MappingProxyType({})
    word_biases: Mapping[int, float] = MappingProxyType({})


NO_STATE = SamplerState()
"""At the beginning, and where nothing of it is known."""
