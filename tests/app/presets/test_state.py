"""The user's presets behind the window: saved, turned, edited outside, deleted and back."""

import gc
import weakref
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app.presets.preset_import import PresetImport, import_presets
from studio.app.presets.state import PresetState
from studio.presets import Preset, PresetDocument, PresetFolder
from studio.presets.foreign import Imported
from studio.sampling import SamplingParams
from tests.helpers.preset_desk import Desk


@pytest.fixture
def desk(tmp_path: Path, qapp: object) -> Desk:
    return Desk(tmp_path / "presets")


def test_one_that_nobody_holds_is_freed(desk: Desk) -> None:
    states = [PresetState(desk.folder, desk.preset_choice, desk.sampling)]
    state = weakref.ref(states[0])
    states.clear()
    gc.collect()
    assert state() is None
    assert desk.presets.save_as("Mine"), "and what it followed goes on"


def test_what_was_turned_is_said_and_saved(desk: Desk) -> None:
    assert desk.presets.differences == []
    desk.sampling.change(temperature=0.5)
    desk.sampling.set_max_tokens(9)
    assert desk.presets.differences == [("temperature", 1.1, 0.5), ("max_tokens", 256, 9)]
    assert not desk.presets.can_save
    assert desk.presets.save_as("Cool")
    assert (desk.names, desk.preset_choice.current.name) == (["Cool"], "Cool")
    assert desk.presets.differences == []
    desk.sampling.change(top_k=3)
    assert desk.presets.save()
    assert desk.folder.find("Cool").sampling.top_k == 3
    desk.sampling.change(top_k=4)
    desk.presets.revert()
    assert desk.sampling.params.top_k == 3


def test_renamed_duplicated_deleted_and_back(desk: Desk) -> None:
    desk.presets.save_as("Mine")
    desk.sampling.change(temperature=0.2)
    assert desk.presets.rename("Mine", "Own")
    assert (desk.names, desk.sampling.params.temperature) == (["Own"], 0.2)
    assert desk.presets.duplicate("Own")
    assert desk.names == ["Own", "Own copy"]
    deleted = desk.presets.delete("Own copy")
    assert deleted
    assert desk.folder.listing().presets[0].preset.name == "Own"
    assert desk.preset_choice.current.name == "Own copy"  # its values stay in force
    assert desk.presets.restore(deleted)
    assert desk.names == ["Own", "Own copy"]
    assert desk.failures == []


def take(desk: Desk, *files: Path) -> list[Imported]:
    """Take files in as the window does, without its other thread."""
    progress = import_presets(files, desk.folder, PresetImport(), lambda _share: None)
    desk.presets.on_imported(progress.taken, choose=True)
    desk.failures += [refused.why for refused in progress.refused]
    return progress.taken


def test_what_was_turned_outlives_a_walk_through_the_list(desk: Desk) -> None:
    desk.sampling.change(temperature=0.77)
    for name in ("Customer support", "Data augmentation", "Neutral"):
        preset = desk.preset_choice.named(name)
        assert preset
        desk.presets.use(preset)
    desk.presets.put_back()
    assert desk.current == "Data augmentation"
    desk.presets.put_back()
    assert (desk.current, desk.sampling.params.temperature) == ("Creative writing", 0.77)
    assert desk.presets.before is None
    desk.presets.put_back()
    assert desk.sampling.params.temperature == 0.77


def test_what_was_turned_outlives_what_comes_in_and_a_copy(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "Warm.json"
    file.write_text('{"temp": 1.5, "rep_pen": 1.1}')
    desk.sampling.change(temperature=0.77)
    assert take(desk, file)
    desk.presets.put_back()
    assert (desk.current, desk.sampling.params.temperature) == ("Creative writing", 0.77)
    assert desk.presets.duplicate("Creative writing")
    desk.presets.put_back()
    assert (desk.current, desk.sampling.params.temperature) == ("Creative writing", 0.77)
    # What is saved as it is, or called otherwise, leaves nothing to put back.
    assert desk.presets.save_as("Mine")
    desk.sampling.change(temperature=0.5)
    assert desk.presets.rename("Mine", "Own")
    assert desk.presets.before is None


def test_what_cannot_be_is_reported(desk: Desk) -> None:
    assert not desk.presets.save()
    assert not desk.presets.save_as("../x")
    assert not desk.presets.save_as("Code")
    assert desk.presets.delete("Creative writing") is None
    assert len(desk.failures) == 4
    assert "built in" in desk.failures[0]
    assert "name: found '../x'" in desk.failures[1]


def test_an_edit_outside_appears(desk: Desk, qtbot: QtBot) -> None:
    desk.presets.save_as("Mine")
    path = desk.folder.path / "Mine.json"
    changed = Preset(name="Mine", sampling=SamplingParams(temperature=0.123))
    path.write_bytes(PresetDocument(changed).to_bytes())
    qtbot.waitUntil(lambda: desk.sampling.params.temperature == 0.123)
    PresetFolder(desk.folder.path).add(Preset(name="Another"))
    qtbot.waitUntil(lambda: desk.names == ["Another", "Mine"])
    path.write_text("{")
    qtbot.waitUntil(lambda: len(desk.presets.problems) == 1)
    assert desk.sampling.params.temperature == 0.123


def test_values_that_were_turned_outlive_an_edit_outside(desk: Desk, qtbot: QtBot) -> None:
    desk.presets.save_as("Mine")
    desk.sampling.change(temperature=2.0)
    changed = Preset(name="Mine", sampling=SamplingParams(temperature=0.5))
    (desk.folder.path / "Mine.json").write_bytes(PresetDocument(changed).to_bytes())
    qtbot.waitUntil(lambda: desk.preset_choice.current.sampling.temperature == 0.5)
    assert desk.sampling.params.temperature == 2.0


def test_another_programs_file_is_taken_in(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "Warm.json"
    file.write_text('{"temp": 1.5, "rep_pen": 1.1, "tfs": 0.5}')
    (imported,) = take(desk, file)
    assert imported
    assert [entry.key for entry in imported.not_carried] == ["tfs"]
    assert desk.sampling.params.temperature == 1.5
    file.write_text('{"temp": "hot", "rep_pen": 1.1}')
    assert take(desk, file) == []
    assert "“Warm.json”: temp: found 'hot'" in desk.failures[0]
    sections = tmp_path / "models.ini"
    sections.write_text("[Small]\ntemp = 0.3\n[Large]\ntemp = 0.6\n")
    assert [it.preset.name for it in take(desk, sections)] == ["Small", "Large"]
    assert desk.sampling.params.temperature == 0.6
    assert desk.names == ["Large", "Small", "Warm"]
