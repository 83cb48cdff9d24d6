"""The record of a token that the writer chose from the bars: its distribution, and where it stands.

Nothing was drawn for it, so that temperature has no part in it. Knows no Qt and no text.
"""

from dataclasses import dataclass

from studio.engine.messages import ScoredToken
from studio.ui.tokens.kept_token import KeptToken
from studio.ui.tokens.place import TokenPlace


@dataclass(frozen=True, slots=True, eq=False)
class ChosenToken(KeptToken[ScoredToken]):
    """A token with the place that it was chosen at.

    Attributes:
        history: The tokens before it, oldest first.
    """

    history: tuple[int, ...]

    @property
    def place(self) -> TokenPlace:
        """Where it stands, as the model read it."""
        return TokenPlace(self.history, typed=self.typed)
