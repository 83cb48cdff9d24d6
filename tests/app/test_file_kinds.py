"""What files are, and what is done with several."""

import json
from pathlib import Path

import pytest

from studio.app import expanded_paths, file_kinds
from studio.app.file_kinds import FileKind, Opened, SortedFiles, kind_of, sort_files
from studio.experiments.comparison import FORMAT
from studio.path_checks import size_of

COMPARISON = f'{{"format": "{FORMAT}"}}'.encode()


@pytest.mark.parametrize(
    ("name", "contents", "kind"),
    [
        ("story.TXT", b"{}", FileKind.MANUSCRIPT),
        ("story.kelvin", b"PK\x03\x04", FileKind.MANUSCRIPT),
        ("story.docx", b"PK\x03\x04", FileKind.MANUSCRIPT),
        ("story.ODT", b"PK\x03\x04", FileKind.MANUSCRIPT),
        ("lanes.json", COMPARISON, FileKind.COMPARISON),
        ("preset.json", b"{", FileKind.PRESET),
        ("preset.json", b"", FileKind.PRESET),
        ("preset.yaml", b"temperature: 1", FileKind.PRESET),
        ("Modelfile", b"PARAMETER top_k 40", FileKind.PRESET),
        ("settings", b'{"temp": 1}', FileKind.PRESET),
        ("some.kcpps", b'{"temp": 1}', FileKind.PRESET),
        ("model.gguf", b"not one at all", FileKind.MODEL),
        ("blob", b"GGUF\x03\x00", FileKind.MODEL),
        ("large.bin", bytes(5 * 2**20), FileKind.MODEL),
        ("empty", b"", FileKind.MANUSCRIPT),
        ("chapter one", "Über das Meer. ".encode() * 999, FileKind.MANUSCRIPT),
        ("NOTES.org", b"FROM the beginning", FileKind.MANUSCRIPT),
        ("utf-16", "The sea".encode("utf-16"), FileKind.MANUSCRIPT),
        ("picture.png", b"\x89PNG\r\n\x1a\n", FileKind.PRESET),
        ("nulls.dat", b"a\0b", FileKind.PRESET),
        ("run", b"--temp 1 --top-k 40", FileKind.PRESET),
        ("lanes", f'{{ "format" : "{FORMAT}"'.encode(), FileKind.COMPARISON),
        ("preset.json", f'{{"description": "{FORMAT}"'.encode(), FileKind.PRESET),
    ],
)
def test_what_a_file_is(tmp_path: Path, name: str, contents: bytes, kind: FileKind) -> None:
    path = tmp_path / name
    path.write_bytes(contents)
    assert kind_of(path) is kind


def test_what_is_no_file_is_left_to_whoever_opens_it(tmp_path: Path) -> None:
    assert kind_of(tmp_path) is FileKind.MODEL
    assert kind_of(tmp_path / "gone") is FileKind.MODEL
    assert kind_of(tmp_path / "gone.json") is FileKind.PRESET


def put(folder: Path, **contents: bytes) -> list[Path]:
    """Write files, in that order; what is `_` in their names is a dot."""
    paths = []
    for name, data in contents.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(data)
        paths.append(path)
    return paths


def preset(temperature: float) -> bytes:
    return json.dumps({"temp": temperature}).encode()


def test_the_model_comes_first_and_of_what_is_open_once_the_first_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(file_kinds._OPENED, FileKind.MANUSCRIPT, 2)
    brought = put(
        tmp_path,
        b_txt=b"Once.",
        warm_json=preset(1.5),
        lanes_json=COMPARISON,
        a_md=b"Twice.",
        tiny_gguf=b"GGUF",
        cold_json=preset(0.2),
        c_txt=b"",
        more_json=COMPARISON,
    )
    text, warm, lanes, other, model, cold, _, _ = brought
    found = sort_files(brought)
    assert found == SortedFiles(
        (
            Opened(FileKind.MODEL, (model,), ()),
            Opened(
                FileKind.COMPARISON,
                (lanes,),
                ("“more.json” was not opened: one comparison is open at a time.",),
            ),
            Opened(
                FileKind.MANUSCRIPT,
                (text, other),
                ("“c.txt” was not opened: 2 manuscripts are opened at a time.",),
            ),
        ),
        (warm, cold),
        (),
    )
    assert not found.chooses_preset, "none of several is put in force"


def test_a_single_preset_is_put_in_force_whatever_comes_with_it(tmp_path: Path) -> None:
    text, warm = put(tmp_path, story_txt=b"Once.", warm_json=preset(1.5))
    assert sort_files([text, warm]).chooses_preset
    assert sort_files([warm]).chooses_preset
    assert not sort_files([text]).chooses_preset


def test_of_a_folder_the_files_in_it_are_taken_and_the_rest_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expanded_paths, "MOST_FILES", 2)
    put(tmp_path, a_json=preset(1.0), b_json=preset(1.0), c_txt=b"Once.")
    (tmp_path / "empty").mkdir()
    found = sort_files([tmp_path / "empty", tmp_path])
    assert found.presets == (tmp_path / "a.json", tmp_path / "b.json")
    assert found.opened == ()
    assert found.skipped == (
        "“empty” has no files in it.",
        "The first 2 of 3 files are looked at. Bring the others after them.",
    )
    assert sort_files([]) == SortedFiles((), (), ())


def test_it_says_how_far_it_is_and_can_be_ended(tmp_path: Path) -> None:
    paths = put(tmp_path, a_txt=b"", b_txt=b"", c_txt=b"", d_txt=b"")
    shares: list[float] = []
    sort_files(paths, shares.append)
    assert shares == [0.0, 0.25, 0.5, 0.75]

    def end(_share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        sort_files(paths, end)


def test_no_more_of_a_file_is_read_than_says_what_it_is(tmp_path: Path) -> None:
    sparse = tmp_path / "weights"
    with sparse.open("wb") as file:
        file.write(b"GGUF")
        file.truncate(2**33)
    assert size_of(sparse) == 2**33
    assert sort_files([sparse]).opened == (Opened(FileKind.MODEL, (sparse,), ()),)
