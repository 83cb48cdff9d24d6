"""The preset in force as a document keeps it, and how it is in force again when that is opened."""

from PySide6.QtCore import QObject, Signal

from studio.app.presets.state import PresetState
from studio.presets import PresetDocument, PresetError
from studio.translation import tr
from studio.visible_text import visible_name


class DocumentPreset(QObject):
    """What documents keep of the settings.

    Args:
        presets: What puts one in force, and back.
        parent: The Qt parent, if any.
    """

    reported = Signal(str)
    """Others are in force because a document was opened; one sentence for the writer."""
    failed = Signal(str)
    """Those of a document cannot be read; what was in force still is."""

    def __init__(self, presets: PresetState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._presets = presets

    def to_bytes(self) -> bytes:
        """The preset chosen with the values in force, as the file of a preset has it."""
        return PresetDocument(self._presets.active).to_bytes()

    def put_in_force(self, data: bytes) -> None:
        """Have in force what was when the document was saved; `PresetState.put_back` undoes it.

        Args:
            data: What `to_bytes` gave then; empty where the document keeps none.
        """
        if not data:
            return
        try:
            values = PresetDocument.read(data).preset
        except PresetError as error:
            self.failed.emit(
                tr("The document's settings cannot be used: {why} Yours stay.", why=error)
            )
            return
        if self._presets.use_values(values):
            self.reported.emit(
                tr(
                    "The settings are those that the document was saved with: “{preset}”.",
                    preset=visible_name(values.name),
                )
            )
