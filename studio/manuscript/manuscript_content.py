"""All that a manuscript holds, while another text stands in its place.

A window has one `Manuscript`, which all that it shows follows, and may have several documents open:
what a manuscript holds is put aside as one value, and taken up again.
"""

from __future__ import annotations

import msgspec

from studio.manuscript.buffer import BufferContent
from studio.manuscript.history import History
from studio.manuscript.register import TakeRegister


class ManuscriptContent(msgspec.Struct, eq=False):
    """A text with provenance and marks, its undo history and its takes. Made new: an empty one.

    What else a manuscript comes to hold belongs here too: nothing of one text may stay behind when
    another is taken up.

    Attributes:
        buffer: The characters, who wrote each, and their marks.
        history: The steps done and undone, and the save point.
        register: The takes.
        take_changes: As `Manuscript.take_changes`.
        known: What followers of the manuscript know of the text and would be long to find out
            again, each under its own key.
    """

    buffer: BufferContent = msgspec.field(default_factory=BufferContent)
    history: History = msgspec.field(default_factory=History)
    register: TakeRegister = msgspec.field(default_factory=TakeRegister)
    take_changes: int = 0
    known: dict[object, object] = msgspec.field(default_factory=dict)

    def __len__(self) -> int:
        return self.buffer.length

    @property
    def text(self) -> str:
        """All characters, put together anew each time."""
        return "".join([chunk.text for chunk in self.buffer.chunks])

    @property
    def is_clean(self) -> bool:
        """Whether the text is as it was when last marked clean, loaded or made."""
        return self.history.is_clean

    @property
    def revision(self) -> int:
        """The number of the text: see `Manuscript.revision`."""
        return self.history.revision

    def mark_clean(self, revision: int) -> None:
        """Makes a text the saved one.

        Args:
            revision: Its number.
        """
        self.history.mark_clean(revision)

    @property
    def is_blank(self) -> bool:
        """Whether there is no character."""
        return not self.buffer.length
