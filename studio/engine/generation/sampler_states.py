"""What the samplers need from token to token beside the logits: chance, Mirostat's mu, texts.

DRY's breakers and the words with biases are texts, of which the samplers want tokens.

One of these accompanies a sequence.
"""

from collections.abc import Mapping, Sequence

from studio.engine.messages import EngineError
from studio.engine.vocabulary import Vocabulary
from studio.engine.writing.dry_breakers import tokens_of_breakers
from studio.engine.writing.reader import ContinuedPrompt
from studio.engine.writing.word_search import search_of
from studio.sampling import (
    NO_STATE,
    Breakers,
    Choice,
    SamplerState,
    SamplingParams,
    WordBias,
    WordTable,
    active_steps,
    chance,
    foreign_tokens,
)
from studio.sampling.samplers.steps import CARRY_STATE
from studio.sampling.word_tokens import NO_BIASES, NO_WORDS, text_before
from studio.translation import mark, tr

_FOREIGN = mark(
    "logit_bias: found token {token:,}; this model has the tokens 0 to {last:,} of its own. Take "
    "the bias out, or choose the model it was made for."
)
_FOREIGN_OF_MODEL = mark(
    "logit_bias: found token {token:,} of “{model}”; this model has the tokens 0 to {last:,} of "
    "its own. Take the bias out, or choose the model it was made for."
)


class SamplerStates:
    """Makes the `SamplerState` of each step.

    Attributes:
        mu: what Mirostat allows at the next step; None where it is off, or has not begun.
        adaptive_mean: what adaptive-p carries to the next step; None as for `mu`.

    Args:
        seed: Of the random draws.
        vocabulary: The model's.
    """

    def __init__(self, seed: int, vocabulary: Vocabulary) -> None:
        self._seed = seed
        self._vocabulary = vocabulary
        self.mu: float | None = None
        self.adaptive_mean: float | None = None
        self._checked: SamplingParams | None = None
        self._needed = False
        self._breaker_texts: tuple[str, ...] = ()
        self._breakers: Breakers = NO_STATE.breakers
        self._word_biases: tuple[WordBias, ...] = ()
        self._words = NO_WORDS
        self._names: Sequence[bytes] = ()

    def at(
        self,
        params: SamplingParams,
        position: int,
        history: Sequence[int] = (),
        continued: ContinuedPrompt | None = None,
    ) -> SamplerState:
        """The state for the token at `position`.

        Args:
            params: in effect there.
            position: the number of the draw.
            history: the tokens before it.
            continued: the prompt, where it is the first token behind one.

        Raises:
            EngineError: a bias is for a token that the model does not have.
        """
        if params is not self._checked:
            self._check(params)
        if not self._needed:
            return NO_STATE
        words = self._word_biases_at(history, continued) if params.word_biases else NO_BIASES
        return SamplerState(
            chance(self._seed, position), self.mu, self.adaptive_mean, self._breakers, words
        )

    def advance(self, choice: Choice) -> None:
        """Remember what the choice leaves for the next step."""
        self.mu, self.adaptive_mean = choice.mu, choice.adaptive_mean

    def _word_biases_at(
        self, history: Sequence[int], continued: ContinuedPrompt | None
    ) -> Mapping[int, float]:
        table, spell = self._words, self._names.__getitem__
        if continued is None:
            return table.at(text_before(history, spell, table.reach) or b"")
        # Each token stands behind the text without what of its own is there already.
        healed, found = continued.healed, dict[int, float]()
        lengths = {way.typed for way in healed.ways}
        text = text_before(continued.whole.tokens, spell, table.reach + max(lengths)) or b""
        for length in lengths:
            for token, bias in table.at(text[: len(text) - length]).items():
                if healed.way(token).typed == length:
                    found[token] = bias
        return found

    def _check(self, params: SamplingParams) -> None:
        size = self._vocabulary.size
        foreign = foreign_tokens(params, size, self._vocabulary.mark)
        if foreign:
            made_for = params.logit_bias_vocabulary.partition(" ")[2]
            words = tr(
                _FOREIGN_OF_MODEL if made_for else _FOREIGN,
                token=foreign[-1],
                model=made_for,
                last=size - 1,
            )
            raise EngineError("prompt", words)
        dry_is_on = params.dry_multiplier > 0.0 and "dry" in params.samplers
        if dry_is_on and params.dry_sequence_breakers != self._breaker_texts:
            self._breaker_texts = params.dry_sequence_breakers
            self._breakers = tokens_of_breakers(self._breaker_texts, self._vocabulary)
        if params.word_biases != self._word_biases:
            self._word_biases = params.word_biases
            search = search_of(self._vocabulary)
            self._names = search.names
            self._words = WordTable(
                (search.tokens(form), word.bias)
                for word in params.word_biases
                for form in word.forms
            )
        self._needed = bool(
            dry_is_on or params.mirostat or params.xtc_probability or params.word_biases
        ) or not CARRY_STATE.isdisjoint(active_steps(params))
        self._checked = params
