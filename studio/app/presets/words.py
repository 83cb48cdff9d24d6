"""A preset's fields and values in the window's words."""

from studio.app.parameters.groups import BIASES_FOR, PARAMETERS
from studio.app.parameters.parameter import Number
from studio.app.parameters.sampling_number import format_number
from studio.presets import preset_words
from studio.presets.preset import Task
from studio.sampling import WordBias
from studio.translation import mark, tr
from studio.visible_text import visible_line

TASK_WORDS: dict[Task, str] = {
    "code": mark("code"),
    "creative_writing": mark("creative writing"),
    "customer_support": mark("customer support"),
    "data_augmentation": mark("data augmentation"),
    "other": mark("anything"),
}

_OF_ITSELF = {"task": mark("task"), "description": mark("description"), "notes": mark("notes")}
"""The fields of a preset that describe it."""
_NOTHING = "–"
_SIGNS = str.maketrans({"\n": "↵", "\t": "⇥", "\r": "␍"})
_QUOTED = ("stop", "dry_sequence_breakers")


def field_words(field: str) -> str:
    """The label of a field: ``top-k`` for ``top_k``."""
    if field == BIASES_FOR.name:
        return tr(BIASES_FOR.label)
    if field in PARAMETERS:
        return tr(PARAMETERS[field].label)
    return tr(_OF_ITSELF[field]) if field in _OF_ITSELF else field.replace("_", " ")


def value_words(field: str, value: object) -> str:
    """A field's value in full; a sign for nothing where it is empty.

    Args:
        field: The preset's field.
        value: What it holds.
    """
    parameter = PARAMETERS.get(field)
    if isinstance(parameter, Number) and isinstance(value, (int, float)):
        return parameter.format(value)
    if field == "task":
        return next((tr(words) for task, words in TASK_WORDS.items() if task == value), str(value))
    if field == BIASES_FOR.name:
        return str(value).partition(" ")[2] or str(value) or _NOTHING
    if isinstance(value, tuple):
        return ", ".join(_entry(field, entry) for entry in value) or _NOTHING
    return preset_words(str(value)) or _NOTHING


def shortened(text: str, longest: int = 80) -> str:
    """The beginning of a text that may be long, on one line.

    Args:
        text: All of it, with its line breaks.
        longest: How many characters are shown.
    """
    return visible_line(text[: longest + 2].translate(_SIGNS), longest + 1)


def around_difference(left: str, right: str, longest: int = 240) -> tuple[str, str]:
    """Two texts cut to where they begin to differ, each at most about `longest` characters.

    Args:
        left: One text.
        right: The other.
        longest: About how many characters of each are shown.
    """
    if max(len(left), len(right)) <= longest:
        return left, right
    same = next(
        (place for place, (a, b) in enumerate(zip(left, right, strict=False)) if a != b),
        min(len(left), len(right)),
    )
    start = max(0, same - longest // 4)
    return _cut(left, start, longest), _cut(right, start, longest)


def _cut(text: str, start: int, longest: int) -> str:
    part = text[start : start + longest]
    before = "…" if start else ""
    return f"{before}{part}{'…' if start + longest < len(text) else ''}"


def _entry(field: str, entry: object) -> str:
    if isinstance(entry, tuple):  # a token and its bias
        token, bias = entry
        number = f"{'−' if bias < 0 else ''}{format_number(abs(bias))}"
        return tr("token {token}: {number}", token=token, number=number)
    if isinstance(entry, WordBias):
        forms = ", ".join(f"“{form.translate(_SIGNS)}”" for form in entry.forms)
        number = f"{'−' if entry.bias < 0 else ''}{format_number(abs(entry.bias))}"
        return f"{forms}: {number}"
    text = str(entry)
    return f"“{text.translate(_SIGNS)}”" if field in _QUOTED else text
