"""The sentences on presets that were imported or exported: their names, and what was lost.

Turns what importers and exporters report into words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from studio.presets.foreign import Imported, NotCarried
from studio.translation import mark, tr
from studio.visible_text import visible_line, visible_name, visible_names

_MOST_REPORTED = 6
_LONGEST_REPORTED = 40
_MOST_REFUSALS = 3
_IDLE = mark("It did nothing.")


class Left(msgspec.Struct, frozen=True):
    """A setting that a preset lost on the way, for a row of a table."""

    preset: str
    key: str
    value: str
    why: str
    had_effect: bool = True
    is_refused: bool = False
    """Whether it is a file that was not imported at all."""


def taken_in(
    taken: Sequence[tuple[str, Imported]], refused: Sequence[str] = (), also: Sequence[str] = ()
) -> str:
    """Which presets were imported under which names, what they lost, and what was refused.

    Args:
        taken: Each name with what was imported under it.
        refused: Why files were refused; of many only the first are named.
        also: Sentences to end with.
    """
    if len(taken) == 1:
        name, imported = taken[0]
        words = tr(
            "“{name}” was imported from {program}.",
            name=visible_name(name),
            program=tr(imported.program),
        )
    elif taken:
        names = visible_names([name for name, _ in taken], _MOST_REPORTED)
        words = tr("%n presets were imported: {names}.", "", len(taken), names=names)
    else:
        words = ""
    lost = [entry for _, imported in taken for entry in imported.not_carried]
    silent = absent_words(taken[0][1]) if len(taken) == 1 else ""
    return " ".join(
        part for part in (words, lost_words(lost), silent, *_first(refused), *also) if part
    )


def _first(refused: Sequence[str]) -> list[str]:
    """The first reasons, and how many more there are."""
    if len(refused) <= _MOST_REFUSALS:
        return list(refused)
    more = len(refused) - 1
    return [
        tr(
            "%n files are refused: {first} So are {more:,} others.",
            "",
            len(refused),
            first=refused[0],
            more=more,
        )
    ]


def absent_words(imported: Imported) -> str:
    """The settings that the file does not mention, and that are as in its program."""
    if not imported.absent:
        return ""
    values = ", ".join(f"{field} {_cut(value_text(value))}" for field, value in imported.absent)
    return tr(
        "As in {program} where the file is silent: {values}.",
        program=tr(imported.program),
        values=values,
    )


def lost_words(not_carried: Sequence[NotCarried]) -> str:
    """The first lost settings that had an effect, with their values; `left` has all of them."""
    # Of hundreds of presets most have the same.
    entries = list(
        dict.fromkeys(
            f"{_cut(entry.key)} {_cut(value_text(entry.value))}"
            for entry in not_carried
            if entry.had_effect
        )
    )
    if not entries:
        return ""
    more = len(entries) - _MOST_REPORTED
    rest = tr(" and {more} more", more=more) if more > 0 else ""
    return tr(
        "Not carried over: {names}{rest}.", names=", ".join(entries[:_MOST_REPORTED]), rest=rest
    )


def left_behind(preset: str, imported: Imported) -> list[Left]:
    """All there is to know of an imported preset.

    First what was lost and had an effect, then what was lost and had none, then what was carried
    over but does nothing or something else here, then what the file does not mention.

    Args:
        preset: Its name.
        imported: What became of its keys.
    """
    rows = left(preset, imported.not_carried)
    rows += [
        Left(preset, entry.key, value_text(entry.value), _plain(entry.why), had_effect=False)
        for entry in imported.carried
        if entry.is_of_note
    ]
    rows += [
        Left(preset, field, value_text(value), _absent(imported), had_effect=False)
        for field, value in imported.absent
    ]
    return rows


def _absent(imported: Imported) -> str:
    return tr(
        "The file is silent on it; this is the value in {program}.", program=tr(imported.program)
    )


def left(preset: str, not_carried: Sequence[NotCarried]) -> list[Left]:
    """All settings that a preset lost: first those with an effect, then those without.

    Args:
        preset: Its name.
        not_carried: The settings that were lost.
    """
    ordered = sorted(not_carried, key=lambda entry: not entry.had_effect)
    return [
        Left(preset, entry.key, value_text(entry.value), _why(entry), entry.had_effect)
        for entry in ordered
    ]


def refused_row(file: str, why: str) -> Left:
    """The row of a file that was not imported.

    Args:
        file: The file's name.
        why: The reason, for the writer.
    """
    return Left(file, "", "", why, is_refused=True)


def sums_up(rows: Sequence[Left]) -> str:
    """The sentence above a table of these rows, in which those without effect are grey."""
    refused = sum(row.is_refused for row in rows)
    if not refused:
        return _settings_sum(rows)
    words = tr(
        "%n files were refused; the last column says why.",
        "",
        refused,
        one="%n file was refused; the last column says why.",
    )
    rest = [row for row in rows if not row.is_refused]
    return f"{words} {_settings_sum(rest)}" if rest else words


def _settings_sum(rows: Sequence[Left]) -> str:
    count, others = (sum(row.had_effect is had for row in rows) for had in (True, False))
    if not others:
        words = tr("What these settings did has no place on the other side.")
    elif not count:
        words = tr(
            "None of these settings is missing: they did nothing, or are as the last column says."
        )
    else:
        words = tr(
            "%n of these settings did something that has no place on the other side; of the "
            "others, in grey, the last column says what is to be known.",
            "",
            count,
        )
    carried = tr("Everything else was carried over.")
    return f"{words} {carried}"


def as_lines(rows: Sequence[Left]) -> str:
    """The rows as text separated by tabs, for a spreadsheet."""
    lines = [(tr("Preset"), tr("Setting"), tr("Value"), tr("Why"))]
    lines += [(row.preset, row.key, row.value, row.why) for row in rows]
    return "".join("\t".join(" ".join(cell.split()) for cell in line) + "\n" for line in lines)


def value_text(value: object) -> str:
    """A whole value as a file would have it; a text of one line without quotation marks."""
    if isinstance(value, str) and value.isprintable():
        return value
    if isinstance(value, float) and math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    return msgspec.json.encode(value).decode()


def _why(entry: NotCarried) -> str:
    idle = "" if entry.had_effect else tr(_IDLE)
    # Written for the page of keys and for terminals.
    return " ".join(part for part in (idle, _plain(entry.why)) if part)


def _plain(why: str) -> str:
    return why.replace("`", "").replace("'", "’")


def _cut(text: str) -> str:
    return visible_line(text, _LONGEST_REPORTED + 1)
