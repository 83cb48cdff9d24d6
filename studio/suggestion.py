"""The word that was probably meant, where one was written that nobody knows."""

from collections.abc import Iterable

from studio.translation import tr


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that asks for the known word nearest to `word`, with a space before it.

    Args:
        word: What was written; case does not count.
        known: The words that would have been understood.

    Returns:
        Such as ``" Did you mean “min_p”?"``; empty where none is near.
    """
    import difflib  # only where something was mistyped: the window's start needs none of it

    by_key = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), by_key, n=1)
    return " " + tr("Did you mean “{word}”?", word=by_key[near[0]]) if near else ""
