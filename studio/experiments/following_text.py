"""How well a text follows others: what candidates for a place in the middle are ranked by.

The measure is the mean log-probability, at temperature 1 and before any filter, of the first tokens
of what follows, read behind the text before the place and the candidate. It is given as surprise:
its negative, in bits a token.

A candidate that ended for its length alone may end with its last whole sentence as well: both are
read, and the better one counts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from studio.engine.messages import Evaluated, Prompt, Score
from studio.manuscript import joined
from studio.sampling import LogitSketch
from studio.sampling.measures import surprise
from studio.token_record import TokenRecord

FIRST_TOKENS = 64
"""So many of the following text's tokens count: what is further off is about something else, and
differs less from one candidate to another."""

AFTER = 16 * FIRST_TOKENS
"""So many of its code points are looked at: more than those tokens have, but of white space. A
model that fills in is given as many, read anew where the text before has changed."""

_LEAST = 2.0**-64
"""A smaller probability counts as this: one token that a model rules out must not decide alone."""

CUT = ("max_tokens", "context_full")
"""Reasons with which a text ended wherever it was."""

_SENTENCE = re.compile(r"[.!?…]+[\"'”’»)\]*_]*(?=\s+[^\sa-zß-ÿ])|[。！？]+[」』”’）]*")
"""A sentence's end: of what comes behind it, the first letter is no small one."""

_ABBREVIATED = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|Prof|Capt|Col|Gen|Lt|[A-Z])\.$")


class Ending(NamedTuple):
    """A candidate as it may come into the text.

    Attributes:
        number: Which of the candidates.
        length: How many code points of it.
        text: These, joined to what follows.
    """

    number: int
    length: int
    text: str


class Ranked(NamedTuple):
    """A candidate that was ranked.

    Attributes:
        ending: How it comes into the text.
        follows: How well the text behind it follows that, in bits a token; None where that was not
            read.
        is_shortened: Whether it ends with its last whole sentence, and not where it ended.
    """

    ending: Ending
    follows: float | None
    is_shortened: bool


def endings_of(candidates: Iterable[tuple[str, str]], after: str) -> list[Ending]:
    """What is to be read of candidates, each from the shortest on; none of one without text.

    Args:
        candidates: What each wrote, and the reason why it ended.
        after: What follows their place.
    """
    found: list[Ending] = []
    for number, (text, reason) in enumerate(candidates):
        lengths = [len(text)]
        if reason in CUT and (last := sentence_end(text)):
            lengths.insert(0, last)
        for length in lengths:
            whole = joined(text[:length], after)
            if whole and (not found or whole != found[-1].text or number != found[-1].number):
                found.append(Ending(number, length, whole))
    return found


def sentence_end(text: str) -> int:
    """Where the last sentence ends that another follows; 0 where there is none."""
    for end in reversed([match.end() for match in _SENTENCE.finditer(text)]):
        if not _ABBREVIATED.search(text[:end]) and text[end:].strip():
            return end
    return 0


def best_first(endings: Sequence[Ending], found: Sequence[float | None]) -> list[Ranked]:
    """The candidates, the one that is followed best first, each as it is followed best.

    Those that were not read come behind, as they were written.

    Args:
        endings: See `endings_of`.
        found: The measure of the first of these: see `mean_surprise`.
    """
    best: dict[int, Ranked] = {}
    for place, ending in enumerate(endings):
        follows = found[place] if place < len(found) else None
        before = best.get(ending.number)
        is_better = before is None or before.follows is None  # where none was read, it is whole
        if before is not None and before.follows is not None and follows is not None:
            is_better = follows <= before.follows
        if is_better:
            best[ending.number] = Ranked(ending, follows, is_shortened=False)
    longest = {ending.number: ending.length for ending in endings}
    return sorted(
        (
            one._replace(is_shortened=one.ending.length < longest[number])
            for number, one in best.items()
        ),
        key=lambda one: (one.follows is None, one.follows or 0.0, one.ending.number),
    )


def seen_part(prompt: Prompt, evaluated: Evaluated) -> Prompt:
    """The prompt without what of its text the model did not see.

    What is read behind it then is read behind the same text, and nothing else of it is looked at.

    Args:
        prompt: What was continued.
        evaluated: What the engine reported of it.
    """
    unseen = max(0, evaluated.unseen_characters - prompt.skipped)
    return msgspec.structs.replace(
        prompt, manuscript=prompt.manuscript[unseen:], skipped=prompt.skipped + unseen
    )


def following_score(request: int, prompt: Prompt, text: str, after: str) -> Score:
    """Ask for the first tokens of a text as they are read behind another.

    Args:
        request: The number of the command.
        prompt: What stands before.
        text: What was written behind it, joined to what follows.
        after: What follows.
    """
    before = prompt.manuscript + text
    return Score(
        request=request,
        prompt=msgspec.structs.replace(prompt, manuscript=before + after[:AFTER]),
        # The space that joins them is the next word's: a tokenizer has the two as one.
        first=len(before.removesuffix(" ")),
        most=FIRST_TOKENS,
    )


def mean_surprise(records: Iterable[TokenRecord]) -> float | None:
    """How well the text of some tokens follows, in bits a token; None where there are none.

    Args:
        records: Each with its sketch.
    """
    found = [surprise(max(_probability(record), _LEAST)) for record in records]
    return math.fsum(found) / len(found) if found else None


def _probability(record: TokenRecord) -> float:
    try:
        return LogitSketch.from_bytes(record.sketch).probability(record.id, 1.0)
    except ValueError:  # a damaged engine's
        return 0.0
