"""The folder of the user's presets, on a real disk."""

import json
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.presets import (
    Preset,
    PresetDocument,
    PresetError,
    PresetFolder,
    ReadOnlyPresetError,
    TakenNameError,
    UnknownPresetError,
    built_in_presets,
    preset_folder,
)
from studio.sampling import SamplingParams
from tests.presets.strategies import presets

MINE = Preset(name="Mine", description="A test's.", sampling=SamplingParams(temperature=0.4))


@pytest.fixture
def folder(tmp_path: Path) -> PresetFolder:
    return PresetFolder(tmp_path / "presets")


def names(folder: PresetFolder) -> list[str]:
    return [stored.preset.name for stored in folder.listing().presets]


def put(folder: PresetFolder, file: str, text: str) -> Path:
    folder.path.mkdir(exist_ok=True)
    path = folder.path / file
    path.write_text(text)
    return path


def test_none_yet_is_an_empty_listing(folder: PresetFolder) -> None:
    assert folder.listing().presets == ()
    assert folder.all_presets() == built_in_presets()
    assert not folder.path.exists()


def test_saved_listed_saved_again(folder: PresetFolder) -> None:
    assert folder.add(MINE).path.name == "Mine.json"
    assert folder.stored("mine").preset == MINE
    other = msgspec.structs.replace(MINE, max_tokens=9)
    folder.save(other)
    assert folder.find("MINE") == other
    assert names(folder) == ["Mine"]


@pytest.mark.parametrize("name", ["Mine", "mINE", "Code", "code", "greedy"])
def test_a_name_that_is_taken_is_refused(folder: PresetFolder, name: str) -> None:
    folder.add(MINE)
    with pytest.raises(TakenNameError):
        folder.add(msgspec.structs.replace(MINE, name=name))
    assert names(folder) == ["Mine"]


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "CON", "a\0b", "x" * 100 + "y", "a/b"])
def test_a_name_that_leads_out_touches_nothing(folder: PresetFolder, name: str) -> None:
    before = sorted(folder.path.parent.rglob("*"))
    folder_preset = Preset(name=name)
    with pytest.raises(PresetError, match="name: found"):
        folder.add(folder_preset)
    folder.add(MINE)
    with pytest.raises(PresetError, match="name: found"):
        folder.rename("Mine", name)
    with pytest.raises(PresetError, match="name: found"):
        folder.duplicate("Code", name)
    after = set(folder.path.parent.rglob("*"))
    assert after - set(before) == {folder.path, folder.path / "Mine.json"}


def test_the_built_in_ones_never_change(folder: PresetFolder) -> None:
    for change in (folder.delete, lambda name: folder.rename(name, "New"), folder.stored):
        with pytest.raises(ReadOnlyPresetError, match="built in"):
            change("Code")
    with pytest.raises(ReadOnlyPresetError):
        folder.save(built_in_presets()[0])
    copy = folder.duplicate("Code").preset
    assert copy.name == "Code copy"
    assert copy.sampling == built_in_presets()[0].sampling
    assert folder.duplicate("code").preset.name == "Code copy 2"


def test_rename_keeps_unknown_keys_and_moves_the_file(folder: PresetFolder) -> None:
    put(folder, "Old.json", '{"name": "Old", "colour": "red"}')
    assert folder.rename("Old", "New").path.name == "New.json"
    assert names(folder) == ["New"]
    assert json.loads((folder.path / "New.json").read_text())["colour"] == "red"
    assert folder.rename("New", "NEW").path.name == "NEW.json"
    assert [path.name for path in folder.path.iterdir()] == ["NEW.json"]
    folder.add(MINE)
    with pytest.raises(TakenNameError):
        folder.rename("new", "mine")
    with pytest.raises(UnknownPresetError):
        folder.rename("nobody", "x")


def test_a_file_that_is_called_otherwise_keeps_its_name(folder: PresetFolder) -> None:
    path = put(folder, "from-a-friend.json", '{"name": "Old"}')
    assert folder.rename("Old", "New").path == path
    assert folder.save(Preset(name="New", max_tokens=3)).path == path


