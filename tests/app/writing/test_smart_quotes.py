"""Straight quotation marks become those of a language."""

from __future__ import annotations

from typing import get_args

import pytest

from studio.app.settings import SMART_QUOTES
from studio.app.writing.smart_quotes import QUOTES, STRAIGHT, QuoteStyle, curled


def typed(text: str, style: QuoteStyle) -> str:
    """What stands there after these keys."""
    made = ""
    for key in text:
        made += curled(key, made.rpartition("\n")[2], style) if key in STRAIGHT else key
    return made


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        ("off", '"It\'s \'so\'," (she) "said".'),
        ("english", "“It’s ‘so’,” (she) “said”."),
        ("german", "„It’s ‚so‘,“ (she) „said“."),
        ("polish", "„It’s ‚so’,” (she) „said”."),
        ("swedish", "”It’s ’so’,” (she) ”said”."),
        ("danish", "»It’s ›so‹,« (she) »said«."),
        ("spanish", "«It’s “so”,» (she) «said»."),
        ("french", "«\u202fIt’s ‹so›,\u202f» (she) «\u202fsaid\u202f»."),
    ],
)
def test_each_habit(style: QuoteStyle, shown: str) -> None:
    assert typed('"It\'s \'so\'," (she) "said".', style) == shown


def test_a_quotation_begins_behind_dashes_brackets_and_other_marks() -> None:
    assert typed('("a") —"b" "\'c\'"\n"d"', "english") == "(“a”) —“b” “‘c’”\n“d”"
    assert typed("dogs' 'n", "english") == "dogs’ ‘n"


def test_all_can_be_chosen_and_remembered() -> None:
    assert set(get_args(QuoteStyle)) == {"off", *QUOTES}
    assert SMART_QUOTES.allowed == get_args(QuoteStyle)
