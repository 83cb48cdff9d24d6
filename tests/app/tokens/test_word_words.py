"""What a word is in the open model, in words."""

import math

from studio.app.tokens.text import TokenText, token_text
from studio.app.tokens.word_words import whole_tokens, word_line, word_tip
from studio.sampling import WordTokens

WHOLE = WordTokens(anywhere=(5,), after={b"": (7, 8, 9)}, is_bounded=True, usual=(5,))
PARTS = WordTokens(anywhere=(), after={b"fisher": (3,)}, is_bounded=True, usual=(2, 3))


def spell(token: int) -> TokenText:
    return token_text({2: b" fisher", 3: b"man"}.get(token, b" sea"), token)


def test_the_tokens_that_hold_the_word_are_named_and_counted() -> None:
    assert whole_tokens(WHOLE) == [5, 7, 8, 9]
    line = word_line([("sea", WHOLE), ("fisherman", PARTS)], spell)
    assert line == "␣sea #5  ␣sea #7  ␣sea #8  1 more   ␣fisher + man"


def test_what_a_bias_does_is_said_of_each_way_of_writing_it() -> None:
    one = WordTokens(anywhere=(5,), after={}, is_bounded=True, usual=(5,))
    assert word_tip([("sea", one)], -1.0, spell).startswith("“sea” is one token in this model;")
    assert word_tip([("sea", WHOLE)], -1.0, spell).startswith(
        "“sea” is each of 4 tokens in this model;"
    )
    banned = word_tip([("fisherman", PARTS)], -math.inf, spell)
    assert "is 2 tokens in this model: the bias is for the last of them, “man”" in banned
    assert banned.endswith("so that it is not completed.")
    favoured = word_tip([("fisherman", PARTS)], 2.0, spell)
    assert favoured.endswith("a bias above 0 is hardly felt.")
