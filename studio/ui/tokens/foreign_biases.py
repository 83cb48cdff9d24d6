"""Biases of tokens that a model does not have: they came with a preset made for another one.

A sentence for the writer, and what is left without them. Knows no Qt.
"""

import msgspec

from studio.sampling import SamplingParams

WHERE = "Biases of tokens (F4)"
"""Where biases are taken out."""


def foreign_bias_words(
    params: SamplingParams, vocabulary_size: int, *, where: str = f"under {WHERE}"
) -> str:
    """Say which biases are for tokens that the vocabulary lacks, and what to do.

    Args:
        params: Whose biases.
        vocabulary_size: How many tokens the model has.
        where: Where these biases are taken out.

    Returns:
        One sentence or two; nothing where all biases are for tokens that there are.
    """
    foreign = [token for token, _ in params.logit_bias if token >= vocabulary_size]
    if not foreign:
        return ""
    if len(foreign) == 1:
        which, them, they_were = f"The bias of token {foreign[0]:,} is", "it", "it was"
    else:
        which = f"The biases of {len(foreign):,} tokens, such as {foreign[0]:,}, are"
        them, they_were = "them", "they were"
    return (
        f"{which} for another model: this one has the tokens 0 to {vocabulary_size - 1:,}. Take "
        f"{them} out {where}, choose another profile, or open the model that {they_were} made for."
    )


def without_foreign_biases(params: SamplingParams, vocabulary_size: int) -> SamplingParams:
    """The same with biases for tokens alone that the vocabulary has."""
    own = tuple(bias for bias in params.logit_bias if bias[0] < vocabulary_size)
    return msgspec.structs.replace(params, logit_bias=own)
