"""A brief and a manuscript become tokens, in a prompt format, within a context's size."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from studio.engine.llama.vocabulary import Vocabulary
from studio.engine.messages import EngineError, Prompt
from studio.engine.templates.chat_template import Brief, ChatSkeleton, Literal, System
from studio.translation import tr

PLAIN_SEPARATOR = "\n\n"
"""Between brief and manuscript in the plain format: a blank line."""

_MARGIN = 32
"""Tokens that a cut prompt leaves free at least, so that a cut does not follow at once."""

_LEAST = 64
"""Tokens of the manuscript that must have room beside the head: fewer mean nothing to a model."""

_SPACE = " \t\n\v\f\r"


class TokenizedPrompt(NamedTuple):
    """A prompt in tokens, not yet cut to a context."""

    tokens: list[int]
    head: int
    """How many of them come before the manuscript; these are never cut."""
    added: int = 0
    """Bytes that the tokenizer put between head and manuscript of itself."""
    overlap: int = 0
    """Bytes of the manuscript's beginning that the head's last token spells, beside its own."""
    skipped: int = 0
    """Code points of the manuscript that stand before these tokens, and were not given."""


class FittedPrompt(NamedTuple):
    """A prompt as the model sees it."""

    tokens: list[int]
    unseen: int
    """Tokens of the manuscript's beginning that were left out."""


class _Part(NamedTuple):
    text: str
    markers: bool
    """Whether control tokens may be read in it: true for a template's own text alone."""


def tokenize(
    prompt: Prompt, vocabulary: Vocabulary, skeleton: ChatSkeleton | None
) -> TokenizedPrompt:
    """Tokens of `prompt`; in the chat format, `skeleton` says where its parts go.

    Args:
        prompt: What is to be written on.
        vocabulary: The model's.
        skeleton: The chat template with gaps for the texts; None for plain text.

    Raises:
        EngineError: there is nothing to continue, and the model has no beginning marker.
        ValueError: the chat format without a skeleton.
    """
    if prompt.format == "chat":
        if skeleton is None:
            raise ValueError("the chat format needs a skeleton")
        before = [_filled(segment, prompt) for segment in skeleton.segments]
    else:
        before = [_Part(prompt.brief + PLAIN_SEPARATOR, markers=False)] if prompt.brief else []
    tokens, tail = _tokenize_parts(before, vocabulary)
    if vocabulary.adds_bos and vocabulary.bos is not None and tokens[:1] != [vocabulary.bos]:
        tokens.insert(0, vocabulary.bos)
    # Tokenized in one piece with what stands before it, as a tokenizer merges across the seam.
    last = vocabulary.tokenize(tail + prompt.manuscript)
    head, overlap = len(tokens), 0
    if tail:
        length = vocabulary.added_prefix + len(tail.encode("utf-8", errors="replace"))
        covering, spelled = _covering(last, length, vocabulary)
        head, overlap = head + covering, max(0, spelled - length)
    tokens += last
    if not tokens:
        start = vocabulary.bos if vocabulary.bos is not None else vocabulary.eos
        if start is None:
            words = tr("There is nothing to continue yet. Type a few words first.")
            raise EngineError("prompt", words)
        return TokenizedPrompt([start], 1)
    added = 0 if tail else vocabulary.added_prefix
    return TokenizedPrompt(tokens, head, added, overlap, prompt.skipped)


