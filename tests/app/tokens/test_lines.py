"""What stands in the lines of the bars: tokens, what is cut as one line, and all others."""

from typing import Any

import numpy as np
import pytest

from studio.app.tokens.next_token import NextToken
from studio.app.tokens.rows import Fold, Tail, TokenRow
from studio.app.tokens.words import fold_sentence, spoken_lines
from studio.sampling import LogitSketch, SamplingParams

LOGITS = np.array([3.0, 2.2, 1.0, 0.0, -1.0, -6.0, -7.0, -8.0], np.float32)
"""Five are likely, three are not."""


def shown(chosen: int | None = None, **fields: object) -> NextToken:
    state = NextToken(SamplingParams(**fields))  # type: ignore[arg-type]  # fields vary
    state.show(LogitSketch.of(LOGITS), (), chosen)
    state.add_pieces({token: b" w%d" % token for token in range(LOGITS.size)})
    return state


def kinds(state: NextToken, room: int, *, is_open: bool = False) -> list[object]:
    """The ids of rows, and the kinds of other lines."""
    return [
        line.token if isinstance(line, TokenRow) else type(line).__name__
        for line in state.lines(room, is_open=is_open)
    ]


def fold_of(state: NextToken, *, is_open: bool = False) -> Fold:
    (fold,) = [line for line in state.lines(12, is_open=is_open) if isinstance(line, Fold)]
    return fold


def test_without_filters_there_are_rows_and_the_rest() -> None:
    assert kinds(shown(), 4) == [0, 1, 2, "Tail"]
    assert kinds(shown(), 0) == []
    assert kinds(shown(chosen=6), 4) == [0, 1, 6, "Tail"], "what was drawn has a row"
    assert NextToken(SamplingParams()).lines(4) == []


def test_what_filters_cut_is_one_line_that_opens() -> None:
    state = shown(top_k=2)
    assert kinds(state, 12) == [0, 1, "Fold"]
    assert kinds(state, 12, is_open=True) == [0, 1, "Fold", 2, 3, 4, "Tail"]
    fold = fold_of(state)
    assert (fold.tokens, fold.is_likely, fold.total, fold.by) == (3, True, 6, "top-k 2")
    assert fold_sentence(fold) == "3 likely words cut by top-k 2"
    assert fold_sentence(fold, is_short=True) == "3 likely words cut"
    assert fold_sentence(fold, is_exact=True) == "6 words cut by top-k 2, 3 likely"


def test_where_nothing_likely_is_cut_it_is_said_so() -> None:
    state = shown(min_p=0.005)
    fold = fold_of(state)
    assert (fold.tokens, fold.is_likely) == (3, False)
    assert fold_sentence(fold) == "unlikely words cut by min-p 0.005"
    assert fold_sentence(fold_of(state, is_open=True)) == "3 unlikely words cut by min-p 0.005"


def test_what_is_banned_is_counted_apart() -> None:
    state = shown(logit_bias=((1, float("-inf")),))
    assert fold_sentence(fold_of(state)) == "1 likely word banned"
    both = shown(logit_bias=((1, float("-inf")),), top_k=2)
    assert fold_sentence(fold_of(both)).endswith(", 1 banned")


@pytest.mark.parametrize(
    ("fields", "by"),
    [
        ({"top_k": 2}, "top-k 2"),
        ({"top_p": 0.5}, "top-p 0.5"),
        ({"min_p": 0.4}, "min-p 0.4"),
        ({"top_k": 2, "min_p": 0.01}, "top-k 2"),
        ({"top_k": 7, "top_p": 0.5}, "top-p 0.5"),
        ({"top_k": 3, "min_p": 0.4}, "min-p 0.4"),
        ({"mirostat": 2, "mirostat_tau": 0.3}, "Mirostat 2"),
    ],
)
def test_the_filter_that_alone_did_it_is_named(fields: dict[str, Any], by: str) -> None:
    assert fold_of(shown(**fields)).by == by


def test_the_rest_says_what_was_drawn_from_it() -> None:
    logits = np.random.default_rng(1).normal(0, 2, 600).astype(np.float32)
    drawn = int(np.argsort(-logits)[400])
    state = NextToken(SamplingParams())
    state.show(LogitSketch.of(logits), (), drawn)
    tail = state.lines(6)[-1]
    assert isinstance(tail, Tail)
    assert tail.chosen is not None
    assert tail.kept == 600 - 5


def test_lines_are_spoken() -> None:
    assert spoken_lines(shown(chosen=1, top_k=2).lines(12)) == (
        "space w0 69\u202f%; space w1 31\u202f%, drawn; 3 likely words cut by top-k 2"
    )
