"""The two numbers of a comparison that the writer sets, declared as the parameters are."""

from dataclasses import replace

from studio.app.parameters.parameter import Number
from studio.app.parameters.table import MAX_TOKENS, SEED
from studio.translation import mark, tr

LANES_SEED = replace(
    SEED,
    words={mark("new"): -1},
    help=mark("Where the random numbers of the next run start."),
    plain=mark(
        "The same seed and settings give the same lanes again. new (−1) takes another one each "
        "time."
    ),
    allowed="",
)
LANES_LENGTH = replace(
    MAX_TOKENS,
    neutral=64,
    help=mark("How many tokens each lane may write at a run, and again when it goes on."),
)


def taken(number: Number, value: float) -> int:
    """A value that was typed, where it is allowed.

    Args:
        number: The number's declaration.
        value: The value that was typed.

    Raises:
        ValueError: It is not allowed. The message is a sentence for the writer.
    """
    if not number.least <= value <= number.most and value not in number.words.values():
        raise ValueError(
            tr(
                "{title}: found {found}; allowed is {allowed}.",
                title=number.title,
                found=number.format(value),
                allowed=number.allowed_words,
            )
        )
    return int(value)
