"""How much some texts differ from one another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_WORD = re.compile(r"\w+|[^\w\s]")
_MOST_REFERENCES = 100
"""Each takes as long as another text."""


def words_of(text: str) -> list[str]:
    """Return the words of a text, and each sign that is neither letter, digit nor space."""
    return _WORD.findall(text)


def n_grams(words: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """Return every run of `n` words, in order.

    Args:
        words: The words.
        n: How many stand in a run.
    """
    return [tuple(words[start : start + n]) for start in range(len(words) - n + 1)]


def distinct_parts(texts: Sequence[Sequence[str]], n: int) -> list[tuple[float, int]]:
    """Return what each text adds to distinct-n, and how many n-grams it has.

    Distinct-n is the number of different n-grams in all texts, divided by the number of all
    n-grams: Li et al., "A diversity-promoting objective function for neural conversation models"
    (2016), section 5. An n-gram that occurs c times counts 1/c at each place here, so that the sum
    of the first numbers divided by the sum of the second is distinct-n, and texts can be resampled.
    It falls as texts grow longer or more: compare only sets of about one size.

    Args:
        texts: The words of each text.
        n: How many words an n-gram has.
    """
    grams = [n_grams(words, n) for words in texts]
    counts = Counter(gram for some in grams for gram in some)
    return [(sum(1.0 / counts[gram] for gram in some), len(some)) for some in grams]


def self_bleu(texts: Sequence[str]) -> list[float]:
    """Return for each text its BLEU-4 with all others, the first 100, as references, 0 to 1.

    The mean is self-BLEU: Zhu et al., "Texygen" (2018). Higher is less varied. Counts of zero are
    smoothed by 0.1 (Chen and Cherry, 2014, method 1), as there; the words are those of sacrebleu's
    tokenizer 13a. A text among empty or no others has 0.
    """
    from sacrebleu.metrics.bleu import BLEU  # only where it is asked for

    bleu = BLEU(smooth_method="floor", smooth_value=0.1, effective_order=True)
    scores = []
    for place, text in enumerate(texts):
        others = [other for at, other in enumerate(texts) if at != place and other.strip()]
        is_empty = not others or not text.strip()
        references = others[:_MOST_REFERENCES]
        scores.append(0.0 if is_empty else bleu.sentence_score(text, references).score / 100.0)
    return scores