def test_deleted_and_brought_back_to_the_byte(folder: PresetFolder) -> None:
    text = '{"name":"Old","x":1}'
    path = put(folder, "old.json", text)
    deleted = folder.delete("Old")
    assert names(folder) == []
    folder.restore(deleted)
    assert path.read_text() == text
    deleted = folder.delete("Old")
    folder.add(Preset(name="OLD"))
    with pytest.raises(TakenNameError):
        folder.restore(deleted)


def test_broken_files_hide_nothing_and_are_told_of(folder: PresetFolder, tmp_path: Path) -> None:
    folder.add(MINE)
    outside = tmp_path / "outside.json"
    outside.write_bytes(PresetDocument(Preset(name="Outside")).to_bytes())
    (folder.path / "link.json").symlink_to(outside)
    (folder.path / "inside.json").symlink_to(folder.path / "Mine.json")
    (folder.path / "folder.json").mkdir()
    os.mkfifo(folder.path / "pipe.json")
    put(folder, "cut.json", '{"name": "Cut", "samp')
    put(folder, "hot.json", '{"name": "Hot", "sampling": {"temperature": -1}}')
    put(folder, "code.json", '{"name": "CODE"}')
    put(folder, "name.json", '{"name": "../x"}')
    put(folder, "notes.txt", "not one")
    put(folder, ".hidden.json", "not one")
    listing = folder.listing()
    assert names(folder) == ["Mine"]
    told = {problem.path.name: problem.message for problem in listing.problems}
    assert told.keys() == {
        "link.json", "inside.json", "folder.json", "pipe.json", "cut.json", "hot.json", "code.json",
        "name.json",
    }  # fmt: skip
    assert "leads out of the folder" in told["link.json"]
    assert "sampling.temperature: found -1" in told["hot.json"]
    assert all(message.startswith(f"“{name}”: ") for name, message in told.items())


def test_no_broken_file_is_written_over(folder: PresetFolder) -> None:
    broken = put(folder, "Mine.json", "somebody's work")
    assert folder.add(MINE).path.name == "Mine 2.json"
    assert broken.read_text() == "somebody's work"


def test_a_link_out_of_the_folder_is_not_written_through(
    folder: PresetFolder, tmp_path: Path
) -> None:
    stored = folder.add(MINE)
    outside = tmp_path / "outside.json"
    stored.path.rename(outside)
    stored.path.symlink_to(outside)
    before = outside.read_bytes()
    with pytest.raises(PresetError):
        folder.save(msgspec.structs.replace(MINE, max_tokens=1))
    assert folder.add(MINE).path.name == "Mine 2.json"
    assert outside.read_bytes() == before


def test_names_that_differ_by_case_are_one_and_the_first_counts(folder: PresetFolder) -> None:
    put(folder, "a.json", '{"name": "Été", "max_tokens": 1}')
    put(folder, "b.json", '{"name": "ÉTÉ", "max_tokens": 2}')
    put(folder, "c.json", '{"name": "E\u0301te\u0301", "max_tokens": 3}')
    listing = folder.listing()
    assert [stored.preset.max_tokens for stored in listing.presets] == [1]
    assert [problem.path.name for problem in listing.problems] == ["b.json", "c.json"]
    assert all("is also in “a.json”" in problem.message for problem in listing.problems)
    with pytest.raises(TakenNameError):
        folder.add(Preset(name="été"))


BROKEN = {
    "nan.json": '{"name": "N", "sampling": {"temperature": NaN}}',
    "deep.json": '{"name": "D", "stop": ' + "[" * 100_000,
    "digits.json": '{"name": "I", "max_tokens": ' + "9" * 5000 + "}",
    "list.json": "[]",
    "binary.json": "\x00\x01",
    "newer.json": '{"name": "W", "format_version": 9, "task": "opera"}',
    "unended.json": '{"name": "' + '\\"' * 300_000,
}


