"""`python -m studio presets`, in process, and once as a process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from studio.commands.presets import main
from studio.presets import Preset, PresetDocument, PresetFolder, built_in_presets
from studio.sampling import SamplingParams

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "presets"
    PresetFolder(folder).add(Preset(name="Mine", sampling=SamplingParams(temperature=0.25)))
    return folder


def run(folder: Path, *arguments: str, status: int = 0) -> None:
    action, *rest = arguments
    assert main([action, "--folder", str(folder), *rest]) == status


def test_list(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, "list")
    output = capsys.readouterr().out
    assert "Mine  (yours)\n    temperature 0.25\n" in output
    assert "Code  (built in)\n" in output
    run(folder, "list", "--json")
    names = [json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()]
    assert names == [preset.name for preset in built_in_presets()] + ["Mine"]


def test_a_broken_file_is_told_beside_the_others(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "hot.json").write_text('{"name": "Hot", "sampling": {"temperature": -1}}')
    run(folder, "list", status=1)
    said = capsys.readouterr()
    assert "Mine  (yours)" in said.out
    assert "“hot.json”: sampling.temperature: found -1; allowed is" in said.err


def test_show(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, "show", "mine")
    text = capsys.readouterr().out
    assert PresetDocument.read(text.encode()).preset.sampling.temperature == 0.25
    run(folder, "show", "Mine", "--json")
    shown = json.loads(capsys.readouterr().out)
    assert list(shown) == [
        "name", "sampling", "prompt_format", "system_message", "stop", "max_tokens", "not_carried",
    ]  # fmt: skip
    assert shown["sampling"]["temperature"] == 0.25
    assert shown["not_carried"] == []
    run(folder, "show", "nobody", status=1)
    assert "There is no preset called “nobody”" in capsys.readouterr().err


def test_import(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tavern, broken = tmp_path / "Mine.json", tmp_path / "broken.json"
    tavern.write_text('{"temp": 1.5, "rep_pen": 1.1, "tfs": 0.9, "top_a": 0}')
    broken.write_text('{"temp": -1, "rep_pen": 1.1}')
    run(folder, "import", str(broken), str(tavern), "--json", status=1)
    said = capsys.readouterr()
    imported = json.loads(said.out)
    assert imported["name"] == "Mine 2"
    assert imported["sampling"]["temperature"] == 1.5
    assert imported["not_carried"] == [{"key": "tfs", "value": 0.9}, {"key": "top_a", "value": 0}]
    assert "“broken.json”: temp: found -1" in said.err
    assert [stored.preset.name for stored in PresetFolder(folder).listing().presets] == [
        "Mine", "Mine 2",
    ]  # fmt: skip
    run(folder, "import", str(tavern), "--name", "Tavern")
    said = capsys.readouterr()
    assert "“Tavern” from SillyTavern" in said.out
    assert "not carried over:\n    tfs: 0.9" in said.out
    assert "it did nothing:\n    top_a: 0" in said.out
    run(folder, "import", str(tavern), "--name", "../x", status=1)
    assert "name: found '../x'" in capsys.readouterr().err


def test_export_and_in_again(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(folder, "export", "Creative writing", "--format", "sillytavern")
    text = capsys.readouterr().out
    assert json.loads(text)["temp"] == 1.1
    file = tmp_path / "Warm.json"
    file.write_text(text)
    run(folder, "import", str(file))
    assert PresetFolder(folder).find("Warm").sampling == built_in_presets()[1].sampling
    capsys.readouterr()
    run(folder, "export", "Mine", "--format", "ollama")
    assert "PARAMETER temperature 0.25\n" in capsys.readouterr().out
    run(folder, "export", "Mine", "--format", "word", status=1)
    assert "allowed is one of kelvin, sillytavern" in capsys.readouterr().err


def test_as_a_process_with_the_users_own_folder(empty_home: Path) -> None:
    file = empty_home / "Warm.json"
    file.write_text('{"temp": 1.5, "rep_pen": 1.1}')
    program = [sys.executable, "-m", "studio"]
    done = subprocess.run(
        [*program, "presets", "import", str(file)], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (empty_home / "config" / "kelvin-studio" / "presets" / "Warm.json").is_file()
    done = subprocess.run(
        [*program, "presets", "show", "WARM", "--json"], cwd=ROOT, capture_output=True, text=True
    )
    assert json.loads(done.stdout)["sampling"]["temperature"] == 1.5


def test_a_wrong_call_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["sing"])
    assert caught.value.code == 2
    assert "invalid choice: 'sing'" in capsys.readouterr().err
