"""A number with what it counts, in the singular and the plural. Plain text."""


def counted(count: int, noun: str) -> str:
    """How many there are: ``1 token``, ``1,234 tokens``.

    Args:
        count: How many.
        noun: One of them; its plural ends in s.
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