def test_one_broken_file_never_hides_the_others(folder: PresetFolder) -> None:
    folder.add(MINE)
    for name, text in BROKEN.items():
        put(folder, name, text)
    with (folder.path / "gigabyte.json").open("wb") as file:
        file.truncate(2**30)
    before = {path.name: path.stat().st_mtime_ns for path in folder.path.iterdir()}
    listing = folder.listing()
    assert names(folder) == ["Mine"]
    assert {it.path.name for it in listing.problems} == {*BROKEN, "gigabyte.json"}
    assert all(len(it.message) < 400 for it in listing.problems)
    assert folder.find("mine") == MINE
    folder.save(msgspec.structs.replace(MINE, max_tokens=9))
    after = {path.name: path.stat().st_mtime_ns for path in folder.path.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"Mine.json"}


def test_a_save_that_fails_leaves_the_old_file_whole(
    folder: PresetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = folder.add(MINE)
    before = stored.path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(PresetError, match=r"No space left on device\. Nothing was changed"):
        folder.save(msgspec.structs.replace(MINE, max_tokens=9))
    assert stored.path.read_bytes() == before
    assert [path.name for path in folder.path.iterdir()] == ["Mine.json"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(preset=presets(), unknown=st.dictionaries(st.text("xyz_", min_size=1), st.integers()))
def test_any_preset_is_saved_read_changed_and_keeps_what_is_unknown(
    tmp_path_factory: pytest.TempPathFactory, preset: Preset, unknown: dict[str, int]
) -> None:
    folder = PresetFolder(tmp_path_factory.mktemp("any"))
    kept = {key: value % 2**53 for key, value in unknown.items()}
    preset = msgspec.structs.replace(preset, name=f"{preset.name} its own")
    folder.add(preset, PresetDocument(preset, kept, kept))
    assert folder.stored(preset.name).preset == preset
    changed = msgspec.structs.replace(preset, max_tokens=7, task="code")
    path = folder.save(changed).path
    assert folder.find(preset.name) == changed
    written = json.loads(path.read_text(encoding="utf-8"))
    assert {key: written[key] for key in kept} == kept
    assert {key: written["sampling"][key] for key in kept} == kept


@given(version=st.integers(2, 10**18 - 1), preset=presets())
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_newer_version_is_read_only_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory, version: int, preset: Preset
) -> None:
    folder = PresetFolder(tmp_path_factory.mktemp("newer"))
    preset = msgspec.structs.replace(preset, name=f"{preset.name} its own", format_version=version)
    path = folder.path / "newer.json"
    path.write_bytes(PresetDocument(preset, {"aura": [1]}).to_bytes())
    before = path.read_bytes()
    assert folder.find(preset.name).sampling == preset.sampling
    with pytest.raises(ReadOnlyPresetError, match=f"format version {version}"):
        folder.save(preset)
    with pytest.raises(ReadOnlyPresetError, match=f"format version {version}"):
        folder.rename(preset.name, "Then")
    assert path.read_bytes() == before
    assert [it.name for it in folder.path.iterdir()] == ["newer.json"]


def test_a_newer_ones_preset_is_used_but_not_changed(folder: PresetFolder) -> None:
    path = put(folder, "n.json", '{"name": "Next", "format_version": 2, "aura": 1}')
    assert folder.find("next").max_tokens == 256
    with pytest.raises(ReadOnlyPresetError, match="newer Kelvin Studio"):
        folder.save(Preset(name="Next"))
    with pytest.raises(ReadOnlyPresetError, match="newer Kelvin Studio"):
        folder.rename("Next", "Then")
    assert '"aura": 1' in path.read_text()
    copy = folder.duplicate("Next", "Then")
    assert copy.preset.format_version == 1
    assert b'"aura": 1' in copy.path.read_bytes()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PresetError, match="Nothing was changed"):
        PresetFolder(tmp_path / "file").add(MINE)


def test_the_place_follows_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if os.name != "posix" or os.uname().sysname != "Linux":
        pytest.skip("Linux's own rule")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert preset_folder() == tmp_path / "kelvin-studio" / "presets"
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    assert preset_folder() == Path.home() / ".config" / "kelvin-studio" / "presets"
