"""How long the bars are: which probability fills the whole width. Plain arithmetic.

It is 100 % unless the writer asks for a closer look.
"""

WHOLE = 1.0
"""The usual scale."""

LEVELS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, WHOLE)
"""All scales; the middle of each is a round number."""

_ROOM = 0.9
"""The most of a scale that the longest bar may take when the scale is chosen."""


def closest(longest: float) -> float:
    """The narrowest scale for bars with this longest one, 0 to 1."""
    return next((level for level in LEVELS if longest <= level * _ROOM), WHOLE)


def tick_labels(full: float) -> tuple[str, str, str]:
    """The labels at the beginning, the middle and the end of a scale."""
    return "0", f"{100 * full / 2:g}", f"{100 * full:g}\u202f%"
