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
    with pytest.raises(TakenNameError, match=f"“{name}”"):
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
        with pytest.raises(ReadOnlyPresetError, match="“Code” is built in") as caught:
            change("Code")
        assert caught.value.field == "name"
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
    for act in (folder.find, folder.stored, lambda name: folder.rename(name, "x")):
        with pytest.raises(UnknownPresetError) as caught:
            act("nobody")
        assert caught.value.field == "name"


def test_a_file_that_is_called_otherwise_keeps_its_name(folder: PresetFolder) -> None:
    path = put(folder, "from-a-friend.json", '{"name": "Old"}')
    assert folder.rename("Old", "New").path == path
    assert folder.save(Preset(name="New", max_tokens=3)).path == path


def test_deleted_and_brought_back_to_the_byte(folder: PresetFolder) -> None:
    text = '{"name":"Old","x":1}'
    path = put(folder, "old.json", text)
    deleted = folder.delete("Old")
    assert names(folder) == []
    restored = folder.restore(deleted)
    assert path.read_text() == text
    assert (restored.path, restored.preset.name) == (path, "Old")
    assert restored.document.unknown == {"x": 1}
    deleted = folder.delete("Old")
    folder.add(Preset(name="OLD"))
    with pytest.raises(TakenNameError):
        folder.restore(deleted)


