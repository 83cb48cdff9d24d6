"""What the engine is asked for where a part of the text is to be rewritten.

Again: the model continues the text from before the part, as anywhere. The other kinds are asked of
it in a conversation, through its chat template: the writer's turn says what is to be done and gives
the part, and the answer begins with the text before it, so that the new words join on.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import NamedTuple

import msgspec

from studio.app.writing.draft import Draft
from studio.engine.messages import Prompt, SequenceStart
from studio.experiments.middle import starts_of
from studio.manuscript import word_end
from studio.sampling import SamplingParams
from studio.translation import mark, tr


class RewriteKind(Enum):
    """How a part of the text is to be rewritten."""

    AGAIN = "again"
    """From what stands before it, whatever it says."""
    SHORTER = "shorter"
    LONGER = "longer"
    PLAINER = "plainer"
    OTHER_WORDS = "other_words"
    OWN = "own"
    """As the writer says."""

    @property
    def needs_template(self) -> bool:
        """Whether the model is asked for it in a conversation."""
        return self is not RewriteKind.AGAIN


MOST_VERSIONS, FEWEST_VERSIONS = 4, 2

LONGEST_INSTRUCTION = 500
"""Code points."""

_EDITOR = mark(
    "You are an editor. You rewrite passages of a text as the writer asks, in the text's own "
    "language. You write the new passage alone, without a comment, a heading or quotation marks."
)
_ABOUT = mark("The writer says about the text: {brief}")
_ASKED = {
    RewriteKind.SHORTER: mark(
        "Rewrite the passage in fewer words, about half as many. Keep what it says."
    ),
    RewriteKind.LONGER: mark(
        "Rewrite the passage in more words, about twice as many. Keep what it says, and add detail."
    ),
    RewriteKind.PLAINER: mark(
        "Rewrite the passage in plainer words and shorter sentences. Keep what it says."
    ),
    RewriteKind.OTHER_WORDS: mark(
        "Rewrite the passage in other words. Keep what it says, and about its length."
    ),
}
_BEHIND = mark("Behind the passage the text goes on: {text}")

_GROWTH = {RewriteKind.AGAIN: 1.0, RewriteKind.SHORTER: 0.8, RewriteKind.LONGER: 2.0}
_OTHER_GROWTH = 1.3
"""How many times the tokens of the part, as they are counted here, a version may have."""
_LEAST = 16
"""Tokens that a version may have in any case."""

_BYTES_A_TOKEN = 3
"""Fewer than tokens have in most texts: rather too many are counted."""
_HEAD = 160
"""Tokens, at most, of the editor's words and a template's own."""
_NEAR = 64
"""Tokens of the text before a part that have to be seen."""

_BEFORE, _AFTER = 1200, 400
"""Code points of the text around a part that the model sees, where there is room."""
_LONGEST_WORD = 100
"""Code points."""

_STEP, _LEAST_STEP = 0.3, 0.2
"""From version to version T rises by this share of the T in force; by no less than that."""


class RewriteRequest(NamedTuple):
    """What the engine is asked for.

    Attributes:
        prompt: What all versions continue.
        starts: One for each version, from cold to hot.
        max_tokens: How many each may have.
    """

    prompt: Prompt
    starts: tuple[SequenceStart, ...]
    max_tokens: int


def part_of(draft: Draft) -> tuple[int, int]:
    """What is selected, without white space at its ends and with all of its last word.

    Args:
        draft: The document.

    Returns:
        Start and end, in code points; equal where nothing is selected that can be rewritten.
    """
    end = draft.caret
    start = end - draft.selected
    near = draft.manuscript.part(start, end + _LONGEST_WORD)
    selected = near[: end - start]
    first = len(selected) - len(selected.lstrip())
    last = max(first, len(selected.rstrip()))
    return start + first, start + word_end(near, first, last)


def temperatures(params: SamplingParams, count: int) -> tuple[float, ...]:
    """The temperatures of some versions, from cold to hot, around the one in force.

    From one to the next T rises by three tenths of the T in force, by 0.2 at least. Of three and
    four one is colder than that; at T 0 none is.

    Args:
        params: With the T in force.
        count: How many.
    """
    middle = params.temperature
    step = max(_STEP * middle, _LEAST_STEP)
    if math.isinf(middle):
        return (middle,) * count
    first = -1 if middle > 0 and count > FEWEST_VERSIONS else 0
    return tuple(round(max(0.0, middle + step * (first + number)), 2) for number in range(count))


def request_for(
    draft: Draft,
    part: tuple[int, int],
    kind: RewriteKind,
    instruction: str,
    params: SamplingParams,
    context_size: int,
) -> RewriteRequest | None:
    """What is asked for; None where not even the fewest versions have room in the context.

    Args:
        draft: The document.
        part: Start and end of what is rewritten, in code points.
        kind: How.
        instruction: What the writer asks for, where that is a kind of its own.
        params: The parameters in force; the first version has their seed, the others the seeds
            that follow it.
        context_size: The model's, in tokens.
    """
    start, end = part
    text = draft.manuscript.part(start, end)
    own = _tokens(text)
    most = _LEAST + math.ceil(own * _GROWTH.get(kind, _OTHER_GROWTH))
    head = _HEAD + _tokens(draft.brief) + _NEAR
    if kind.needs_template:
        head += own + _tokens(instruction)
    else:
        head += _tokens(draft.prompting.system_message)
    for count in range(MOST_VERSIONS, FEWEST_VERSIONS - 1, -1):
        room = context_size - head - count * most
        if room >= 0:
            break
    else:
        return None
    if kind.needs_template:
        asked = tr(_ASKED[kind]) if kind in _ASKED else instruction
        prompt = _conversation(draft, part, asked, room)
    else:
        prompt = draft.prompt(start)
    # What one paragraph says ends with it, where the text before keeps the model from beginning so.
    ends_with_line = "\n" not in text and bool(prompt.manuscript.strip())
    stop = (*draft.stop, "\n") if ends_with_line else draft.stop
    starts = [
        msgspec.structs.replace(
            one, params=msgspec.structs.replace(one.params, temperature=temperature)
        )
        for one, temperature in zip(
            starts_of(params, count, stop), temperatures(params, count), strict=True
        )
    ]
    return RewriteRequest(prompt, tuple(starts), most)


def _conversation(draft: Draft, part: tuple[int, int], asked: str, room: int) -> Prompt:
    """A prompt that asks for another passage.

    Args:
        draft: The document.
        part: Where the passage stands.
        asked: What is asked for.
        room: Tokens that the text around the passage may have.
    """
    start, end = part
    manuscript = draft.manuscript
    begin = max(0, start - min(_BEFORE, room * 3 // 4))
    before = manuscript.part(begin, start)
    after = manuscript.part(end, end + min(_AFTER, room // 4))
    system = [tr(_EDITOR)]
    if draft.brief.strip():
        system.append(tr(_ABOUT, brief=draft.brief.strip()))
    # The passage stands last, and bare: a small model would repeat a heading over it.
    turn = [asked, manuscript.part(start, end)]
    if after.strip():
        turn.insert(0, tr(_BEHIND, text=after.strip()))
    return Prompt(
        manuscript=_from_a_word(before) if begin else before,
        brief="\n\n".join(turn),
        system="\n\n".join(system),
        format="chat",
    )


def _from_a_word(text: str) -> str:
    """A text without the rest of a word at its beginning."""
    return text[next((at for at, sign in enumerate(text) if sign.isspace()), 0) :].lstrip()


def _tokens(text: str) -> int:
    """How many tokens a text has, or rather fewer."""
    return math.ceil(len(text.encode()) / _BYTES_A_TOKEN)
