"""What the library's window shows: the rows for a query, and which entry is selected."""

from PySide6.QtCore import QObject, Signal

from studio.app.model.names import model_title
from studio.app.model.state import ModelState
from studio.app.presets.defaults import PresetDefaults
from studio.app.presets.favourites import PresetFavourites
from studio.app.presets.library_entries import Entry, ListContext, Row, best_match, library_rows
from studio.app.presets.preset_choice import PresetChoice
from studio.app.presets.preset_opening import PresetOpening
from studio.app.presets.state import PresetState
from studio.presets import PresetDocument


class PresetLibraryState(QObject):
    """The list and its selection.

    Attributes:
        rows: Headings and entries in the order of the list.
        query: What is searched for.

    Args:
        preset_choice: The presets there are.
        presets: The folder, and which values were changed.
        favourites: Which presets have a star.
        defaults: Which preset a model opens with.
        opening: Knows the open model's key.
        model: The open model.
        parent: The Qt parent, if any.
    """

    changed = Signal()
    """The rows, or the marks on them, have changed."""
    selection_changed = Signal()
    """Another entry is selected, or the selected one has changed."""

    def __init__(
        self,
        preset_choice: PresetChoice,
        presets: PresetState,
        favourites: PresetFavourites,
        defaults: PresetDefaults,
        opening: PresetOpening,
        model: ModelState,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._preset_choice, self._presets = preset_choice, presets
        self._favourites, self._defaults = favourites, defaults
        self._opening, self._model = opening, model
        self.rows: list[Row] = []
        self.query = ""
        self._key = ""
        self._is_shown = False
        for signal in (presets.changed, favourites.changed, defaults.changed):
            signal.connect(self._follow)
        model.changed.connect(self._on_model_changed)
        presets.renamed.connect(self._on_renamed)
        for signal in (presets.added, presets.restored):
            signal.connect(self.select)

    def set_shown(self, is_shown: bool) -> None:
        """Set whether the library is shown. Only then it follows T, which may change often."""
        self._is_shown = is_shown
        self._follow()

    def search(self, query: str) -> None:
        """List the entries that have all words of `query`, and select one of that name."""
        if query != self.query:
            self.query = query
            self._follow()
            called_so = best_match(self.entries, query)
            if called_so:
                self.select(called_so.key)

    @property
    def entries(self) -> list[Entry]:
        """The rows that can be selected."""
        return [row for row in self.rows if isinstance(row, Entry)]

    @property
    def selected(self) -> Entry | None:
        """The selected entry; None where nothing is found."""
        return next((entry for entry in self.entries if entry.key == self._key), None)

    def select(self, key: str) -> None:
        """Select an entry; if the search hides it, the search is cleared."""
        if key != self._key:
            self._key = key
            if self.query and self.selected is None:
                self.query = ""
            self._follow(always=True)

    def step(self, direction: int) -> None:
        """Select the next entry, or the one before."""
        keys = [entry.key for entry in self.entries]
        if keys:
            place = keys.index(self._key) + direction if self._key in keys else 0
            self.select(keys[min(max(place, 0), len(keys) - 1)])

    def document(self, entry: Entry) -> PresetDocument | None:
        """The preset of an entry with all that is in its file; None for a broken file."""
        stored = self._presets.stored(entry.key)
        if stored:
            return stored.document
        return PresetDocument(entry.preset) if entry.preset else None

    @property
    def turned(self) -> list[tuple[str, object, object]]:
        """The fields changed since: each with its saved value and the value in force."""
        return self._presets.differences

    @property
    def model(self) -> str:
        """The open model's name; empty where none is open."""
        report = self._model.report
        return model_title(report) if report else ""

    @property
    def default(self) -> str:
        """The name of the preset that models open with."""
        return self._defaults.default

    @property
    def of_model(self) -> str:
        """The name of the open model's own preset."""
        return self._defaults.of_model(self._opening.key)

    def models_of(self, name: str) -> list[str]:
        """The keys of all models whose own preset this is."""
        return self._defaults.models_of(name)

    def set_favourite(self, name: str, is_favourite: bool) -> None:
        """Give a preset a star, or remove it.

        Args:
            name: The preset's name.
            is_favourite: Whether it is to have a star.
        """
        self._favourites.set(name, is_favourite)

    def set_default(self, name: str, is_default: bool) -> None:
        """Make a preset the one that models open with, or no longer.

        Args:
            name: The preset's name.
            is_default: Whether models are to open with it.
        """
        self._defaults.set_default(name if is_default else "")

    def set_of_model(self, name: str, is_its_own: bool) -> None:
        """Make a preset the open model's own, or no longer.

        Args:
            name: The preset's name.
            is_its_own: Whether the open model is to open with it.
        """
        if self._opening.key:
            self._defaults.set_of_model(self._opening.key, name if is_its_own else "")

    def _on_model_changed(self) -> None:
        if self._is_shown and self._model.phase.value != "loading":
            self._follow(always=True)

    def _on_renamed(self, name: str, new_name: str) -> None:
        if name == self._key:
            self._key = new_name  # the list with it follows

    def _follow(self, *, always: bool = False) -> None:
        if not self._is_shown:
            return
        keys = [entry.key for entry in self.entries]
        before = self.selected
        rows = library_rows(
            self._preset_choice.presets, self._presets.listing, self._list_context(), self.query
        )
        if rows != self.rows or always:
            self.rows = rows
            self._stay_near(keys)
            self.changed.emit()
        turned = before is not None and before.key == self._preset_choice.current.name
        if always or turned or self.selected != before:
            self.selection_changed.emit()

    def _stay_near(self, keys: list[str]) -> None:
        """If the selected entry is gone, select the one in its place."""
        if self.selected or not self.entries:
            return
        place = keys.index(self._key) if self._key in keys else 0
        self._key = self.entries[min(place, len(self.entries) - 1)].key

    def _list_context(self) -> ListContext:
        return ListContext(
            in_use=self._preset_choice.current.name,
            is_turned=bool(self._presets.differences),
            default=self.default,
            of_model=self.of_model,
            favourites=self._favourites.names,
        )
