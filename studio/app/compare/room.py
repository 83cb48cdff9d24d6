"""Whether lanes fit the context beside their prompt, in words for the writer.

Plain arithmetic; asks no engine.
"""

from studio.translation import tr


def room_warning(lanes: int, max_tokens: int, used: int, size: int) -> str:
    """Say what may not fit, and what to do; or "" where all does.

    Args:
        lanes: How many.
        max_tokens: What each may write.
        used: Tokens of the prompt.
        size: Tokens of the context.
    """
    wanted = used + lanes * max_tokens
    if wanted <= size:
        return ""
    return tr(
        "{lanes} of {tokens} and the prompt may need {wanted:,} of the "
        "context's {size:,} tokens: the beginning of a long text is left out, or "
        "lanes end early. Fewer tokens or lanes, or a larger context, would do.",
        lanes=tr("%n lanes", "", lanes, one="%n lane"),
        tokens=tr("%n tokens", "", max_tokens, one="%n token"),
        wanted=wanted,
        size=size,
    )
