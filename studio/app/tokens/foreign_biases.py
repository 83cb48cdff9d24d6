"""Biases of tokens, by number, that are another model's: they came with a preset made for it.

A sentence for the writer, and what is left without them.
"""

import msgspec

from studio.sampling import SamplingParams, foreign_tokens

WHERE = "Biases of words and tokens (F4)"
"""Where biases are taken out."""


def foreign_bias_words(
    params: SamplingParams,
    vocabulary_size: int,
    vocabulary: str = "",
    *,
    where: str = f"under {WHERE}",
) -> str:
    """Say which biases are for tokens of another vocabulary, and what to do.

    Args:
        params: Whose biases.
        vocabulary_size: How many tokens the model has.
        vocabulary: What `ModelReport.vocabulary` calls the model's; empty where that is not known.
        where: Where these biases are taken out.

    Returns:
        One sentence or two; nothing where all biases are for tokens of this vocabulary.
    """
    foreign = foreign_tokens(params, vocabulary_size, vocabulary)
    if not foreign:
        return ""
    if len(foreign) == 1:
        which, them, they_were = f"The bias of token {foreign[0]:,} is", "it", "it was"
    else:
        which = f"The biases of {len(foreign):,} tokens, such as {foreign[0]:,}, are"
        them, they_were = "them", "they were"
    made_for = params.logit_bias_vocabulary.partition(" ")[2]
    if made_for:
        why = f"for another model, “{made_for}”, in which a number is another token."
    else:
        why = f"for another model: this one has the tokens 0 to {vocabulary_size - 1:,}."
    return (
        f"{which} {why} Take {them} out {where}, choose another preset, or open the model that "
        f"{they_were} made for."
    )


def without_foreign_biases(
    params: SamplingParams, vocabulary_size: int, vocabulary: str = ""
) -> SamplingParams:
    """The same with biases for tokens alone that the vocabulary has; arguments as above.

    Args:
        params: The parameters.
        vocabulary_size: How many tokens the model has.
        vocabulary: What `logit_bias_vocabulary` calls its vocabulary.
    """
    foreign = foreign_tokens(params, vocabulary_size, vocabulary)
    own = tuple(bias for bias in params.logit_bias if bias[0] not in foreign)
    return msgspec.structs.replace(params, logit_bias=own)
