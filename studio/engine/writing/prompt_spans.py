"""Where the parts of a prompt stand among its tokens.

Tokens are bytes, and a tokenizer merges across seams: a token that two parts have in common belongs
to the first of them where costs are counted, and is kept where one of them is never cut.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from studio.engine.messages import PromptSpan
from studio.engine.vocabulary import Vocabulary
from studio.engine.writing.prompt_pieces import Piece

TokenRange = tuple[int, int]


class TextSpans(NamedTuple):
    """The parts that stand in the manuscript.

    Attributes:
        spans: Their tokens.
        kept: Those that are never cut, in order; none has a part of another.
        own: Where the manuscript's own text begins behind the last note.
    """

    spans: tuple[PromptSpan, ...]
    kept: tuple[TokenRange, ...]
    own: int


def head_spans(
    tokens: Sequence[int], before: str, pieces: Iterable[Piece], vocabulary: Vocabulary
) -> tuple[PromptSpan, ...]:
    """The tokens of what stands before the manuscript: those that spell it.

    Args:
        tokens: The prompt's head.
        before: A text that stands before all of it.
        pieces: The parts, in order.
        vocabulary: The model's.
    """
    texts = [vocabulary.text(token) for token in tokens]
    spelled, ends = b"".join(texts), [*accumulate(map(len, texts))]
    reached, found = _behind(spelled, 0, before), list[PromptSpan]()
    for piece in pieces:
        end = _behind(spelled, reached, piece.text)
        start = end - len(_raw(piece.text))
        if end > reached and piece.number is not None:
            found.append(_span(piece.number, ends, start, end, found, 0))
        reached = end
    return tuple(found)


def text_spans(
    tokens: Sequence[int],
    head: int,
    before: int,
    pieces: Iterable[Piece],
    vocabulary: Vocabulary,
) -> TextSpans:
    """The tokens of what stands in the manuscript.

    Args:
        tokens: The whole prompt.
        head: How many of them stand before it.
        before: Bytes of the manuscript that the head's tokens spell, less those that the tokenizer
            put before it.
        pieces: The manuscript in pieces.
        vocabulary: The model's.
    """
    ends = [*accumulate((len(vocabulary.text(token)) for token in tokens[head:]), initial=before)]
    del ends[0]
    spans, kept, own, reached = list[PromptSpan](), list[TokenRange](), head, 0
    for piece in pieces:
        start, reached = reached, reached + len(_raw(piece.text))
        if piece.number is None or start == reached:
            continue
        spans.append(_span(piece.number, ends, start, reached, spans, head))
        first, last = _covering(ends, start, reached)
        if kept and kept[-1][1] >= head + first:
            first = min(first, kept[-1][0] - head)
            kept.pop()
        kept.append((head + first, head + last))
        if piece.start is None:
            own = head + last
    return TextSpans(tuple(spans), tuple(kept), own)


def place_in(pieces: Iterable[Piece], position: int) -> int:
    """Where a byte of the manuscript's pieces stands in the manuscript, in code points.

    Args:
        pieces: The manuscript in pieces.
        position: The byte, counted through all of them.
    """
    reached = place = 0
    for piece in pieces:
        raw = _raw(piece.text)
        if piece.start is not None:
            within = raw[: max(0, position - reached)]
            place = piece.start + len(within.decode("utf-8", errors="ignore"))
        reached += len(raw)
        if reached > position:
            break
    return place


def _behind(spelled: bytes, reached: int, text: str) -> int:
    """Where a text ends that stands behind what is reached; that itself where it is not found."""
    raw = _raw(text)
    start = spelled.find(raw, reached)
    return reached if start < 0 else start + len(raw)


def _covering(ends: Sequence[int], start: int, end: int) -> TokenRange:
    """The tokens that have some of these bytes."""
    return bisect_right(ends, start), min(bisect_left(ends, end) + 1, len(ends))


def _span(
    number: int,
    ends: Sequence[int],
    start: int,
    end: int,
    before: Sequence[PromptSpan],
    head: int,
) -> PromptSpan:
    first, last = _covering(ends, start, end)
    first = max(head + first, before[-1].end) if before else head + first
    return PromptSpan(number, first, max(first, head + last))


def _raw(text: str) -> bytes:
    return text.encode("utf-8", errors="replace")
