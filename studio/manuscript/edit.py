"""An edit that somebody asks for, with what is known of the text that comes in.

What it becomes in the manuscript is a `Change`. This module knows neither text nor undo.
"""

from __future__ import annotations

from typing import NamedTuple

from studio.manuscript.passage import Marks, Origin, Passage


class Edit(NamedTuple):
    """Text to replace: `removed_length` code points at `position` give way to `inserted`."""

    position: int
    removed_length: int
    inserted: str
    origins: bytes | None = None
    """Who wrote each inserted code point, as an `Origin`; None where one wrote all."""
    marks: Marks | None = None
    """The mark of each inserted code point; None where there is none at all."""

    def passage(self, origin: Origin) -> Passage:
        """What comes in; written by `origin` where nothing else is said.

        Raises:
            ValueError: The text holds a lone surrogate, or has other origins or marks than
                characters.
        """
        passage = Passage.of(self.inserted, origin)
        origins = passage.origins if self.origins is None else self.origins
        if len(origins) != len(passage) or not set(origins) <= set(Origin):
            raise ValueError(
                f"origins: {len(origins)} for {len(passage)} characters; "
                "one known origin for each is allowed"
            )
        if self.marks is not None and len(self.marks) != len(passage):
            raise ValueError(
                f"marks: {len(self.marks)} for {len(passage)} characters; one for each is allowed"
            )
        return Passage(self.inserted, origins, self.marks)
