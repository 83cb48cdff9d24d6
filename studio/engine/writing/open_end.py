"""The end of a scored text: its last tokens stand for all that begin with their characters.

"The colour of " ends in a token " " that no model expects, since it would say " sea" in one. How
surprising that space was, all tokens that begin with one say together.
"""

import numpy as np
from numpy.typing import NDArray

from studio.engine.vocabulary import Vocabulary
from studio.engine.writing.healing import log_sum, taken_back

Logits = NDArray[np.float32]


class OpenEnd:
    """Scores the last tokens of a text by their characters, in order.

    Args:
        tokens: the text's, as the model sees it.
        head: how many of them are not the text's own.
        vocabulary: the model's.
    """

    def __init__(self, tokens: list[int], head: int, vocabulary: Vocabulary) -> None:
        self._tokens = tokens
        self._vocabulary = vocabulary
        self.first = len(tokens) - taken_back(tokens, head, vocabulary)
        """The index of the first token that is scored so."""
        self._weight = 0.0
        self._beyond = -np.inf
        """Logarithms of what the model has said for the tokens so far, and for longer ones."""

    def scored(self, place: int, logits: Logits) -> Logits:
        """The logits for the token at a place, `first` or behind it, each of them once.

        That token has the weight of all that begin with the text from here on. With the same at the
        places before, the product of their probabilities is that of the characters.

        Args:
            place: Its index.
            logits: `(V,)` logits of the place.
        """
        token = self._tokens[place]
        rest = b"".join(map(self._vocabulary.text, self._tokens[place:]))
        longer = self._vocabulary.by_bytes.extending(rest)
        shift = self._weight - log_sum(logits)
        beyond = np.logaddexp(self._beyond - shift, log_sum(logits[longer]))
        self._weight = shift + float(logits[token])
        self._beyond = float(beyond) + shift
        scored = logits.copy()
        scored[longer] = -np.inf
        scored[token] = np.logaddexp(logits[token], beyond)
        return scored