def test_one_that_no_file_is_free_for_is_not_brought_back(
    folder: PresetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.add(MINE)
    deleted = folder.delete("Mine")

    def taken(*_: object) -> None:
        raise FileExistsError(17, "File exists")

    monkeypatch.setattr("studio.presets.folder.write_new", taken)
    with pytest.raises(TakenNameError, match="there is a file called “Mine” already") as caught:
        folder.restore(deleted)
    assert caught.value.field == "name"
    for act in (folder.add, folder.add_free):
        with pytest.raises(PresetError, match="is being changed by another program"):
            act(MINE)
    (several,) = folder.add_several([PresetDocument(MINE)])
    assert isinstance(several, PresetError)
    assert "is being changed by another program. Try again" in str(several)
    assert list(folder.path.iterdir()) == []


def test_a_copy_keeps_what_is_unknown(folder: PresetFolder) -> None:
    put(folder, "old.json", '{"name": "Old", "sampling": {"top_k": 3, "y": 2}, "x": 1}')
    for copy in (folder.duplicate("old"), folder.duplicate("old", "New")):
        assert copy.document.unknown == {"x": 1}
        assert copy.document.unknown_sampling == {"y": 2}
        assert json.loads(copy.path.read_text())["x"] == 1
    assert names(folder) == ["New", "Old", "Old copy"]


@pytest.mark.parametrize("name", ["x" * 93 + "1234567", "\u3042" * 66])
def test_a_copys_name_has_room_for_saying_so(folder: PresetFolder, name: str) -> None:
    folder.add(Preset(name=name))
    first, second = folder.duplicate(name).preset.name, folder.duplicate(name).preset.name
    assert first.endswith(" copy")
    assert name.startswith(first.removesuffix(" copy"))
    assert second.endswith(" 2")


def test_several_are_saved_each_under_a_name_of_its_own(folder: PresetFolder) -> None:
    put(folder, "Warm 2.json", "somebody's work")
    unknown = PresetDocument(Preset(name="WARM", format_version=7), {"x": 1}, {"y": 2})
    saved = folder.add_several(
        [
            *(PresetDocument(Preset(name=name, max_tokens=5)) for name in ("Warm", "Code")),
            PresetDocument(Preset(name="a/b")),
            unknown,
            PresetDocument(Preset(name="warm", notes="n" * 3_000_000)),
            PresetDocument(Preset(name="warm")),
        ]
    )
    found = [it if isinstance(it, PresetError) else it.preset.name for it in saved]
    assert found[0] == "Warm"
    assert found[1] == "Code 2"
    assert found[3] == "WARM 3"
    assert found[5] == "warm 4"
    assert isinstance(saved[2], PresetError)
    assert saved[2].field == "name"
    assert isinstance(saved[4], PresetError)
    assert "bytes; allowed are" in str(saved[4])
    assert names(folder) == ["Code 2", "Warm", "WARM 3", "warm 4"]
    kept = folder.stored("WARM 3")
    assert kept.path.name == "WARM 3.json"
    assert (kept.preset.format_version, kept.document.unknown) == (1, {"x": 1})
    assert kept.document.unknown_sampling == {"y": 2}
    assert folder.stored("warm").preset.max_tokens == 5
    assert (folder.path / "Warm 2.json").read_text() == "somebody's work"


def test_of_several_none_is_saved_where_none_can_be(tmp_path: Path) -> None:
    deep = PresetFolder(tmp_path / "not" / "yet" / "there")
    (stored,) = deep.add_several([PresetDocument(MINE)])
    assert not isinstance(stored, PresetError)
    assert stored.path == deep.path / "Mine.json"
    assert deep.add_several([]) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(PresetError, match=r"file”: .*Nothing was changed"):
        PresetFolder(tmp_path / "file").add_several([PresetDocument(MINE)])


def test_a_full_folder_takes_none_in_and_lists_the_first(
    folder: PresetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.presets.folder.MOST_FILES", 3)
    for number in range(2):
        folder.add(Preset(name=f"P {number}"))
    saved = folder.add_several([PresetDocument(Preset(name=f"S {n}")) for n in range(2)])
    assert [isinstance(it, PresetError) for it in saved] == [False, True]
    assert "has 3 presets, as many as are read. Move or delete some first" in str(saved[1])
    for act in (folder.add, folder.add_free):
        with pytest.raises(PresetError, match="presets” has 3 presets, as many as are read"):
            act(MINE)
    with pytest.raises(PresetError, match="has 3 presets, as many as are read"):
        folder.planned("New")
    assert folder.listing().problems == ()
    put(folder, "z.json", '{"name": "Z"}')
    listing = folder.listing()
    assert [stored.preset.name for stored in listing.presets] == ["P 0", "P 1", "S 0"]
    (problem,) = listing.problems
    assert problem.path == folder.path
    assert "has 4 presets; the first 3 by name are listed" in problem.message
    for act_on in (folder.find, folder.stored, folder.delete):
        with pytest.raises(UnknownPresetError, match="the first 3 by name are listed"):
            act_on("Z")


def test_a_free_name_is_reported_as_far_as_can_be_read(folder: PresetFolder) -> None:
    assert folder.free_name("Warm") == "Warm"
    assert folder.free_name("code") == "code 2"
    folder.add(Preset(name="Warm"))
    put(folder, "Warm 2.json", "broken")
    assert folder.free_name("WARM") == "WARM 3"
    closed = PresetFolder(folder.path / "Warm.json")
    assert closed.free_name("code") == "code"


def test_a_name_may_be_kept_but_not_taken(folder: PresetFolder) -> None:
    folder.add(MINE)
    folder.check_free("Yours")
    folder.check_free("MINE", "Mine")
    folder.check_free("Yours", "Mine")
    for name, former in (("mine", ""), ("mine", "Yours"), ("code", ""), ("code", "Mine")):
        with pytest.raises(TakenNameError, match=r"^name: ") as caught:
            folder.check_free(name, former)
        assert caught.value.field == "name"
    with pytest.raises(PresetError, match="name: found"):
        folder.check_free("a/b", "Mine")


def test_where_case_is_no_difference_a_file_is_called_otherwise(
    folder: PresetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows and macOS, where “WARM.json” is there as soon as “Warm.json” is."""
    folder.add(Preset(name="Warm"))

    def is_there(*_: object) -> None:
        raise FileExistsError(17, "File exists")

    monkeypatch.setattr("studio.presets.folder.move_new", is_there)
    monkeypatch.setattr(Path, "samefile", lambda *_: True)
    assert folder.rename("Warm", "WARM").path == folder.path / "WARM.json"
    assert [path.name for path in folder.path.iterdir()] == ["WARM.json"]


@pytest.mark.parametrize("how", ["studio.presets.folder.move_new", "pathlib.Path.samefile"])
def test_a_file_that_cannot_be_called_otherwise_keeps_its_name(
    folder: PresetFolder, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    folder.add(Preset(name="Warm"))
    put(folder, "WARM.json", "another file, which is in the way")

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(how, refused)
    renamed = folder.rename("Warm", "WARM")
    assert (renamed.preset.name, renamed.path.name) == ("WARM", "Warm.json")
    assert folder.find("warm").name == "WARM"


def test_a_preset_whose_file_cannot_be_deleted_is_not_renamed(
    folder: PresetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.add(MINE)
    unlink = Path.unlink

    def refused(which: Path) -> None:
        if which.name in refuses:
            raise PermissionError(13, "Permission denied")
        unlink(which)

    monkeypatch.setattr(Path, "unlink", refused)
    for refuses in (["Mine.json"], ["Mine.json", "Yours.json"]):
        with pytest.raises(PresetError, match=r"Mine.json”: Permission denied. Nothing was cha"):
            folder.rename("Mine", "Yours")
        if len(refuses) == 1:
            assert [path.name for path in folder.path.iterdir()] == ["Mine.json"]
            assert names(folder) == ["Mine"]


def test_a_file_that_came_meanwhile_is_no_new_name(
    folder: PresetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.add(MINE)

    def taken(*_: object) -> None:
        raise FileExistsError(17, "File exists")

    monkeypatch.setattr("studio.presets.folder.write_new", taken)
    with pytest.raises(TakenNameError, match="there is a file called “Yours” already") as caught:
        folder.rename("Mine", "Yours")
    assert caught.value.field == "name"
    assert names(folder) == ["Mine"]


def test_what_the_system_refuses_is_reported_with_the_files_name(
    folder: PresetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.add(MINE)

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(PresetError, match=r"Mine.json”: Permission denied. Nothing was changed"):
        folder.delete("Mine")


def test_broken_files_hide_nothing_and_are_reported(folder: PresetFolder, tmp_path: Path) -> None:
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
    reported = {problem.path.name: problem.message for problem in listing.problems}
    assert reported.keys() == {
        "link.json", "inside.json", "folder.json", "pipe.json", "cut.json", "hot.json", "code.json",
        "name.json",
    }  # fmt: skip
    assert "leads out of the folder" in reported["link.json"]
    assert "sampling.temperature: found -1" in reported["hot.json"]
    assert all(message.startswith(f"“{name}”: ") for name, message in reported.items())


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
