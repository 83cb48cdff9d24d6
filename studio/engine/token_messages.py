"""What the window asks the engine of its vocabulary, and the answer.

`messages` names these too. Imports without llama_cpp.
"""

from studio.engine.message_parts import Command, Event


class FindTokens(Command, frozen=True, kw_only=True, tag=True):
    """Say which token spells a text, and how tokens are spelled.

    It waits for what runs, and nothing gives way to it; a Load supersedes it. Answers: TokensFound
    | Failed | Superseded.
    """

    text: str = ""
    """What to look for; the name of a control token finds that token. Empty for nothing."""
    ids: tuple[int, ...] = ()
    """Tokens to spell beside it."""


class TokensFound(Event, frozen=True, kw_only=True, tag=True):
    """The tokens of a text, and the bytes of these and of all that were asked for."""

    tokens: tuple[int, ...]
    """The one token that spells the text exactly; else those that it takes to write it."""
    pieces: dict[int, bytes]
    """Bytes by token id; of a control token its name. Ids that the model lacks are not in it."""
