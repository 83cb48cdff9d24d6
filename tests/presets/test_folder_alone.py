"""A folder that is full, closed, or changed by several processes at once: nothing is replaced."""

import errno
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from studio.presets import (
    Preset,
    PresetError,
    PresetFolder,
    TakenNameError,
    UnknownPresetError,
    folder_lock,
)
from studio.presets import folder as folder_module
from studio.presets.folder_lock import alone_in

ROOT = Path(__file__).parents[2]
NOBODY = 65534
MANY = 60

ADDS = """
import sys
from pathlib import Path
from studio.presets import Preset, PresetFolder
folder, mine, count = PresetFolder(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    name = "Warm" if number % 2 else "WARM"
    folder.add_free(Preset(name=name, notes=f"{mine} {number}"))
"""


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", *arguments],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_processes_that_save_at_once_replace_nothing(tmp_path: Path) -> None:
    processes = [started(ADDS, str(tmp_path / "presets"), str(it), "12") for it in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
    listing = PresetFolder(tmp_path / "presets").listing()
    assert listing.problems == ()
    assert {stored.preset.notes for stored in listing.presets} == {
        f"{process} {number}" for process in range(4) for number in range(12)
    }
    assert all(path.suffix == ".json" for path in (tmp_path / "presets").iterdir())


def test_two_imports_at_once_are_two_presets(tmp_path: Path) -> None:
    file, folder = tmp_path / "Warm.json", tmp_path / "presets"
    file.write_text('{"temp": 1.5, "rep_pen": 1.1}')
    command = [sys.executable, "-m", "studio", "presets", "import", str(file), "--folder"]
    processes = [
        subprocess.Popen([*command, str(folder)], cwd=ROOT, stdout=subprocess.DEVNULL)
        for _ in range(4)
    ]
    assert [process.wait(timeout=60) for process in processes] == [0] * 4
    names = [stored.preset.name for stored in PresetFolder(folder).listing().presets]
    assert names == ["Warm", "Warm 2", "Warm 3", "Warm 4"]


def test_a_file_that_appears_in_the_last_moment_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = PresetFolder(tmp_path)
    linked = os.link

    def too_late(*given: object, **named: object) -> None:
        monkeypatch.setattr(os, "link", linked)
        (tmp_path / "Warm.json").write_text("another's")  # who knows nothing of locks
        linked(*given, **named)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(os, "link", too_late)
    assert folder.add_free(Preset(name="Warm")).preset.name == "Warm 2"
    assert (tmp_path / "Warm.json").read_text() == "another's"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Warm 2.json", "Warm.json"]


def test_without_hard_links_nothing_is_written_over_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", none)
    folder = PresetFolder(tmp_path)
    assert folder.add(Preset(name="Warm", notes="mine")).path.name == "Warm.json"
    assert folder.find("Warm").notes == "mine"
    assert folder.rename("Warm", "WARM").path.name == "WARM.json"
    assert [path.name for path in tmp_path.iterdir()] == ["WARM.json"]


def test_a_change_of_case_does_not_replace_another_file(tmp_path: Path) -> None:
    folder = PresetFolder(tmp_path)
    folder.add(Preset(name="Warm"))
    other = tmp_path / "WARM.json"
    other.write_text("somebody's work")
    if other.samefile(tmp_path / "Warm.json"):
        pytest.skip("one and the same file to this system")
    renamed = folder.rename("Warm", "WARM")
    assert (renamed.preset.name, renamed.path.name) == ("WARM", "Warm.json")
    assert other.read_text() == "somebody's work"
    assert folder.find("warm").name == "WARM"


def test_a_deleted_one_comes_back_beside_a_file_of_its_name(tmp_path: Path) -> None:
    folder = PresetFolder(tmp_path)
    folder.add(Preset(name="Warm"))
    deleted = folder.delete("Warm")
    (tmp_path / "Warm.json").write_text("somebody's work")
    assert folder.restore(deleted).path.name == "Warm 2.json"
    assert (tmp_path / "Warm.json").read_text() == "somebody's work"


@pytest.fixture
def crowded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with as many presets as are read, which are fewer here."""
    assert folder_module.MOST_FILES == 5_000
    monkeypatch.setattr(folder_module, "MOST_FILES", MANY)
    for number in range(MANY):
        (tmp_path / f"p{number:04}.json").write_text(json.dumps({"name": f"P {number}"}))
    return tmp_path


def test_a_full_folder_is_listed_whole_and_takes_none_in(crowded: Path) -> None:
    folder = PresetFolder(crowded)
    assert len(folder.listing().presets) == MANY
    assert folder.listing().problems == ()
    for add in (folder.add, folder.add_free):
        with pytest.raises(PresetError, match=r"has 60 presets, as many as are read"):
            add(Preset(name="p0000"))
    with pytest.raises(PresetError, match=r"has 60 presets, as many as are read"):
        folder.planned("New")
    with pytest.raises(PresetError) as caught:
        folder.find("nobody")
    assert "and 46 more" in str(caught.value)
    assert len(list(crowded.iterdir())) == MANY


def test_more_than_are_read_are_reported_and_none_is_replaced(crowded: Path) -> None:
    extra = crowded / "z.json"
    extra.write_text('{"name": "Z"}')
    folder = PresetFolder(crowded)
    (problem,) = folder.listing().problems
    assert "has 61 presets; the first 60 by name are listed" in problem.message
    with pytest.raises(UnknownPresetError, match="the first 60 by name are listed"):
        folder.find("Z")
    renamed = folder.rename("P 0", "Z")  # which is not read, and whose file has another name
    assert renamed.preset.name == "Z"
    assert extra.read_text() == '{"name": "Z"}'


@pytest.fixture
def theirs() -> Iterator[Path]:
    """A folder of a user's who is not the system's: see `as_that_user`."""
    with tempfile.TemporaryDirectory() as made:
        path = Path(made)
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)
        yield path
        for inner in [path, *path.iterdir()]:
            inner.chmod(0o700)


@contextmanager
def as_that_user() -> Iterator[None]:
    """Runs a test as the user, and nothing else: states of tests before watch folders of root's."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.mark.skipif(os.name != "posix", reason="permission bits")
@as_that_user()
def test_a_folder_that_can_be_written_but_not_read_hides_and_replaces_nothing(theirs: Path) -> None:
    inside = theirs / "presets"
    folder = PresetFolder(inside)
    stored = folder.add(Preset(name="Warm", notes="mine"))
    before = stored.path.read_bytes()
    inside.chmod(0o300)
    try:
        (problem,) = folder.listing().problems
        assert problem.path == inside
        assert "cannot be read: Permission denied" in problem.message
        with pytest.raises(UnknownPresetError, match="cannot be read: Permission denied"):
            folder.find("Warm")
        for act in (folder.add, folder.add_free, folder.save):
            with pytest.raises(PresetError, match="cannot be read: Permission denied"):
                act(Preset(name="Warm"))
        with pytest.raises(PresetError, match="cannot be read"):
            folder.rename("Warm", "Cold")
        with pytest.raises(PresetError, match="cannot be read"):
            folder.delete("Warm")
        assert stored.path.read_bytes() == before
    finally:
        inside.chmod(0o700)
    assert [path.name for path in inside.iterdir()] == ["Warm.json"]


@pytest.mark.skipif(os.name != "posix", reason="permission bits")
@as_that_user()
def test_a_folder_that_can_be_read_but_not_written_says_so(theirs: Path) -> None:
    inside = theirs / "presets"
    folder = PresetFolder(inside)
    folder.add(Preset(name="Warm"))
    inside.chmod(0o500)
    try:
        assert [stored.preset.name for stored in folder.listing().presets] == ["Warm"]
        with pytest.raises(PresetError, match="Permission denied"):
            folder.planned("Warm")
        for change in (
            lambda: folder.add_free(Preset(name="Warm")),
            lambda: folder.save(Preset(name="Warm", max_tokens=9)),
            lambda: folder.rename("Warm", "Cold"),
            lambda: folder.delete("Warm"),
        ):
            with pytest.raises(PresetError, match=r"Permission denied\)?\. Nothing was changed"):
                change()
    finally:
        inside.chmod(0o700)
    assert folder.find("Warm").max_tokens == 256


@pytest.mark.skipif(os.name != "posix", reason="permission bits")
@as_that_user()
def test_a_file_that_cannot_be_read_keeps_its_name(theirs: Path) -> None:
    folder = PresetFolder(theirs)
    path = folder.add(Preset(name="Warm")).path
    path.chmod(0)
    (problem,) = folder.listing().problems
    assert "“Warm.json”: It cannot be read: Permission denied" in problem.message
    assert folder.add_free(Preset(name="Warm")).path.name == "Warm 2.json"


@pytest.mark.skipif(os.name != "posix", reason="locks on folders")
def test_a_folder_that_another_holds_is_waited_for_and_then_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_lock, "_LONGEST_WAIT", 0.05)
    holds = started(
        "import sys\nfrom pathlib import Path\n"
        "from studio.presets.folder_lock import alone_in\n"
        "with alone_in(Path(sys.argv[1])):\n    print('held', flush=True)\n"
        "    sys.stdin.readline()\nprint('free', flush=True)\nsys.stdin.readline()\n",
        str(tmp_path),
    )
    assert holds.stdout is not None
    assert holds.stdin is not None
    assert holds.stdout.readline() == "held\n"
    with pytest.raises(PresetError, match="being changed by another program"), alone_in(tmp_path):
        pass
    holds.stdin.write("\n")
    holds.stdin.flush()
    assert holds.stdout.readline() == "free\n"
    assert PresetFolder(tmp_path).add(Preset(name="Warm")).path.name == "Warm.json"
    holds.communicate("\n")


def test_what_is_planned_is_what_is_done_and_writes_nothing(tmp_path: Path) -> None:
    folder = PresetFolder(tmp_path / "not yet" / "presets")
    assert folder.planned("Code") == ("Code 2", folder.path / "Code 2.json")
    assert folder.planned("Code", ["code 2"])[0] == "Code 3"
    assert list(tmp_path.iterdir()) == []
    stored = folder.add_free(Preset(name="Code"))
    assert (stored.preset.name, stored.path) == ("Code 2", folder.path / "Code 2.json")


def test_a_name_taken_meanwhile_is_refused(tmp_path: Path) -> None:
    PresetFolder(tmp_path).add(Preset(name="Warm"))
    with pytest.raises(TakenNameError):
        PresetFolder(tmp_path).add(Preset(name="wARM"))
