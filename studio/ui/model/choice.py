"""Which model is opened, and with which options: asked for in dialogs, remembered for next time."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studio.app import settings as remembered
from studio.app.model.remembered_options import remember_options
from studio.app.model.servers import Servers
from studio.app.model.state import ModelState
from studio.app.settings import Settings
from studio.engine.messages import is_server
from studio.translation import tr
from studio.ui.theme.theme import Theme
from studio.ui.widgets import file_dialog


class ModelChoice(QObject):
    """Asks for a model or for options, and remembers what was opened.

    Attributes:
        servers: Opens models at servers.

    Args:
        window: Whose dialogs they are.
        model: What is opened.
        theme: Where the colours come from.
        settings: Where it is remembered.
    """

    def __init__(
        self, window: QWidget, model: ModelState, theme: Theme, settings: Settings
    ) -> None:
        super().__init__(window)
        self._window = window
        self._model = model
        self._theme = theme
        self._settings = settings
        self.servers = Servers(model, settings, self)
        model.changed.connect(self._remember)

    def ask_open(self) -> None:
        """Open the model that the writer chooses, if any."""
        path = self._model.path
        chosen = file_dialog.ask_open(
            self._window,
            tr("Open model"),
            str(Path(path).parent) if path and not is_server(path) else "",
            tr("GGUF models (*.gguf);;All files (*)"),
        )
        if chosen:
            self._model.open(chosen)

    def ask_server(self) -> None:
        """Open the model at the server that the writer names, if any."""
        from studio.ui.model.server_dialog import ServerDialog  # few need it

        dialog = ServerDialog(self.servers, self._theme, self._window)
        try:
            dialog.exec()
        finally:
            dialog.deleteLater()

    def ask_options(self) -> None:
        """Open the model again with the options that the writer chooses; or the next one.

        Of a model at a server they are shown.
        """
        # Few need them.
        from studio.ui.model.options_dialog import ModelOptionsDialog
        from studio.ui.model.server_facts import ServerFactsDialog

        model = self._model
        if model.report is not None and is_server(model.report.path):
            facts = ServerFactsDialog(model.report, self._window)
            facts.exec()
            facts.deleteLater()
            return
        dialog = ModelOptionsDialog(
            model.options, model.report, self._theme, self._window, model.path
        )
        if dialog.exec() == ModelOptionsDialog.DialogCode.Accepted:
            if model.path:
                # With other options it may well load: fewer GPU layers, a smaller context.
                model.open(model.path, dialog.options, anyway=True)
            else:
                model.options = dialog.options
        dialog.deleteLater()

    def _remember(self) -> None:
        model, settings = self._model, self._settings
        if not model.is_ready:
            return
        settings.set(remembered.MODEL, model.path)
        if is_server(model.path):
            return  # among the servers, and its options are its own
        settings.remember(remembered.RECENT_MODELS, model.path)
        remember_options(settings, model.options)
