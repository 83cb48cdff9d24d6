"""What is known of a token's place besides the logits: what the samplers need there.

That is the tokens before it, the draws, what Mirostat has learnt. At the caret and while the model
writes the window knows all of it, except draws that are yet to be made; `place_notes` says what it
does not know.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from studio.sampling import NO_STATE, Breakers, SamplerState, SamplingParams, active_steps, chance
from studio.sampling.samplers.steps import CARRY_STATE
from studio.sampling.word_tokens import NO_BIASES
from studio.token_record import TokenRecord

NOTHING_TYPED: Mapping[int, int] = MappingProxyType({})


class TokenPlace(NamedTuple):
    """The place of a token, written or yet to come.

    Attributes:
        history: The tokens before it, oldest first.
        is_whole: Whether these are all tokens that the model has before it.
        is_next: Whether it is the first that the next Continue will draw: with the seed of the
            parameters in force, if they have one.
        is_first: Whether it is the first of a run: Mirostat and adaptive-p have learnt nothing.
        seed: The seed of its draws; None where that is not known, or nothing was drawn.
        mu: The surprise that Mirostat allowed there, in bits; None where that is not known.
        adaptive_mean: The mean probability of what adaptive-p had drawn; None as for `mu`.
        typed: By token id, how many first bytes of a token are in the text before it already. The
            distribution is conditioned on these characters.
    """

    history: Sequence[int] = ()
    is_whole: bool = True
    is_next: bool = False
    is_first: bool = False
    seed: int | None = None
    mu: float | None = None
    adaptive_mean: float | None = None
    typed: Mapping[int, int] = NOTHING_TYPED

    def seed_with(self, params: SamplingParams) -> int | None:
        """The seed of the draws here; None where it is not known."""
        seed = params.seed if self.is_next else self.seed
        return None if seed is None or seed < 0 else seed

    def xtc_chance(self, params: SamplingParams) -> float | None:
        """XTC's draw at this place; None where it is not known."""
        seed = self.seed_with(params)
        return None if seed is None or not self.is_whole else chance(seed, len(self.history))

    def knows_carried(self, params: SamplingParams) -> bool:
        """Whether what Mirostat or adaptive-p has learnt is known, if one of them is on."""
        if self.is_next or self.is_first:
            return True
        if params.mirostat:
            return self.mu is not None
        return CARRY_STATE.isdisjoint(active_steps(params)) or self.adaptive_mean is not None

    def state(
        self,
        params: SamplingParams,
        breakers: Breakers | None,
        words: Mapping[int, float] = NO_BIASES,
    ) -> SamplerState:
        """What samplers need besides history and logits, as far as it is known.

        Without its draw, XTC acts. Without breakers, nothing breaks a repetition.

        Args:
            params: The parameters in force.
            breakers: The sequence breakers as tokens; None where these are not known.
            words: What the words with biases add to logits here.
        """
        if params.mirostat:
            return SamplerState(mu=None if self.is_first else self.mu, word_biases=words)
        steps = active_steps(params)
        xtc_chance = self.xtc_chance(params) if "xtc" in steps else None
        mean = None if self.is_first or CARRY_STATE.isdisjoint(steps) else self.adaptive_mean
        if xtc_chance is None and mean is None and "dry" not in steps and not words:
            return NO_STATE
        return SamplerState(xtc_chance or 0.0, None, mean, breakers or {}, words)


def place_of(record: TokenRecord) -> TokenPlace | None:
    """The place of a recorded token, as the model had it; None where that is not known."""
    sequence = record.sequence
    if sequence is None or sequence.ids is None:
        return None
    return TokenPlace(
        sequence.ids[: record.index],
        is_whole=sequence.is_whole,
        is_first=record.index == sequence.start,
        seed=sequence.seed,
        mu=record.mu,
        adaptive_mean=record.adaptive_mean,
        typed=record.typed,
    )


UNKNOWN_PLACE = TokenPlace(is_whole=False)
"""A place of which nothing is known."""
