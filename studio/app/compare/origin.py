"""Which model wrote a comparison's lanes, and whether it is the one that is open.

Where the comparison came from a file the fingerprint decides: the same token ids, random draws and
settings give the same text only with the same weights.
"""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.compare.run_input import RunInput
from studio.app.model.fingerprint import ModelFingerprint
from studio.app.model.state import ModelState
from studio.model_record import ModelRecord
from studio.translation import mark, tr
from studio.visible_text import visible_name

LOOKING = mark("Checking whether the open model is the one that wrote these lanes …")


class CompareOrigin(QObject):
    """Compares the open model with the one that wrote the lanes.

    Args:
        model: The open model.
        fingerprint: Its fingerprint.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """More may be known of the open model."""

    def __init__(
        self, model: ModelState, fingerprint: ModelFingerprint, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._fingerprint = fingerprint
        self._fingerprint.changed.connect(self.changed)

    def is_open_model(self, source: object) -> bool:
        """Whether a `RunInput.source` stands for the open model."""
        return source is not None and source == self._model.vocabulary

    @property
    def record(self) -> ModelRecord | None:
        """What is kept of the open model."""
        return self._fingerprint.record

    def ask(self) -> None:
        """Have the open model's fingerprint made, for what will be kept."""
        self._fingerprint.ask()

    @property
    def is_known(self) -> bool:
        """Whether `fingerprint` would not have to wait."""
        return self._fingerprint.known is not None

    def is_known_within(self, seconds: float) -> bool:
        """The same after waiting for it, at most so long."""
        return self._fingerprint.wait(seconds) is not None

    def fingerprint(self) -> str:
        """The open model's fingerprint, waited for if need be; "" where its file cannot be read."""
        return self._fingerprint.wait() or ""

    def recognise(self, run_input: RunInput) -> None:
        """Find out whether the open model wrote this, and keep what shows it later."""
        if run_input.is_of_a_file and self._model.is_ready:
            self._fingerprint.ask()
            if self.why_not(run_input) is None:
                run_input.source = self._model.vocabulary
        elif self._fingerprint.known is not None:
            self.name_model(run_input)

    def name_model(self, run_input: RunInput) -> None:
        """Give what the open model wrote its fingerprint, waited for if need be.

        Where its file is gone there is none: a comparison is worth keeping even so.
        """
        if run_input.model and not run_input.model.hash and self.is_open_model(run_input.source):
            run_input.model = msgspec.structs.replace(run_input.model, hash=self.fingerprint())

    def why_not(self, run_input: RunInput) -> str | None:
        """Why lanes cannot go on with the open model, in words; None where they can."""
        if self.is_open_model(run_input.source):
            return None
        wrote = run_input.model
        name = tr("one that is not known") if wrote is None else f"“{visible_name(wrote.name)}”"
        if wrote is not None and wrote.file and wrote.file != wrote.name:
            name += f" ({visible_name(wrote.file)})"
        if not run_input.is_of_a_file:
            return tr(
                "These lanes were written by another model, {name}. Open it to go on.", name=name
            )
        if wrote is None or not wrote.hash:
            return tr(
                "The file names {name} but has no fingerprint of it, so that nobody "
                "knows whether the open model is the same. Run the comparison again.",
                name=name,
            )
        known = self._fingerprint.known
        if known is None:
            return tr(LOOKING)
        if known != wrote.hash:
            return tr(
                "These lanes were written by {name}, and the open model is another one: "
                "its fingerprint differs. Open that model to go on.",
                name=name,
            )
        return None
