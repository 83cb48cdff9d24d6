"""What the window knows of the model's vocabulary: tokens' bytes, and DRY's breakers as tokens.

The engine tells it bit by bit. Of vocabularies that are not in use now what is known is kept. Knows
no Qt, and not who asks.
"""

from collections.abc import Collection, Hashable, Mapping

from studio.sampling import Breakers
from studio.ui.tokens.text import TokenText, token_text

_NO_BREAKERS: Breakers = {}


class KnownVocabulary:
    """Bytes and breakers of the vocabulary in use."""

    def __init__(self) -> None:
        self._name: Hashable = None
        self._put_by: dict[Hashable, _Known] = {}
        self._known = _Known()
        self._texts: dict[int, TokenText] = {}

    def use(self, name: Hashable) -> None:
        """Take token ids for those of another vocabulary; what is known of this one is kept."""
        if name != self._name:
            self._put_by[self._name] = self._known
            self._name = name
            self._known = self._put_by.get(name) or _Known()
            self._texts.clear()

    # Spelling

    @property
    def pieces(self) -> dict[int, bytes]:
        """The bytes that are known, by token id; a copy."""
        return dict(self._known.pieces)

    def piece(self, token: int) -> bytes:
        """The bytes of a token; none while they are not known."""
        return self._known.pieces.get(token, b"")

    @property
    def control(self) -> set[int]:
        """Which ids are known for control tokens; a copy."""
        return set(self._known.control)

    def add_pieces(self, pieces: Mapping[int, bytes], control: Collection[int] = ()) -> None:
        """Learn the bytes of tokens.

        Args:
            pieces: Bytes by token id; for a control token its name.
            control: Which ids are control tokens.
        """
        self._known.pieces.update(pieces)
        self._known.control.update(control)
        for token in (*pieces, *control):
            self._texts.pop(token, None)

    def text(self, token: int, typed: int = 0) -> TokenText:
        """How a token is shown; by its number while its bytes are not known.

        Args:
            token: Its id.
            typed: How many of its first bytes stand in the text already, and are not shown.
        """
        known = self._known
        if typed:
            return token_text(self.piece(token)[typed:], token)
        text = self._texts.get(token)
        if text is None:
            text = token_text(known.pieces.get(token), token, control=token in known.control)
            self._texts[token] = text
        return text

    # Breakers

    def add_breakers(self, texts: tuple[str, ...], breakers: Breakers) -> None:
        """Learn which tokens DRY's sequence breakers `texts` are."""
        self._known.breakers[texts] = breakers

    def breakers(self, texts: tuple[str, ...]) -> Breakers | None:
        """The sequence breakers as tokens; None while that is not known."""
        return self._known.breakers.get(texts) if texts else _NO_BREAKERS


class _Known:
    """What is known of one vocabulary."""

    def __init__(self) -> None:
        self.pieces: dict[int, bytes] = {}
        self.control: set[int] = set()
        self.breakers: dict[tuple[str, ...], Breakers] = {}
