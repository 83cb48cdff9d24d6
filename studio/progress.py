"""How a work that takes long says how far it is, and learns that nobody wants the rest."""

from collections.abc import Callable

At = Callable[[float], object]
"""Is given what share of the work is done, 0 to 1; may raise, to end it."""
