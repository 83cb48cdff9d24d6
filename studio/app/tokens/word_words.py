"""What a word is in the open model, in words: the tokens that write it."""

from collections.abc import Callable, Sequence

from studio.app.tokens.text import TokenText
from studio.app.tokens.typed_text import visible
from studio.sampling import WordTokens
from studio.translation import tr

Spell = Callable[[int], TokenText]

_SHOWN = 3
"""Most tokens that are named: thousands have a comma in them, for example."""


def whole_tokens(word: WordTokens) -> list[int]:
    """The tokens that contain a whole word, first those that do so anywhere."""
    return [*word.anywhere, *word.after.get(b"", ())]


def word_line(forms: Sequence[tuple[str, WordTokens]], spell: Spell) -> str:
    """Name the tokens of each way of writing a word, in one line.

    Args:
        forms: The texts, and the tokens that complete them.
        spell: How a token is shown.
    """
    return "   ".join(_form(word, spell) for _, word in forms)


def word_tip(forms: Sequence[tuple[str, WordTokens]], bias: float, spell: Spell) -> str:
    """Say of each way of writing a word what its bias does in the open model.

    Args:
        forms: As for `word_line`.
        bias: What is added.
        spell: How a token is shown.
    """
    return " ".join(_sentence(text, word, bias, spell) for text, word in forms)


def _form(word: WordTokens, spell: Spell) -> str:
    whole = whole_tokens(word)
    if not whole:
        return " + ".join(spell(token).text for token in word.usual)
    named = "  ".join(f"{spell(token).text} #{token}" for token in whole[:_SHOWN])
    more = len(whole) - _SHOWN
    return tr("{named}  {more:,} more", named=named, more=more) if more > 0 else named


def _sentence(text: str, word: WordTokens, bias: float, spell: Spell) -> str:
    shown = visible(text)
    whole = whole_tokens(word)
    if whole:
        return tr(
            "“{word}” is each of %n tokens in this model; where it is written with others, the "
            "last of them counts.",
            "",
            len(whole),
            one="“{word}” is one token in this model; where it is written with others, the last "
            "of them counts.",
            word=shown,
        )
    last = spell(word.usual[-1]).text if word.usual else ""
    if bias > 0:
        effect = tr("which is likely by then: a bias above 0 is hardly felt")
    else:
        effect = tr("so that it is not completed")
    return tr(
        "“{word}” is %n tokens in this model: the bias is for the last "
        "of them, “{last}”, after the others, {effect}.",
        "",
        len(word.usual),
        word=shown,
        last=last,
        effect=effect,
    )
