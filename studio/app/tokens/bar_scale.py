"""How long the bars are: which probability fills the whole width.

0 to 100 % unless somebody asks for a closer look. This module is arithmetic on numbers.
"""

WHOLE = 1.0
"""The usual scale."""

LEVELS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, WHOLE)
"""All scales; each has a middle that a reader can name."""

_ROOM = 0.9
"""How much of a scale the longest bar takes at most, as it is chosen."""


def closest(longest: float) -> float:
    """The narrowest scale for bars of which the longest is `longest`, 0 to 1."""
    return next((level for level in LEVELS if longest <= level * _ROOM), WHOLE)


def tick_labels(full: float) -> tuple[str, str, str]:
    """What stands at the beginning, the middle and the end of a scale."""
    return "0", f"{100 * full / 2:g}", f"{100 * full:g}\u202f%"
