"""What the library lists, and which of it is looked at; without its window."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app.presets.library_entries import Entry, Kind, Mark
from studio.app.presets.library_state import PresetLibraryState
from studio.presets import Preset
from studio.sampling import SamplingParams
from tests.helpers.preset_desk import desk_with

SEA = Preset(name="Sea", notes="Of gulls and herring", sampling=SamplingParams(temperature=1.3))
DRY = Preset(name="Dry", sampling=SamplingParams(temperature=0.4))


class Library:
    """A folder with two presets, and the list that somebody looks at."""

    def __init__(self, path: Path) -> None:
        self.desk = desk = desk_with(path, SEA, DRY)
        self.state = PresetLibraryState(
            desk.preset_choice,
            desk.presets,
            desk.favourites,
            desk.defaults,
            desk.opening,
            desk.model,
        )
        self.state.set_shown(True)

    @property
    def titles(self) -> list[str]:
        return [entry.title for entry in self.state.entries]

    def entry(self, title: str) -> Entry:
        return next(entry for entry in self.state.entries if entry.title == title)

    def marks(self, title: str) -> tuple[Mark, ...]:
        return self.entry(title).marks


@pytest.fixture
def library(tmp_path: Path, qapp: object) -> Library:
    return Library(tmp_path / "presets")


def test_all_words_of_a_search_are_looked_for_in_notes_too(library: Library) -> None:
    state = library.state
    assert {"Sea", "Dry", "Code"} <= set(library.titles)
    state.search("herring gulls")
    assert library.titles == ["Sea"]
    state.search("xyzzy")
    assert (library.titles, state.selected) == ([], None)
    state.step(1)
    state.select("Dry")
    assert state.query == "", "what a search hides ends it"
    assert state.selected == library.entry("Dry")
    state.search("sea")
    assert state.selected == library.entry("Sea"), "it is called so"


def test_one_steps_from_entry_to_entry(library: Library) -> None:
    state = library.state
    state.select(state.entries[0].key)
    for place, direction in ((0, -1), (1, 1), (2, 1), (1, -1)):
        state.step(direction)
        assert state.selected == state.entries[place]
    for _ in library.titles:
        state.step(1)
    assert state.selected == state.entries[-1]


def test_what_is_true_of_a_preset_is_marked(library: Library, tmp_path: Path) -> None:
    desk, state = library.desk, library.state
    assert library.marks("Creative writing") == (Mark.IN_USE,)
    desk.sampling.change(temperature=0.123)
    assert library.marks("Creative writing") == (Mark.IN_USE, Mark.TURNED)
    assert state.turned == desk.presets.differences
    state.set_favourite("Dry", True)
    assert library.entry("Dry").is_favourite
    state.set_default("Sea", True)
    assert (state.default, library.marks("Sea")) == ("Sea", (Mark.DEFAULT,))
    state.set_of_model("Dry", True)
    assert state.of_model == "", "no model is open"
    desk.open(str(tmp_path / "sea.gguf"))
    assert "sea" in state.model
    state.set_of_model("Dry", True)
    assert (state.of_model, library.marks("Dry")) == ("Dry", (Mark.OF_MODEL,))
    assert len(state.models_of("Dry")) == 1
    state.set_of_model("Dry", False)
    state.set_default("Sea", False)
    state.set_favourite("Dry", False)
    assert (state.of_model, state.default) == ("", "")
    assert not library.entry("Dry").is_favourite


def test_it_follows_what_is_renamed_deleted_and_brought_back(library: Library) -> None:
    desk, state = library.desk, library.state
    state.select("Sea")
    assert desk.presets.rename("Sea", "Ocean")
    assert state.selected == library.entry("Ocean")
    place = library.titles.index("Ocean")
    deleted = desk.presets.delete("Ocean")
    assert deleted is not None
    assert state.selected is not None
    assert library.titles[place - 1 : place + 1].count(state.selected.title) == 1, "its neighbour"
    assert desk.presets.restore(deleted)
    assert state.selected == library.entry("Ocean")


def test_a_document_has_all_that_is_in_the_file(library: Library) -> None:
    document = library.state.document(library.entry("Sea"))
    assert document is not None
    assert document.preset == SEA
    built_in = library.state.document(library.entry("Code"))
    assert built_in is not None
    assert built_in.preset.name == "Code"
    (library.desk.folder.path / "bad.json").write_text('{"name": "Bad", "sampling": 3}')
    library.desk.presets.read()
    broken = next(entry for entry in library.state.entries if entry.kind is Kind.BROKEN)
    assert library.state.document(broken) is None


def test_where_nobody_looks_nothing_is_listed_anew(library: Library, qtbot: QtBot) -> None:
    state = library.state
    state.set_shown(False)
    with qtbot.assertNotEmitted(state.changed):
        library.desk.sampling.change(temperature=0.123)
        library.desk.presets.duplicate("Sea")
    assert "Sea copy" not in library.titles
    state.set_shown(True)
    assert "Sea copy" in library.titles
