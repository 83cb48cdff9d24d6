"""Candidates: sequences that were written at one place at once, and become takes there.

`Writing` shows the first of them as it grows; `Manuscript.end_take` puts all into the set.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import groupby

from studio.app.generation.sequence import GeneratedSequence
from studio.manuscript import Manuscript, Take, TakeWriter, TokenSpans
from studio.manuscript.token_characters import characters_of
from studio.token_record import TokenSequence, placed

SENTENCE = "sentence"
"""Why a take ended that was shortened to whole sentences: see `Take.ending`."""


def take_of(
    sequence: GeneratedSequence,
    prompt: Sequence[int],
    after: str,
    source: Hashable,
    length: int | None = None,
) -> Take:
    """What a sequence wrote, as a take that has ended and is not in the text.

    It is joined to what follows, and its characters are marked with their tokens, as those of a
    take that grew in the text.

    Args:
        sequence: It has ended.
        prompt: The prompt's token ids.
        after: What follows its place; of that the first two characters count.
        source: Whose tokens they are: see `TokenSpans.source`.
        length: How many code points of its text are to be the take's; None for all.
    """
    page = Manuscript(after[:2])
    TokenSpans(page).source = source
    take = page.begin_take(0, sequence.seed)
    writer = TakeWriter(page, take)
    before = TokenSequence([*prompt], seed=sequence.seed, start=len(prompt))
    ids = before.ids
    assert ids is not None, "they were just given"
    rest = len(sequence.text) if length is None else length
    for record, text in characters_of(sequence.written):
        if rest <= 0 and text:
            break
        if len(text) <= rest:
            writer.add(record.text, placed(record, before, len(ids)))
        else:  # the end of a sentence, say, and the space behind it
            writer.add(text[:rest].encode(), None)
        ids.append(record.id)
        rest -= len(text)
    writer.end()
    page.end_take()
    take.turns = sequence.turns
    take.temperatures = [
        temperature for temperature, _ in groupby(turn[1].temperature for turn in sequence.turns)
    ]
    if length is not None:
        take.ending = SENTENCE
        return take
    take.ending = sequence.reason
    end = sequence.end
    if end is not None and not end.text:
        take.end = placed(end, before, len(ids))
    return take
