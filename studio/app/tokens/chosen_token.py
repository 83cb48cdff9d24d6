"""The record of a token that the writer chose from the bars: its distribution, and where it stands.

Nothing was drawn for it, so that temperature has no part in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.app.tokens.kept_token import KeptToken
from studio.app.tokens.place import TokenPlace
from studio.token_record import undrawn

if TYPE_CHECKING:
    from studio.app.tokens.next_token import NextToken


@dataclass(frozen=True, slots=True, eq=False)
class ChosenToken(KeptToken):
    """A token with the place that it was chosen at.

    Attributes:
        history: The tokens before it, oldest first.
    """

    history: tuple[int, ...]

    @property
    def place(self) -> TokenPlace:
        """Where it stands, as the model read it."""
        return TokenPlace(self.history, typed=self.typed)


def chosen_from(next_token: NextToken, token: int) -> ChosenToken:
    """A token as chosen from a distribution, which must be shown.

    Args:
        next_token: What is shown.
        token: Its id.
    """
    assert next_token.sketch is not None, "the token is one of it"
    record = undrawn(
        token,
        next_token.added(token),
        next_token.sketch.to_bytes(),
        near_tie=next_token.is_near_tie,
        typed=dict(next_token.typed),
    )
    return ChosenToken(record, tuple(next_token.history))
