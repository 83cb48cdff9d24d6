"""What the window asks of DRY's sequence breakers, and the answer.

`messages` names these too. Imports without llama_cpp.
"""

from studio.engine.message_parts import Command, Event
from studio.token_record import TokenId


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
