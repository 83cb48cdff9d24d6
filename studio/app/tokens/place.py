"""What is known of the place of a token beside its logits: what the samplers need, or may not have.

The tokens before it, the dice, what Mirostat has learnt. At the caret and while the model writes
the window knows all of it, unless dice are yet to be thrown; what it does not know `place_notes`
says.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from studio.sampling import NO_STATE, Breakers, SamplerState, SamplingParams, active_steps, chance
from studio.sampling.word_tokens import NO_BIASES

NOTHING_TYPED: Mapping[int, int] = MappingProxyType({})


class TokenPlace(NamedTuple):
    """Where a token stands, or is to stand.

    Attributes:
        history: The tokens before it, oldest first.
        is_whole: Whether these are all that the model has before it.
        is_next: Whether it is the first that the next Continue will draw: with the seed of the
            parameters in force, if they have one, and a Mirostat that has learnt nothing.
        seed: What its dice were made of; None where that is not known, or none were thrown.
        mu: The surprise that Mirostat allowed there, in bits; None at a generation's first token.
        knows_mu: Whether that is so.
        typed: Of tokens that begin with what the text before them has already: with how many bytes
            of it. The distribution is conditioned on these characters.
    """

    history: Sequence[int] = ()
    is_whole: bool = True
    is_next: bool = False
    seed: int | None = None
    mu: float | None = None
    knows_mu: bool = False
    typed: Mapping[int, int] = NOTHING_TYPED

    def seed_with(self, params: SamplingParams) -> int | None:
        """The seed that counts here; None where none is known."""
        seed = params.seed if self.is_next else self.seed
        return None if seed is None or seed < 0 else seed

    def die(self, params: SamplingParams) -> float | None:
        """XTC's die at this place; None where it is not known."""
        seed = self.seed_with(params)
        return None if seed is None or not self.is_whole else chance(seed, len(self.history))

    def state(
        self,
        params: SamplingParams,
        breakers: Breakers | None,
        words: Mapping[int, float] = NO_BIASES,
    ) -> SamplerState:
        """What samplers need beside history and logits, as far as it is known.

        Without the die XTC acts. Without breakers nothing breaks a repetition.

        Args:
            params: The parameters in force.
            breakers: Their sequence breakers as tokens; None where these are not known.
            words: What their words add to the logits of tokens here.
        """
        if params.mirostat:
            return SamplerState(mu=self.mu, word_biases=words)
        steps = active_steps(params)
        die = self.die(params) if "xtc" in steps else None
        if die is None and "dry" not in steps and not words:
            return NO_STATE
        return SamplerState(die or 0.0, None, breakers or {}, words)


UNKNOWN_PLACE = TokenPlace(is_whole=False)
"""Of which nothing is known."""
