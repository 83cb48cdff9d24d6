"""What the presets package refuses, and how it says so.

Every refusal names the field, what was found, what is allowed; `at` adds the file.
"""

from __future__ import annotations

from studio.sampling import ParameterError
from studio.translation import tr
from studio.visible_text import visible_message, visible_name

_LONGEST_SHOWN = 60
"""Characters of a value that a message repeats."""


class PresetError(ValueError):
    """A preset, or a file of one, cannot be taken or written as it is.

    Attributes:
        field: The field at fault, dotted where it lies in another; empty where it is the whole.
        allowed: What may stand in it, in words; empty where that is not all there is to say.

    Args:
        message: What is wrong and what to do, for the writer.
        field: The field at fault; empty where it is the whole.
        allowed: What may stand in the field, in words.
    """

    def __init__(self, message: str, field: str = "", allowed: str = "") -> None:
        super().__init__(visible_message(message))
        self.field = field
        self.allowed = allowed

    def at(self, file: str) -> PresetError:
        """The same error, saying in which file."""
        return type(self)(f"“{visible_name(file)}”: {self}", self.field, self.allowed)


class NothingCarriedError(PresetError):
    """A file of another program has nothing in it that a preset here has."""


class UnknownPresetError(PresetError, LookupError):
    """No preset of that name."""


class TakenNameError(PresetError):
    """Another preset has this name."""


class ReadOnlyPresetError(PresetError):
    """A built-in preset, or one that a newer program wrote: neither is changed."""


def shown(value: object) -> str:
    """`value` as a message repeats it: cut short, and never a thousand lines."""
    if isinstance(value, dict):
        return tr("an object", "what a file of settings has in braces")
    if isinstance(value, (list, tuple)) and len(value) > 4:
        return tr("a list of %n", "", len(value))
    words = {True: "true", False: "false", None: "null"}
    if value is None or isinstance(value, bool):
        return words[value]
    text = repr(value[: _LONGEST_SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def refused(field: str, found: object, allowed: str, advice: str = "") -> PresetError:
    """The error for a field with a value that is not allowed.

    Args:
        field: The field, dotted where it lies in another.
        found: Its value.
        allowed: What may be there, in words.
        advice: What to do; empty for nothing beside that.
    """
    message = tr(
        "{field}: found {found}; allowed is {allowed}.",
        field=field,
        found=shown(found),
        allowed=allowed,
    )
    return PresetError(f"{message} {advice}".rstrip(), field, allowed)


def too_deep(field: str, deepest: int) -> PresetError:
    """The error for values that lie in more than `deepest` others; `field` may be empty.

    Args:
        field: What the value is called in a message.
        deepest: How many may lie in one another.
    """
    words = tr(
        "found more than {most} values within one another; allowed are {most}.", most=deepest
    )
    return PresetError(f"{field}: {words}" if field else words, field)


def too_long(length: int, most: int) -> PresetError:
    """The error for a file that has more characters than are read.

    Args:
        length: How many it has.
        most: How many it may have.
    """
    return PresetError(tr("It has %n characters; allowed are {most:,}.", "", length, most=most))


def too_many_values(most: int) -> PresetError:
    """The error for a file of more values than `most`."""
    return PresetError(tr("It has more than {most:,} values. It is no preset.", most=most))


def parameter_refused(error: ParameterError, field: str, found: object) -> PresetError:
    """The same for a sampling parameter, under the name that it has in the file.

    Args:
        error: `SamplingParams`' own refusal.
        field: What the file calls the parameter.
        found: What stands there.
    """
    return refused(field, found, error.allowed)
