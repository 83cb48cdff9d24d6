"""Biases by token id that were made for another model, and came with a preset.

A sentence on them for the writer, and the parameters without them.
"""

import msgspec

from studio.sampling import SamplingParams, foreign_tokens
from studio.translation import mark, tr

WHERE = mark("Biases of words and tokens (F4)")
"""Where biases can be removed."""


def foreign_bias_words(
    params: SamplingParams,
    vocabulary_size: int,
    vocabulary: str = "",
    *,
    where: str = "",
) -> str:
    """Say which biases are for tokens of another vocabulary, and what to do.

    Args:
        params: The parameters with the biases.
        vocabulary_size: How many tokens the model has.
        vocabulary: What `ModelReport.vocabulary` calls the model's; empty where that is not known.
        where: Where these biases can be removed; by default the panel of parameters.

    Returns:
        One or two sentences; empty where all biases are for tokens of this vocabulary.
    """
    foreign = foreign_tokens(params, vocabulary_size, vocabulary)
    if not foreign:
        return ""
    made_for = params.logit_bias_vocabulary.partition(" ")[2]
    values = {"token": foreign[0], "where": where or tr("under {where}", where=tr(WHERE))}
    if made_for:
        return tr(
            "The biases of %n tokens, such as {token:,}, are for another model, “{made_for}”, in "
            "which a number is another token. Remove them {where}, choose another preset, or "
            "open the model that they were made for.",
            "",
            len(foreign),
            one="The bias of token {token:,} is for another model, “{made_for}”, in which a number "
            "is another token. Take it out {where}, choose another preset, or open the model that "
            "it was made for.",
            made_for=made_for,
            **values,
        )
    return tr(
        "The biases of %n tokens, such as {token:,}, are for another model: this one has the "
        "tokens 0 to {last:,}. Remove them {where}, choose another preset, or open the model "
        "that they were made for.",
        "",
        len(foreign),
        one="The bias of token {token:,} is for another model: this one has the tokens 0 to "
        "{last:,}. Take it out {where}, choose another preset, or open the model that it was made "
        "for.",
        last=vocabulary_size - 1,
        **values,
    )


def without_foreign_biases(
    params: SamplingParams, vocabulary_size: int, vocabulary: str = ""
) -> SamplingParams:
    """The parameters with only the biases for tokens that the vocabulary has.

    Args:
        params: The parameters.
        vocabulary_size: How many tokens the model has.
        vocabulary: What `logit_bias_vocabulary` calls its vocabulary.
    """
    foreign = foreign_tokens(params, vocabulary_size, vocabulary)
    own = tuple(bias for bias in params.logit_bias if bias[0] not in foreign)
    return msgspec.structs.replace(params, logit_bias=own)