def fit(
    prompt: TokenizedPrompt, context_size: int, room: int = _MARGIN, *, grows: bool = True
) -> FittedPrompt:
    """Keep the head and the newest part of the manuscript, with `room` tokens to go on writing.

    Args:
        prompt: the whole prompt.
        context_size: tokens.
        room: of them, to be left free.
        grows: whether what is written may fill the context, so that the prompt is cut then.

    The manuscript is cut in blocks of a quarter of the context: the cut stays where it is while
    a block's worth of tokens is written, so that what is evaluated stays a prefix of what is
    asked for next. Beside a long head the blocks are half of what it leaves.

    Raises:
        EngineError: the head leaves the manuscript no room. For a prompt that grows that is said
            even where all fits still: it would end the generation where the context is full.
    """
    capacity = context_size - room
    left = capacity - prompt.head
    length = len(prompt.tokens)
    least = min(_LEAST, context_size // 4)
    if (grows or length > capacity) and left < least:
        if capacity - 1 < least:  # a beginning-of-sequence token is in any head
            raise EngineError(
                "context_size",
                tr(
                    "A context of %n tokens is too small to write in. Choose a larger context "
                    "size: a page takes about 500 tokens.",
                    "",
                    context_size,
                ),
            )
        raise EngineError(
            "context_size",
            tr(
                "The brief takes {head:,} of the context's %n tokens and leaves no room for the "
                "manuscript. Shorten it, or choose a larger context size.",
                "",
                context_size,
                head=prompt.head,
            ),
        )
    if length <= capacity:
        return FittedPrompt(prompt.tokens, 0)
    block = max(1, min(context_size // 4, left // 2))
    blocks = -(-(length - capacity) // block)
    unseen = min(blocks * block, length - prompt.head)
    kept = prompt.tokens[prompt.head + unseen :]
    return FittedPrompt(prompt.tokens[: prompt.head] + kept, unseen)


def fit_from(prompt: TokenizedPrompt, context_size: int, first: int) -> FittedPrompt:
    """Keep the head and a part of the manuscript, to read it from one of its tokens on.

    Where not all fits, half of what the head leaves stands before that token, or less near the
    text's beginning, and the rest goes on from it. More before it would be read for long before
    the first token is scored.

    Args:
        prompt: the whole prompt.
        context_size: tokens.
        first: the number of the token among the manuscript's.

    Raises:
        EngineError: the head leaves the manuscript no room.
    """
    fitted = fit(prompt, context_size, grows=False)
    if not fitted.unseen:
        return fitted
    left = context_size - _MARGIN - prompt.head
    unseen = max(0, first - left // 2)
    begin = prompt.head + unseen
    return FittedPrompt(prompt.tokens[: prompt.head] + prompt.tokens[begin : begin + left], unseen)


def _filled(segment: Literal | System | Brief, prompt: Prompt) -> _Part:
    match segment:
        case Literal(text):
            return _Part(text, markers=True)
        case System():
            return _Part(prompt.system, markers=False)
        case Brief():
            return _Part(prompt.brief, markers=False)


def _tokenize_parts(parts: Iterable[_Part], vocabulary: Vocabulary) -> tuple[list[int], str]:
    """Tokens up to the last control token, and the text that follows it, not yet tokenized.

    White space that a control token takes to itself goes, where it is the template's own.
    """
    tokens: list[int] = []
    text = ""
    for part in parts:
        if not part.markers:
            text += part.text
            continue
        control = vocabulary.control_tokens
        pattern = "|".join(map(re.escape, control)) or r"(?!)"
        end, strips_behind = 0, False
        for match in re.finditer(pattern, part.text):
            token = control[match[0]]
            own = _stripped(part.text[end : match.start()], strips_behind)
            strips_before, strips_behind = vocabulary.strips_space(token)
            text += own.rstrip(_SPACE) if strips_before else own
            tokens += vocabulary.tokenize(text) if text else []
            tokens.append(token)
            text, end = "", match.end()
        text += _stripped(part.text[end:], strips_behind)
    return tokens, text


def _stripped(text: str, strips: bool) -> str:
    return text.lstrip(_SPACE) if strips else text


def _covering(tokens: list[int], length: int, vocabulary: Vocabulary) -> tuple[int, int]:
    """How many of the first `tokens` it takes to spell `length` bytes, and how many they spell."""
    spelled = count = 0
    while spelled < length and count < len(tokens):
        spelled += len(vocabulary.text(tokens[count]))
        count += 1
    return count, spelled
