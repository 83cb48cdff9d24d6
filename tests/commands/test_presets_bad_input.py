"""`python -m studio presets` with what nobody vouches for: refused, and nothing else touched."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.commands.presets import main
from studio.presets import Preset, PresetFolder
from studio.sampling import SamplingParams

ROOT = Path(__file__).parents[2]

BAD_FILES = {
    "nan.json": ('{"temp": NaN, "rep_pen": 1}', "temp: found NaN"),
    "infinity.json": ('{"temp": Infinity, "rep_pen": 1}', "temp: found Infinity"),
    "huge.json": ('{"temp": 1e999, "rep_pen": 1}', "temp: found 1e999"),
    "true.json": ('{"temp": true, "rep_pen": 1}', "temp: found true"),
    "text.json": ('{"temp": "1", "rep_pen": 1}', "temp: found '1'"),
    "list.json": ('{"operation": []}', "operation.fields: found []"),
    "digits.json": ('{"temp": 1, "top_k": ' + "9" * 5000 + "}", "top_k: found 9999"),
    "deep.json": ('{"temp": ' + "[" * 100_000, "temp: found more than 32 values"),
    "deep.yaml": ("top_k: " + "[" * 100_000, "top_k: found more than 8 values"),
    "bomb.yaml": ("a: &a [1]\ntemperature: *a\n", "an anchor or an alias"),
    "code.yaml": ("temperature: !!python/object/apply:os.system [x]\n", "Found the tag"),
    "own.json": ('{"name": "X", "sampling": {"top_p": "2"}}', "sampling.top_p: found '2'"),
    "nameless.json": ('{"name": 7, "sampling": {"top_p": 1}}', "name: found 7"),
    "empty.json": ("", "no preset that is known"),
    "binary.json": ("\x00\x01\x02", "no preset that is known"),
    "args.txt": ("--temp hot", "--temp: found 'hot'"),
    "Modelfile": ("FROM x\nPARAMETER temperature hot\n", "temperature: found 'hot'"),
    "open.Modelfile": ('FROM x\nSYSTEM """You are', "line 2: the quotation does not end"),
    "model.Modelfile": ("FROM llama3.2\nLICENSE MIT\n", "Nothing in it can be carried over"),
    "ids.json": ('{"eos_token_id": 2, "transformers_version": "4"}', "Nothing in it can be"),
    "template.json": ('{"name": "x", "story_string": "{{char}}"}', "a context template"),
    "instruct.json": ('{"input_sequence": "a", "output_sequence": "b"}', "an instruct template"),
    "unnamed.ini": ("[model]\nctx-size = 4096\n", "Nothing in it can be carried over"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "config" / "presets"
    PresetFolder(folder).add(Preset(name="Mine", sampling=SamplingParams(temperature=0.25)))
    return folder


@pytest.fixture
def untouched(tmp_path: Path, folder: Path) -> Iterator[None]:
    """Nothing there is another afterwards, inside the folder or outside."""
    (tmp_path / "x.json").write_text("outside")

    def all_of_it() -> dict[Path, bytes]:
        return {
            path: path.read_bytes()
            for path in tmp_path.rglob("*")
            if path.is_file() and path.stat().st_size < 10_000_000
        }

    def places() -> set[Path]:
        return set(tmp_path.rglob("*"))

    before, there = all_of_it(), places()
    yield
    now = all_of_it()
    assert {path: now[path] for path in before} == before
    assert {it for it in places() - there if "given" not in it.parts} == set()


def run(folder: Path, *arguments: str) -> int:
    action, *rest = arguments
    return main([action, "--folder", str(folder), *rest])


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("name", BAD_FILES)
@pytest.mark.parametrize("as_json", [False, True])
def test_a_bad_file_is_refused_by_name_field_and_what_is_allowed(
    folder: Path, tmp_path: Path, name: str, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    text, said = BAD_FILES[name]
    path = tmp_path / "given" / name
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    assert run(folder, "import", str(path), *(["--json"] if as_json else [])) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"studio presets: “{name}”: ")
    assert said in output.err
    assert output.err.count("\n") == 1
    assert len(output.err) < 500


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "name", ["../x", "/tmp/x", "CON", "nul.json", "a\0b", "x" * 300, "", " ", ".hidden", "a/b"]
)
def test_a_name_that_leads_out_is_no_name_for_any_command(
    folder: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "given" / "Warm.json"
    file.parent.mkdir()
    file.write_text('{"temp": 1.5, "rep_pen": 1.1}')
    assert run(folder, "import", str(file), "--name", name) == 1
    assert "name: found" in capsys.readouterr().err
    assert run(folder, "show", name) == 1
    assert "There is no preset called" in capsys.readouterr().err
    assert run(folder, "export", name, "--format", "kelvin") == 1
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("untouched")
def test_what_is_no_file_is_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "given"
    given.mkdir()
    os.mkfifo(given / "pipe.json")
    with (given / "gigabyte.json").open("wb") as file:
        file.truncate(2**30)
    for name in ("pipe.json", "gigabyte.json", "none.json", "."):
        assert run(folder, "import", str(given / name)) == 1
        assert capsys.readouterr().err.startswith("studio presets: ")


def test_the_good_ones_among_bad_ones_are_taken_whole(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "MINE.json", tmp_path / "bad.json"
    good.write_text('{"temp": 1.5, "rep_pen": 1.1}')
    bad.write_text('{"temp": 1.5, "rep_pen": [1]}')
    assert run(folder, "import", str(bad), str(good), "--json") == 1
    output = capsys.readouterr()
    # Another's name in other case gets a number, and nothing is written over.
    assert [json.loads(line)["name"] for line in output.out.splitlines()] == ["MINE 2"]
    assert "“bad.json”: rep_pen: found [1]" in output.err
    assert sorted(it.name for it in folder.iterdir()) == ["MINE 2.json", "Mine.json"]


@pytest.mark.usefixtures("untouched")
def test_a_link_out_of_the_folder_is_reported_and_not_followed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "given"
    given.mkdir()
    outside = given / "secret.json"
    outside.write_text('{"name": "Secret"}')
    (folder / "link.json").symlink_to(outside)
    try:
        assert run(folder, "list") == 1
        output = capsys.readouterr()
        assert "Mine  (yours)" in output.out
        assert "“link.json”: It is a link that leads out of the folder" in output.err
        assert run(folder, "show", "Secret") == 1
        assert run(folder, "export", "Secret", "--format", "kelvin") == 1
    finally:
        (folder / "link.json").unlink()


def test_nothing_printed_steers_the_terminal(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "odd.json").write_text('{"name": "Odd", "description": "a\\u001b[31mb"}')
    file = tmp_path / "Warm.json"
    file.write_text('{"temp": 1, "rep_pen": 1, "a\\u001b[2J": "\\u001b[2J"}')
    assert run(folder, "list") == 0
    assert run(folder, "show", "Odd") == 0
    assert run(folder, "import", str(file)) == 0
    output = capsys.readouterr().out
    assert "a\\x1b[31mb" in output
    assert "\x1b" not in output


def test_a_refusal_is_one_line_and_a_status_for_a_process(tmp_path: Path) -> None:
    deep = tmp_path / "deep.json"
    deep.write_text('{"temp": ' + "[" * 100_000)
    done = subprocess.run(
        [sys.executable, "-m", "studio", "presets", "import", str(deep), "--folder", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert [it.name for it in tmp_path.iterdir()] == ["deep.json"]
