"""The record of a token that was read: what the engine said of it, and what stood before it.

A `Reading` follows one scoring. Knows no Qt and no text.
"""

from dataclasses import dataclass

from studio.engine.messages import ScoredToken
from studio.ui.token_place import TokenPlace


class Reading:
    """One scoring of a text.

    Attributes:
        prompt: The tokens that were read, those before the text too; None until they are told, at
            its end.
    """

    def __init__(self) -> None:
        self.prompt: list[int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ReadToken:
    """A token with the place that it was read at.

    Attributes:
        token: What the engine said of it.
        reading: The scoring that it belongs to.
        index: Its number among the tokens read.
    """

    token: ScoredToken
    reading: Reading
    index: int

    @property
    def id(self) -> int:
        """The token."""
        return self.token.id

    @property
    def text(self) -> bytes:
        """What it spells: UTF-8, perhaps only a part of a character."""
        return self.token.text

    @property
    def sketch(self) -> bytes:
        """The distribution that it was read in, as the model gave it."""
        return self.token.sketch

    @property
    def near_tie(self) -> bool:
        """Whether arithmetic alone may decide which token T 0 takes here."""
        return self.token.near_tie

    @property
    def place(self) -> TokenPlace | None:
        """Where it stands, as the model read it; None where the reading was broken off."""
        prompt = self.reading.prompt
        return None if prompt is None else TokenPlace(prompt[: self.index])
