"""What a prompt is made of becomes tokens, in a prompt format, within a context's size."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from studio.engine.messages import FOLLOWING_PART, EngineError, Prompt, PromptSpan
from studio.engine.templates.chat_template import Brief, ChatSkeleton, Literal, System
from studio.engine.vocabulary import FillTokens, Vocabulary
from studio.engine.writing.prompt_pieces import SEPARATOR, Piece, PromptPieces, pieces_of, room_for
from studio.engine.writing.prompt_spans import TokenRange, head_spans, text_spans
from studio.translation import tr

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
    spans: tuple[PromptSpan, ...] = ()
    """The tokens of the brief, of notes, of what is pinned and of what follows the place."""
    kept: tuple[TokenRange, ...] = ()
    """Those behind the head that are never cut."""
    own: int = 0
    """How many stand before the manuscript's own text behind the last note in it."""
    pieces: tuple[Piece, ...] = ()
    """The manuscript in pieces, where it has any but its own text."""
    most_text: int = 0
    """Tokens of the manuscript that a cut leaves at most; 0 for what has room."""
    ends: frozenset[int] = frozenset()
    """Tokens that end what is written behind it, beside those that end any text."""

    @property
    def fixed(self) -> int:
        """How many of the tokens are never cut."""
        return self.head + sum(end - start for start, end in self.kept)

    def split(self, unseen: int) -> "SplitPrompt":
        """Leave out the first of the tokens that may be.

        Args:
            unseen: How many of them.
        """
        stay, gone, first = self.tokens[: self.head], list[int](), -1
        length, at = len(self.tokens), self.head
        for start, end in (*self.kept, (length, length)):
            cut = at + max(0, min(unseen - len(gone), start - at))
            gone += self.tokens[at:cut]
            stay += self.tokens[cut:end]
            if first < 0 and cut < start:
                first = cut
            at = end
        return SplitPrompt(stay, gone, length if first < 0 else first)


class SplitPrompt(NamedTuple):
    """A prompt without some of its tokens."""

    tokens: list[int]
    gone: list[int]
    first: int
    """The number of the first token of the manuscript that may be left out and is not."""


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
    prompt: Prompt,
    vocabulary: Vocabulary,
    skeleton: ChatSkeleton | None,
    most_after: int | None = None,
) -> TokenizedPrompt:
    """Tokens of `prompt`; in the chat format, `skeleton` says where its parts go.

    Args:
        prompt: What is to be written on.
        vocabulary: The model's.
        skeleton: The chat template with gaps for the texts; None for plain text.
        most_after: How many tokens it has at most of what follows the place; None for all.

    Raises:
        EngineError: there is nothing to continue, and the model has no beginning marker.
        ValueError: the chat format without a skeleton.
    """
    if prompt.format == "chat" and skeleton is None:
        raise ValueError("the chat format needs a skeleton")
    found = _tokenized_before(prompt, vocabulary, skeleton)
    fill = _fill_tokens(prompt, vocabulary)
    if fill is None:
        return found
    # Prefix, suffix, middle: the order in which all models that have the tokens know them.
    after = vocabulary.tokenize(prompt.after)[:most_after]
    behind = [fill.suffix, *after, fill.middle]
    start, end = len(found.tokens), len(found.tokens) + len(behind)
    return found._replace(
        tokens=found.tokens + behind,
        spans=(*found.spans, PromptSpan(FOLLOWING_PART, start, end)),
        kept=(*found.kept, (start, end)),
        own=end,
        ends=frozenset(fill),
    )


def _fill_tokens(prompt: Prompt, vocabulary: Vocabulary) -> FillTokens | None:
    """Those that a prompt is given both sides with; None where it is not."""
    return vocabulary.fill if prompt.after and prompt.format == "plain" else None


def _tokenized_before(
    prompt: Prompt, vocabulary: Vocabulary, skeleton: ChatSkeleton | None
) -> TokenizedPrompt:
    """All that stands before the place."""
    parts = prompt.parts
    if parts is None:
        return _tokenized(prompt, pieces_of(prompt, (), vocabulary), vocabulary, skeleton)
    notes = room_for(parts, vocabulary)
    while True:
        pieces = pieces_of(prompt, notes, vocabulary)
        found = _tokenized(prompt, pieces, vocabulary, skeleton)
        called = [place for place, note in enumerate(notes) if note.is_called]
        numbers = {notes[place].number for place in called}
        cost = sum(span.end - span.start for span in found.spans if span.number in numbers)
        if not (parts.most_called and cost > parts.most_called):
            return found._replace(most_text=parts.most_text)
        # In their place they take a token more than by themselves.
        del notes[called[-1]]


