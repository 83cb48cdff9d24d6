"""The record of a token that was read: what the engine said of it, and what stood before it.

A `Reading` follows one scoring.
"""

from dataclasses import dataclass

from studio.app.tokens.kept_token import KeptToken
from studio.app.tokens.place import TokenPlace


class Reading:
    """One scoring of a text.

    Attributes:
        prompt: The tokens that were read, those before the text too; None until they are told, at
            its end.
        is_whole: Whether these are all that stand before the text that was read.
    """

    def __init__(self, *, is_whole: bool = True) -> None:
        self.is_whole = is_whole
        self.prompt: list[int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ReadToken(KeptToken):
    """A token with the place that it was read at.

    Attributes:
        reading: The scoring that it belongs to.
        index: Its number among the tokens read.
    """

    reading: Reading
    index: int

    @property
    def place(self) -> TokenPlace | None:
        """Where it stands, as the model read it; None where the reading was broken off."""
        prompt = self.reading.prompt
        if prompt is None:
            return None
        return TokenPlace(prompt[: self.index], is_whole=self.reading.is_whole)
