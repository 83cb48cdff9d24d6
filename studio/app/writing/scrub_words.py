"""What is said while a take is turned: how much of it stands, and what would be drawn then."""

from __future__ import annotations

from studio.app.tokens.next_token import NextToken
from studio.app.writing.scrub import Scrub, Scrubbed
from studio.translation import tr


def scrub_words(scrub: Scrub, vocabulary: NextToken) -> tuple[str, ...]:
    """Return it in a sentence and in fewer words; nothing at rest.

    Args:
        scrub: What is turned.
        vocabulary: Knows how tokens are spelled.
    """
    shown = scrub.shown
    if scrub.why_not:
        return (scrub.why_not,)
    if shown is None:
        return ()
    return _sentence(shown, vocabulary), _few(shown)


def _sentence(shown: Scrubbed, vocabulary: NextToken) -> str:
    divergence = shown.divergence
    if divergence is None:
        if not shown.is_whole:
            return tr("All that stands before your change stays")
        return tr("All %n tokens stay", "", shown.tokens, one="The one token stays")
    stay = tr(
        "{stays} of %n tokens stay",
        "",
        shown.tokens,
        one="{stays} of %n token stays",
        stays=shown.stays,
    )
    if divergence.number >= shown.tokens:
        what = tr("the text would not end here")
    elif not divergence.is_certain:
        what = tr("what would fall then the record does not say")
    else:
        assert shown.written is not None, "something does not stand"
        old = _word(vocabulary, shown.written)
        if divergence.token is None:
            what = tr("a rare word would fall instead of “{old}”", old=old)
        else:
            new = _word(vocabulary, divergence.token)
            what = tr("“{new}” would fall instead of “{old}”", new=new, old=old)
    if divergence.is_near:
        what = tr("{what}, by a near-tie", what=what)
    return f"{stay}; {what}"


def _word(vocabulary: NextToken, token: int) -> str:
    """What a token spells, without the space that it begins with where there is more of it."""
    shown = vocabulary.spelled(token).text
    return shown.removeprefix("␣") or shown


def _few(shown: Scrubbed) -> str:
    return tr("{stays} of {tokens} stay", stays=shown.stays, tokens=shown.tokens)
