"""Every text that a user reads passes `tr`, so that it can be shown in another language.

Knows no Qt, so that all packages may use it; what looks a text up is set by the window, in
`studio.app.language`, and in its engine's process by that. Until then, and where a text is not
translated, it stays English.
"""

from collections.abc import Callable

Lookup = Callable[[str, str, int], str]
"""From an English text, its comment and its count (-1: none) to the translation; empty if none."""

_lookup: Lookup | None = None
_file = ""


def tr(
    text: str,
    comment: str = "",
    n: int | None = None,
    /,
    *,
    one: str = "",
    **values: object,
) -> str:
    """The text in the user's language.

        tr("Add lane")
        tr("“{name}” is gone", name=name)
        tr("%n tokens in {time:.1f} s", "", count, one="%n token in {time:.1f} s", time=time)

    The order of the first three arguments is that of Qt, whose `lupdate` finds the texts: so the
    text is a literal, or one that `mark` was given. Never call it while a module is imported: the
    language is not known then.

    Args:
        text: The English text. Named braces in it, as `str.format` has them, may stand in another
            order in the translation.
        comment: For translators: what distinguishes this text from another one with the same words.
        n: A count, which chooses the form of the text and stands, with commas, at each ``%n``.
        one: The English text where `n` is 1, if that is another one.
        values: What stands at the named braces.
    """
    english = one if one and n == 1 else text
    found = _lookup(text, comment, -1 if n is None else n) if _lookup is not None else ""
    if n is not None:
        english, found = (it.replace("%n", f"{n:,}") for it in (english, found))
    if not values:
        return found or english
    try:
        return (found or english).format(**values)
    except (LookupError, ValueError):  # a mistake of the translation may hide no text
        return english.format(**values)


def mark(text: str) -> str:
    """The English text itself: found by `lupdate`, and translated by a `tr` where it is shown.

    For tables, constants and defaults, which are made when a module is imported.
    """
    return text


def use(lookup: Lookup | None, file: str = "") -> None:
    """Look texts up by `lookup` from now on; by none, all are English.

    Args:
        lookup: What finds a text's translation.
        file: The compiled translation that it looks into, for `translation_file`.
    """
    global _lookup, _file
    _lookup, _file = lookup, file


def translation_file() -> str:
    """The compiled translation (.qm) of the user's language, for processes of ours; or nothing."""
    return _file
