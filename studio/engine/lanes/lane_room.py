"""A prompt cut so that what its lanes will write fits the context beside it.

Lanes share a prompt's cells, but what each writes takes its own: `lanes × tokens` of them. Knows no
memory and no model.
"""

from studio.engine.messages import EngineError
from studio.engine.writing.prompt import FittedPrompt, TokenizedPrompt, fit


def fit_lanes(
    prompt: TokenizedPrompt,
    context_size: int,
    lengths: list[int],
    *,
    at_once: bool,
    is_certain: bool,
    unseen: int = -1,
    written: int = 0,
) -> FittedPrompt:
    """Keep the head and as much of the manuscript's newest part as leaves the lanes their room.

    Args:
        prompt: the whole prompt.
        context_size: cells.
        lengths: the tokens that each lane will have written in the end, at most.
        at_once: whether the lanes are in the context together.
        is_certain: whether lanes will write so much; otherwise a text may end before.
        unseen: tokens of the manuscript's beginning that were left out when the lanes began; they
            are again, if that leaves room. -1 for lanes that begin.
        written: tokens that all lanes together, or the longest in its turn, have written already.

    Raises:
        EngineError: the lanes cannot fit, or will not for certain.
    """
    # A lane's last token is drawn and never evaluated.
    wanted = sum(length - 1 for length in lengths) if at_once else max(lengths) - 1
    # Cut, a quarter of the context is left of the manuscript at least (see `fit`).
    possible = context_size - min(len(prompt.tokens), prompt.head + max(1, context_size // 4))
    least = len(lengths) if at_once else 1
    if (is_certain and wanted > possible) or least > possible:
        count = len(lengths)
        each = max(0, possible) // (count if at_once else 1) + 1
        raise EngineError(
            "context_size",
            f"{count} lanes of {max(lengths):,} tokens do not fit: the context of {context_size:,} "
            f"tokens has room for {each:,} a lane beside this prompt. Choose fewer tokens or fewer "
            "lanes, or a larger context size in the model's options.",
        )
    left_out = min(unseen, len(prompt.tokens) - prompt.head)
    if left_out >= 0 and len(prompt.tokens) - left_out + written + least <= context_size:
        kept = prompt.tokens[: prompt.head] + prompt.tokens[prompt.head + left_out :]
        return FittedPrompt(kept, left_out)
    return fit(prompt, context_size, room=min(wanted, possible), grows=False)