def _tokenized(
    prompt: Prompt, pieces: PromptPieces, vocabulary: Vocabulary, skeleton: ChatSkeleton | None
) -> TokenizedPrompt:
    beside = "".join(piece.text for piece in pieces.beside)
    system = ""
    if skeleton is not None and prompt.format == "chat":
        before = [_filled(segment, prompt, beside) for segment in skeleton.segments]
        kinds = [type(segment) for segment in skeleton.segments]
        if System in kinds and kinds.index(System) < kinds.index(Brief):
            system = prompt.system
    else:
        before = [_Part(beside + SEPARATOR, markers=False)] if beside else []
    tokens, tail = _tokenize_parts(before, vocabulary)
    if fill := _fill_tokens(prompt, vocabulary):
        tokens.insert(0, fill.prefix)
    if vocabulary.adds_bos and vocabulary.bos is not None and tokens[:1] != [vocabulary.bos]:
        tokens.insert(0, vocabulary.bos)
    # Tokenized in one piece with what stands before it, as a tokenizer merges across the seam.
    last = vocabulary.tokenize(tail + "".join(piece.text for piece in pieces.text))
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
    found = TokenizedPrompt(tokens, head, added, overlap, prompt.skipped)
    if pieces.beside:
        found = found._replace(spans=head_spans(tokens[:head], system, pieces.beside, vocabulary))
    if prompt.parts is not None:
        inside = text_spans(tokens, head, overlap - added, pieces.text, vocabulary)
        found = found._replace(
            spans=(*found.spans, *inside.spans),
            kept=inside.kept,
            own=inside.own,
            pieces=pieces.text,
        )
    return found


def fit(
    prompt: TokenizedPrompt, context_size: int, room: int = _MARGIN, *, grows: bool = True
) -> FittedPrompt:
    """Keep the head, what is pinned and the newest part of the manuscript.

    Args:
        prompt: the whole prompt.
        context_size: tokens.
        room: of them, to be left free for what is written.
        grows: whether what is written may fill the context, so that the prompt is cut then.

    The manuscript is cut in blocks of a quarter of the context: the cut stays where it is while
    a block's worth of tokens is written, so that what is evaluated stays a prefix of what is
    asked for next. Beside a long head the blocks are half of what it leaves.

    Raises:
        EngineError: the head leaves the manuscript no room. For a prompt that grows that is said
            even where all fits still: it would end the generation where the context is full.
    """
    capacity = context_size - room
    left = capacity - prompt.fixed
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
        raise EngineError("context_size", _no_room(prompt, context_size))
    own = length - prompt.fixed
    if prompt.most_text:
        left = min(left, prompt.most_text)
    if own <= left:
        return FittedPrompt(prompt.tokens, 0)
    block = max(1, min(context_size // 4, left // 2))
    blocks = -(-(own - left) // block)
    unseen = min(blocks * block, own)
    return FittedPrompt(prompt.split(unseen).tokens, unseen)


def _no_room(prompt: TokenizedPrompt, context_size: int) -> str:
    if len(prompt.spans) > 1 or prompt.kept:
        return tr(
            "Brief, notes and what is pinned take {fixed:,} of the context's %n tokens and leave "
            "no room for the manuscript. Shorten them or leave some out (View › What the model "
            "sees), or choose a larger context size.",
            "",
            context_size,
            fixed=prompt.fixed,
        )
    return tr(
        "The brief takes {head:,} of the context's %n tokens and leaves no room for the "
        "manuscript. Shorten it, or choose a larger context size.",
        "",
        context_size,
        head=prompt.head,
    )


def fit_from(prompt: TokenizedPrompt, context_size: int, first: int) -> FittedPrompt:
    """Keep the head and a part of the manuscript, to read it from one of its tokens on.

    For a prompt in which nothing stands in the manuscript (`PromptParts.beside_text`).

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


def _filled(segment: Literal | System | Brief, prompt: Prompt, beside: str) -> _Part:
    match segment:
        case Literal(text):
            return _Part(text, markers=True)
        case System():
            return _Part(prompt.system, markers=False)
        case Brief():
            return _Part(beside, markers=False)


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
