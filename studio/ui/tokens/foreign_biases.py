"""Biases of tokens that a model does not have: they came with a preset made for another one.

A sentence for the writer. Knows no Qt.
"""

from studio.sampling import SamplingParams

WHERE = "Biases of tokens (F4)"
"""Where biases are taken out."""


def foreign_bias_words(params: SamplingParams, vocabulary_size: int) -> str:
    """Say which biases are for tokens that the vocabulary lacks, and what to do.

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
        f"{them} out under {WHERE}, choose another profile, or open the model that {they_were} "
        "made for."
    )
