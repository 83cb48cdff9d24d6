"""One change of a text, and its inverse."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from studio.manuscript.passage import Passage


class Change(msgspec.Struct, frozen=True):
    """`removed` at `position` gave way to `inserted`. Positions are in code points.

    Attributes:
        position: Where, in the text before the change.
        removed: What stood there.
        inserted: What stands there now.
        awaits_take: The position leaves out the text of the take that still grows before it;
            `settled` adds it when its length is known.
    """

    position: int
    removed: Passage
    inserted: Passage
    awaits_take: bool = False

    @property
    def inverse(self) -> Change:
        """The change that takes this one back."""
        return replace(self, removed=self.inserted, inserted=self.removed)

    @property
    def end(self) -> int:
        """Where the inserted text ends, in the text after the change."""
        return self.position + len(self.inserted)

    @property
    def is_keystroke(self) -> bool:
        """Whether one key may have done it: it inserts or deletes, and but a character or so."""
        if self.removed and self.inserted:
            return False
        text = self.removed.text or self.inserted.text
        return len(text) == 1 or (
            len(text) <= _LONGEST_KEYSTROKE and not any(character.isspace() for character in text)
        )

    def settled(self, take_length: int) -> Change:
        """This change with its final position, now that the take before it has its length."""
        if not self.awaits_take:
            return self
        return replace(self, position=self.position + take_length, awaits_take=False)

    def joined(self, later: Change) -> Change | None:
        """This change and the next as one, if both belong to one stroke of typing or deleting.

        A stroke is a run of single characters typed one after another, or deleted one after another
        in one direction. It ends after a word and the white space behind it.
        """
        if self.awaits_take != later.awaits_take or not later.is_keystroke:
            return None
        if not self.removed and not later.removed:
            if later.position == self.end and not _begins_word(
                self.inserted.text[-1:], later.inserted.text[:1]
            ):
                return replace(self, inserted=self.inserted + later.inserted)
        elif not self.inserted and not later.inserted:
            if later.position + len(later.removed) == self.position:
                if not _begins_word(self.removed.text[:1], later.removed.text[-1:]):
                    return replace(later, removed=later.removed + self.removed)
            elif later.position == self.position and not _begins_word(
                self.removed.text[-1:], later.removed.text[:1]
            ):
                return replace(self, removed=self.removed + later.removed)
        return None


_LONGEST_KEYSTROKE = 8
"""Code points. One key can give several: an emoji of a family, a syllable of an input method."""


def _begins_word(before: str, after: str) -> bool:
    return before.isspace() and not after.isspace()
