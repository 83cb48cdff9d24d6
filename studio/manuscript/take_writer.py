"""Tokens become a take: whole characters, joined to what follows in the text."""

from __future__ import annotations

from studio.manuscript.joint import joined
from studio.manuscript.manuscript import Manuscript
from studio.manuscript.takes import Take
from studio.token_record import TokenRecord
from studio.utf8 import CharacterDecoder


class TakeWriter:
    """Writes one take from its first token to its last.

    A token comes into the text when its last character is whole; where text follows the take, white
    space at its end waits for what comes behind it. A token of which only a part comes into the
    text leaves no record.

    Args:
        manuscript: What the take grows in.
        take: The take, which grows.
    """

    def __init__(self, manuscript: Manuscript, take: Take) -> None:
        self._manuscript = manuscript
        self._take = take
        self._decoder = CharacterDecoder()
        self._waiting: list[tuple[str, TokenRecord | None, bool]] = []
        """Text, record, and whether no character is unfinished behind it."""

    def add(self, text: bytes, record: TokenRecord | None) -> None:
        """Take the next token.

        Args:
            text: What it spells.
            record: What is to be kept of it; None for nothing.
        """
        characters = self._decoder.decode(text)
        self._waiting.append((characters, record, not self._decoder.unfinished))

    def flush(self) -> None:
        """Put what has come into the text, but for what has to wait."""
        follows = bool(self._after())
        length = 0
        text = ""
        for index, (characters, _, is_whole) in enumerate(self._waiting, 1):
            text += characters
            if is_whole and not (follows and text[-1:].isspace()):
                length = index
        self._put("".join(characters for characters, _, _ in self._waiting[:length]), length)

    def end(self) -> None:
        """No more tokens: put the rest into the text, joined to what follows."""
        before = self._take.text
        rest = "".join(characters for characters, _, _ in self._waiting)
        text = joined(before + rest, self._after())[len(before) :]
        length = reached = 0
        for index, (characters, _, is_whole) in enumerate(self._waiting, 1):
            reached += len(characters)
            if is_whole and reached <= len(text):
                length = index
        self._put(text, length)

    def _put(self, text: str, length: int) -> None:
        """Put a text into the take, with the records of the first tokens that wait."""
        records = [record for _, record, _ in self._waiting[:length] if record is not None]
        del self._waiting[:length]
        self._take.records.extend(records)
        if text:
            self._take.append(text)

    def _after(self) -> str:
        """The first characters of what follows the take."""
        growing = self._manuscript.growing_take_set
        assert growing is not None, "the take grows"
        return self._manuscript.part(growing.place.end, growing.place.end + 2)
