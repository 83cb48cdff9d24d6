"""What is told of a prompt when it has been evaluated."""

import numpy as np

from studio.engine.llama.vocabulary import Vocabulary
from studio.engine.messages import Evaluated, id_bytes
from studio.engine.writing.prompt import FittedPrompt, TokenizedPrompt
from studio.engine.writing.token_piece_cache import TokenPieceCache

_LAST = 64
"""Tokens at a prompt's end that are spelled: what a word may begin in (`studio.sampling`)."""


def evaluated(
    request: int,
    prompt: TokenizedPrompt,
    fitted: FittedPrompt,
    reused: int,
    context_size: int,
    vocabulary: Vocabulary,
    pieces: TokenPieceCache,
) -> Evaluated:
    """The event for `prompt`, of which the model has seen `fitted`.

    Args:
        request: that of the command.
        prompt: the whole prompt.
        fitted: the same, cut to the context.
        reused: tokens that were evaluated before.
        context_size: tokens.
        vocabulary: spells what was left out, to count its characters.
        pieces: what the listener knows to spell.
    """
    unseen = prompt.tokens[prompt.head : prompt.head + fitted.unseen]
    unseen_text = b"".join(map(vocabulary.text, unseen))[prompt.added :]
    return Evaluated(
        request=request,
        tokens=id_bytes(prompt.tokens),
        context_used=len(fitted.tokens),
        context_size=context_size,
        unseen_characters=prompt.skipped + len(unseen_text.decode("utf-8", errors="ignore")),
        reused=reused,
        pieces=pieces.new_bytes(np.asarray(prompt.tokens[-_LAST:], dtype=np.int32)),
    )
