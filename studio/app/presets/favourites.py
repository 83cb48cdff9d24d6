"""Which presets have a star."""

from PySide6.QtCore import QObject, Signal

from studio.app.presets.state import PresetState
from studio.app.settings import FAVOURITES, Settings


class PresetFavourites(QObject):
    """The favourites by name; they follow renaming, deletion and restoration.

    A preset whose file disappears and comes back (an editor that saves by replacing, a folder that
    is synchronised) keeps its star: only deletion by the writer removes it.

    Args:
        settings: Where they are remembered.
        presets: Whose presets they are.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """A preset was given a star, or lost it."""

    def __init__(
        self, settings: Settings, presets: PresetState, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._names = list(dict.fromkeys(settings.get(FAVOURITES)))
        self._deleted: set[str] = set()
        presets.renamed.connect(self._rename)
        presets.deleted.connect(self._forget)
        presets.restored.connect(self._restore)

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, in the order in which they got their stars."""
        return tuple(self._names)

    def has(self, name: str) -> bool:
        """Whether the preset of this name has a star."""
        return name in self._names

    def set(self, name: str, is_favourite: bool) -> None:
        """Give a preset a star, or remove it.

        Args:
            name: The preset's name.
            is_favourite: Whether it is to have a star.
        """
        if is_favourite != self.has(name):
            others = [other for other in self._names if other != name]
            self._keep([*others, name] if is_favourite else others)

    def _rename(self, name: str, new_name: str) -> None:
        if self.has(name):
            self._keep([new_name if other == name else other for other in self._names])

    def _forget(self, name: str) -> None:
        if self.has(name):
            self._deleted.add(name)
            self.set(name, False)

    def _restore(self, name: str) -> None:
        if name in self._deleted:
            self._deleted.remove(name)
            self.set(name, True)

    def _keep(self, names: list[str]) -> None:
        self._names = names
        self._settings.set(FAVOURITES, names)
        self.changed.emit()
