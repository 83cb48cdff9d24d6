"""What the window asks the engine of its vocabulary, and the answer.

`messages` names these too. Imports without llama_cpp.
"""

from studio.engine.message_parts import Command, Event, Pieces
from studio.sampling import WordTokens
from studio.token_record import TokenId


class FindTokens(Command, frozen=True, kw_only=True, tag=True):
    """Say how tokens are spelled.

    It waits for what runs, and nothing gives way to it; a Load supersedes it. Answers: TokensFound
    | Failed | Superseded.
    """

    ids: tuple[TokenId, ...]


class TokensFound(Event, frozen=True, kw_only=True, tag=True):
    """How tokens are spelled."""

    pieces: Pieces
    """Bytes by token id; of a control token its name. Ids that the model lacks are not in it."""


class FindWords(Command, frozen=True, kw_only=True, tag=True):
    """Say which tokens complete words, and how they are spelled.

    It waits for what runs, and nothing gives way to it; a Load supersedes it. Answers: WordsFound
    | Failed | Superseded.
    """

    texts: tuple[str, ...]
    """Each way of writing a word: see `studio.sampling.WordBias.forms`."""


class WordsFound(Event, frozen=True, kw_only=True, tag=True):
    """The tokens of words."""

    texts: tuple[str, ...]
    words: tuple[WordTokens, ...]
    """Of each of `texts`."""
    pieces: Pieces
    """Bytes of the tokens that hold a whole word, and of those that write it usually."""


class FindBreakers(Command, frozen=True, kw_only=True, tag=True):
    """Say with which tokens DRY's sequence breakers begin, and what must follow them.

    It waits for what runs, and nothing gives way to it; a Load supersedes it. Answers:
    BreakersFound | Failed | Superseded.
    """

    texts: tuple[str, ...]


class BreakersFound(Event, frozen=True, kw_only=True, tag=True):
    """The sequence breakers of `texts` as the samplers take them."""

    texts: tuple[str, ...]
    breakers: dict[TokenId, list[tuple[TokenId, ...]]]
    """`studio.sampling.Breakers`."""
