"""What the library says of one preset, as rich text."""

from html import escape

from studio.app.presets.comparison import compared
from studio.app.presets.defaults import model_file
from studio.app.presets.library_entries import MARK_WORDS, Entry
from studio.app.presets.words import TASK_WORDS, field_words, shortened, value_words
from studio.presets import Preset, PresetDocument
from studio.translation import mark, tr
from studio.ui.theme.colors import Colors
from studio.visible_text import visible_lines, visible_names, visible_path

_NEUTRAL = Preset(name="neutral")
_SAID_ABOVE = ("task", "description", "notes", "max_tokens", "prompt_format")
_LONGEST = 2_000
"""Characters of a text that are shown; the file has it all."""

NOTHING_SET = mark(
    "Everything is neutral: the model’s own distribution, nothing cut, nothing penalised."
)


def standing_line(entry: Entry) -> str:
    """Whose it is and what is true of it, in a line."""
    words = [tr(entry.kind.value), *(tr(MARK_WORDS[kind]) for kind in entry.marks)]
    line = " · ".join(words)
    return line[0].upper() + line[1:]


def page(
    preset: Preset,
    turned: list[tuple[str, object, object]],
    models: list[str],
    colors: Colors,
    document: PresetDocument | None = None,
) -> str:
    """Description, what it sets beyond neutral, notes.

    Args:
        preset: As it is saved.
        turned: Field, saved value and value in force, where it is in use and was turned.
        models: The keys of the models whose own preset it is.
        colors: Those of the window.
        document: All that is in its file.
    """
    parts = [f"<p>{_text(preset.description)}</p>"] if preset.description else []
    facts = [
        tr("For {task}", task=tr(TASK_WORDS[preset.task])),
        tr("{prompt_format} format", prompt_format=preset.prompt_format),
        tr("at most %n tokens", "", preset.max_tokens, one="at most %n token"),
    ]
    parts.append(_muted(" · ".join(facts), colors))
    parts.append(_heading(tr("What it sets"), colors))
    parts.append(_values(preset, turned, colors))
    if preset.notes:
        # Behind a table Qt leaves a paragraph's own margin out.
        notes = f'<p style="margin-top:0px;">{_text(preset.notes)}</p>'
        parts += ["<br>", _heading(tr("Notes"), colors, above=0), notes]
    if document and (unknown := [*document.unknown, *document.unknown_sampling]):
        keys = ", ".join(shortened(key, 40) for key in unknown[:20])
        parts.append(
            _muted(tr("Also in its file, kept as it is: {keys}", keys=escape(keys)), colors)
        )
    if models:
        files = visible_names([model_file(key) for key in models])
        parts.append(_muted(tr("Always for: {files}", files=escape(files)), colors))
    return "".join(parts)


def broken_page(entry: Entry, colors: Colors) -> str:
    """Why a file could not be read, and what to do.

    Args:
        entry: The file.
        colors: The colours in force.
    """
    advice = tr(
        "Correct it with a text editor: as soon as it is saved it stands among the others. "
        "Nothing was changed in it."
    )
    path = escape(visible_path(entry.key))
    return f"<p>{_text(entry.line)}</p>{_muted(escape(advice), colors)}<p>{path}</p>"


def _values(preset: Preset, turned: list[tuple[str, object, object]], colors: Colors) -> str:
    now = {field: value for field, _saved, value in turned}
    rows = []
    for entry in compared(_NEUTRAL, preset):
        if entry.field in _SAID_ABOVE and entry.field not in now:
            continue
        if not (entry.differs or entry.field in now):
            continue
        words = escape(shortened(value_words(entry.field, entry.right), _LONGEST))
        if entry.field in now:
            turned_to = shortened(value_words(entry.field, now[entry.field]), _LONGEST)
            words = f"{words} → <b>{escape(turned_to)}</b>"
        rows.append(_row(field_words(entry.field), words, colors))
    if not rows:
        return f"<p>{tr(NOTHING_SET)}</p>"
    table = '<table cellspacing="0" cellpadding="0" width="100%" style="margin-top:4px;">'
    return f"{table}{''.join(rows)}</table>"


def _row(label: str, value_html: str, colors: Colors) -> str:
    label_style = f"color:{colors.muted}; white-space:nowrap; padding:0px 18px 3px 0px;"
    return (
        f'<tr><td style="{label_style}">{escape(label)}</td>'
        f'<td width="100%" style="padding-bottom:3px;">{value_html}</td></tr>'
    )


def _heading(text: str, colors: Colors, above: int = 16) -> str:
    return f'<p style="color:{colors.muted}; margin-top:{above}px; margin-bottom:4px;">{text}</p>'


def _muted(html: str, colors: Colors) -> str:
    return f'<p style="color:{colors.muted};">{html}</p>'


def _text(text: str) -> str:
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return escape(visible_lines(cut)).replace("\n", "<br>")
