"""What the sampling package refuses, and how it says so.

Callers add where a value came from: a file, a slider, the command line.
"""

from __future__ import annotations

from studio.translation import tr


class ParameterError(ValueError):
    """A sampling parameter is outside what is allowed.

    Attributes:
        field: Name of the parameter, as in `SamplingParams`.
        allowed: What is allowed, in words.

    Args:
        field: Name of the parameter.
        found: The value, as it is shown.
        allowed: What is allowed, in words.
    """

    def __init__(self, field: str, found: object, allowed: str) -> None:
        """Build the message from the field's name, the value found, and what is allowed."""
        message = tr(
            "{field}: found {found}; allowed is {allowed}.",
            field=field,
            found=repr(found),
            allowed=allowed,
        )
        super().__init__(message)
        self.field = field
        self.allowed = allowed


class LogitsError(ValueError):
    """The logits cannot be made into a distribution: NaN, +inf, all -inf, or no vector at all."""


class UndecidedError(Exception):
    """The tokens that are known of a distribution do not decide it. The message says why."""


class SketchError(ValueError):
    """Bytes given to `LogitSketch.from_bytes` are not a sketch that this version can read."""
