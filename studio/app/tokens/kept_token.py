"""What the records of a written and of a read token have in common: what the engine said of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from studio.token_record import TokenRecord


@dataclass(frozen=True, slots=True, eq=False)
class KeptToken:
    """A token of the text.

    Attributes:
        token: What the engine said of it.
    """

    token: TokenRecord

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
        """The distribution that stood there, as the model gave it."""
        return self.token.sketch

    @property
    def typed(self) -> Mapping[int, int]:
        """Of tokens that begin with what the text before has already: with how many bytes of it."""
        return self.token.typed

    @property
    def near_tie(self) -> bool:
        """Whether arithmetic alone may decide which token T 0 takes here."""
        return self.token.near_tie
