"""Two takes beside each other: which words they have in common, and where and why they part."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import NamedTuple

from studio.app.tokens.next_token import NextToken
from studio.app.tokens.place import UNKNOWN_PLACE, place_of
from studio.experiments.comparison import OF_ITSELF, first_divergence
from studio.manuscript import Take
from studio.manuscript.token_groups import TokenGroup
from studio.sampling import SamplingParams
from studio.token_record import TokenRecord

_WORD = re.compile(r"\s*\S+|\s+")
MOST_WORDS = 3_000
"""That are compared of each take; in a longer one the rest is shown as it is."""
_SHOWN = 5
"""Words of a distribution that are shown."""

Ranges = list[tuple[int, int]]


class Side(NamedTuple):
    """What one take drew where two part.

    Attributes:
        word: What it drew; "" where its text ends there.
        temperature: The T in force; None where that is not known.
        seed: Of its draws; None where that is not known.
        u: The random draw; None where nothing was drawn.
        likely: The most likely words there, as the sampler used them, each with its probability;
            what was drawn is among them. Empty where its distribution is not known.
    """

    word: str
    temperature: float | None
    seed: int | None
    u: float | None
    likely: tuple[tuple[str, float], ...]


class Parting(NamedTuple):
    """Where two takes part.

    Attributes:
        number: The token, from 1.
        first: What the one drew there.
        second: What the other drew.
    """

    number: int
    first: Side
    second: Side


def own_words(first: str, second: str) -> tuple[Ranges, Ranges]:
    """What each of two texts has that the other has not, word by word, as half-open ranges.

    Args:
        first: One text.
        second: The other.
    """
    words = [_WORD.findall(text)[:MOST_WORDS] for text in (first, second)]
    # Spaces and line ends before a word make no other word of it.
    keys = [[word.strip() for word in some] for some in words]
    matcher = SequenceMatcher(a=keys[0], b=keys[1], autojunk=False)
    found: tuple[Ranges, Ranges] = ([], [])
    starts = [_starts(some) for some in words]
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        for own, begins, low, high in zip(found, starts, (a, c), (b, d), strict=True):
            if low < high:
                own.append((begins[low], begins[high]))
    return found


def _starts(words: list[str]) -> list[int]:
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    return starts


def source_of(take: Take) -> object:
    """Whose tokens a take has, as `TokenSpans.source`; None where that is not known."""
    marks = take.passage.marks or ()
    return next((mark.source for mark in marks if isinstance(mark, TokenGroup)), None)


def parting(first: Take, second: Take, vocabulary: NextToken | None) -> Parting | None:
    """Where two takes first drew another token; None where they do not, or nothing is recorded.

    Args:
        first: One take.
        second: The other.
        vocabulary: Spells their tokens; None where it is another model's.
    """
    drawn = [[*take.records, *([take.end] if take.end else [])] for take in (first, second)]
    ends = [len(take.records) if take.ending in OF_ITSELF else None for take in (first, second)]
    index = first_divergence(drawn[0], drawn[1], ends[0], ends[1])
    if index is None:
        return None
    sides = [
        _side(take, of_it[index] if index < len(of_it) else None, index, vocabulary)
        for take, of_it in zip((first, second), drawn, strict=True)
    ]
    return Parting(index + 1, sides[0], sides[1])


def params_at(take: Take, index: int) -> SamplingParams | None:
    """What a token of a take was drawn with; None where that is not known.

    Args:
        take: The take.
        index: Which of its tokens, from 0.
    """
    return next((params for start, params in reversed(take.turns) if start <= index), None)


def _side(take: Take, record: TokenRecord | None, index: int, vocabulary: NextToken | None) -> Side:
    params = params_at(take, index)
    temperature = params.temperature if params else None
    if record is None:
        return Side("", temperature, take.seed, None, ())
    word = _spelled(record, vocabulary) if index < len(take.records) else ""
    likely = _likely(record, params, vocabulary) if params and vocabulary else ()
    return Side(word, temperature, take.seed, record.u, likely)


def _likely(
    record: TokenRecord, params: SamplingParams, vocabulary: NextToken
) -> tuple[tuple[str, float], ...]:
    sketch, place = vocabulary.sketches.of(record), place_of(record) or UNKNOWN_PLACE
    if sketch is None or sketch.is_truncated:
        return ()  # of the latter only bounds are known
    shaped = sketch.shaped(params, place.history, vocabulary.state_at(place, params))
    order = (-shaped.probabilities).argsort(kind="stable")
    ids, shares = shaped.ids[order].tolist(), shaped.probabilities[order].tolist()
    found = [(one, share) for one, share in zip(ids, shares, strict=True) if share > 0]
    kept = found[:_SHOWN]
    if record.id not in [one for one, _ in kept]:
        kept = [*kept[: _SHOWN - 1], *(pair for pair in found if pair[0] == record.id)]
    typed = record.typed
    return tuple((vocabulary.spelled(one, typed.get(one, 0)).text, share) for one, share in kept)


def _spelled(record: TokenRecord, vocabulary: NextToken | None) -> str:
    if vocabulary is not None:
        return vocabulary.spelled(record.id, record.typed.get(record.id, 0)).text
    return record.text.decode("utf-8", "replace")
