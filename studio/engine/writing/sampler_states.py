"""What the samplers need from token to token beside the text: XTC's die, Mirostat's mu, breakers.

One of these accompanies a generation. It knows neither the token loop nor logits.
"""

from studio.engine.llama.vocabulary import Vocabulary
from studio.engine.messages import EngineError
from studio.engine.writing.dry_breakers import tokens_of_breakers
from studio.sampling import NO_STATE, Breakers, Choice, SamplerState, SamplingParams, chance


class SamplerStates:
    """Makes the `SamplerState` of each step.

    Attributes:
        mu: what Mirostat carries to the next step; None where it is off, or has not begun.
    """

    def __init__(self, seed: int, vocabulary: Vocabulary, mu: float | None = None) -> None:
        self._seed = seed
        self._vocabulary = vocabulary
        self.mu = mu
        self._checked: SamplingParams | None = None
        self._needed = False
        self._breaker_texts: tuple[str, ...] = ()
        self._breakers: Breakers = NO_STATE.breakers

    def at(self, params: SamplingParams, position: int) -> SamplerState:
        """The state for the token at `position`.

        Raises:
            EngineError: a bias is for a token that the model does not have.
        """
        if params is not self._checked:
            self._check(params)
        if not self._needed:
            return NO_STATE
        return SamplerState(chance(self._seed, position), self.mu, self._breakers)

    def took(self, choice: Choice) -> None:
        """Remember what the choice leaves for the next step."""
        self.mu = choice.mu

    def _check(self, params: SamplingParams) -> None:
        for token, _ in params.logit_bias[-1:]:  # the largest id
            if token >= self._vocabulary.size:
                raise EngineError(
                    "prompt",
                    f"logit_bias: found token {token:,}; this model has the tokens 0 to "
                    f"{self._vocabulary.size - 1:,}. Take the bias out, or choose the model it "
                    "was made for.",
                )
        dry_is_on = params.dry_multiplier > 0.0 and "dry" in params.samplers
        if dry_is_on and params.dry_sequence_breakers != self._breaker_texts:
            self._breaker_texts = params.dry_sequence_breakers
            self._breakers = tokens_of_breakers(self._breaker_texts, self._vocabulary)
        self._needed = bool(dry_is_on or params.mirostat or params.xtc_probability)
        self._checked = params
