"""The fit of a text's temperature, a few milliseconds of work at a time.

Between two pieces of it the window has its turn. At rest nothing runs.
"""

from __future__ import annotations

import time
from collections.abc import Generator

from PySide6.QtCore import QObject, Signal

from studio.app.timers import single_shot
from studio.experiments.sentence_places import sentence_places
from studio.experiments.text_fit import TextFit
from studio.interchange.blocks import guessed_lines
from studio.translation import tr

MOST_TOKENS = 50_000
"""Those of a text that are counted: what they take is 40 MiB, and more say little more of it."""
_PIECE_SECONDS = 0.006
_BETWEEN_MS = 2
_CHARACTERS = 8_192
"""Of a text whose sentences are looked at in one go, to a line's end: about a millisecond."""

Steps = Generator[bool, None, None]
"""Work in steps, each far shorter than a frame; it yields whether it has to wait."""


class FittedText(QObject):
    """What temperature a text reads like, as far as that is known.

    Attributes:
        fit: The last one that was made; None where there is none.
        message: Why there is no fit, or what it leaves out, for the writer; empty for neither.

    Args:
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """The fit, the message or the progress is another."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.fit: TextFit | None = None
        self.message = ""
        self._steps: Steps | None = None
        self._turn = single_shot(self, self._go_on, _BETWEEN_MS)

    @property
    def is_busy(self) -> bool:
        """Whether the text is being read or fitted."""
        return self._steps is not None

    @property
    def subject(self) -> str:
        """What it is called in a sentence, with a capital."""
        raise NotImplementedError

    @property
    def progress(self) -> str:
        """How far it is, for the writer, while it is busy."""
        raise NotImplementedError

    def stop(self) -> None:
        """End what is under way; the fit before it stays."""
        if self._steps is not None:
            self.message = tr("It was stopped.")
        self._steps = None
        self._turn.stop()
        self.changed.emit()

    def clear(self) -> None:
        """Forget the text, and all that was made of it."""
        self.stop()
        self.fit, self.message = None, ""
        self.changed.emit()

    def _start(self, steps: Steps) -> None:
        self._steps = steps
        self.message = ""
        self._turn.start()
        self.changed.emit()

    def _resume(self) -> None:
        """Go on: what was waited for has come."""
        if self._steps is not None:
            self._turn.start()

    def _end(self, fit: TextFit | None, message: str = "") -> None:
        self._steps = None
        self.fit, self.message = fit, message
        self.changed.emit()

    def _go_on(self) -> None:
        steps, end = self._steps, time.perf_counter() + _PIECE_SECONDS
        while steps is not None and steps is self._steps:
            if next(steps, True):
                return  # it waits, or has ended
            if time.perf_counter() >= end:
                self._turn.start()
                return


def places_in_pieces(text: str) -> Generator[bool, None, bytearray]:
    """The `SentencePlace` of each character of a text, a step for some lines.

    Args:
        text: The text.
    """
    is_wrapped = guessed_lines(text) == "joined"
    places, start = bytearray(), 0
    while start < len(text):
        yield False
        end = text.find("\n", start + _CHARACTERS) + 1 or len(text)
        places += sentence_places(text[start:end], is_wrapped=is_wrapped)
        start = end
    return places
