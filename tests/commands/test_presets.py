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


def test_a_broken_file_is_reported_beside_the_others(
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
    broken.write_text('{"temp": "hot", "rep_pen": 1.1}')
    run(folder, "import", str(broken), str(tavern), "--json", status=1)
    said = capsys.readouterr()
    imported = json.loads(said.out)
    assert imported["name"] == "Mine 2"
    assert imported["sampling"]["temperature"] == 1.5
    assert imported["not_carried"] == [{"key": "tfs", "value": 0.9}, {"key": "top_a", "value": 0}]
    assert "“broken.json”: temp: found 'hot'" in said.err
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


def test_an_import_reports_every_key(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "Warm.json"
    file.write_text(
        '{"temp": 1.5, "rep_pen": 1.1, "rep_pen_range": 0, "tfs": 0.9, "top_a": 0, "top_k": -7,'
        ' "top_p": 3, "api_key": "sk-secret", "proxy": {"password": "pw", "port": 1}}'
    )
    run(folder, "import", str(file), "--json", "--dry-run")
    output = capsys.readouterr().out
    report = json.loads(output)
    assert "sk-secret" not in output
    assert '"pw"' not in output
    assert (report["program"], report["file"]) == ("SillyTavern", str(file))
    assert (report["path"], report["dry_run"]) == (str(folder / "Warm.json"), True)
    keys = {entry["key"]: entry for entry in report["keys"]}
    fates = {key: (entry["fate"], entry["to"]) for key, entry in keys.items()}
    assert fates == {
        "temp": ("carried", ["temperature"]),
        "rep_pen": ("idle", ["repeat_penalty"]),
        "rep_pen_range": ("carried", ["repeat_last_n"]),
        "top_k": ("carried", ["top_k"]),
        "tfs": ("lost", []),
        "top_a": ("idle", []),
        "top_p": ("lost", []),
        "api_key": ("idle", []),
        "proxy": ("lost", []),
    }
    assert "Over 0 tokens it does nothing." in keys["rep_pen"]["why"]
    assert "KoboldCpp takes the last token" in keys["rep_pen"]["why"]
    assert "allowed is a number above 0 and at most 1" in keys["top_p"]["why"]
    assert (keys["api_key"]["value"], keys["proxy"]["value"]) == ("…", {"password": "…", "port": 1})
    assert report["absent"] == [{"field": "top_p", "value": 0.5}]
    assert report["sampling"]["top_p"] == 0.5
    assert [path.name for path in folder.iterdir()] == ["Mine.json"]
    run(folder, "import", str(file), "--json", "--absent", "neutral")
    again = json.loads(capsys.readouterr().out)
    assert (again["absent"], again["sampling"]["top_p"], again["dry_run"]) == ([], 1.0, False)
    assert Path(again["path"]).is_file()
    assert "secret" not in Path(again["path"]).read_text()


def test_a_dry_run_names_what_the_run_would_and_writes_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "a" / "Mine.json", tmp_path / "b" / "Mine.json"
    for file in (first, second):
        file.parent.mkdir()
        file.write_text('{"temp": 1.5, "rep_pen": 1.1, "\\u001b[2J": "\\u001b[2J"}')
    run(folder, "import", str(first), str(second), "--dry-run")
    would = capsys.readouterr().out
    assert "“Mine 2” would be from SillyTavern: " in would
    assert "“Mine 3” would be from SillyTavern: " in would
    assert "as in SillyTavern, where the file is silent:\n    top_k: 40\n" in would
    assert "\x1b" not in would
    assert [path.name for path in folder.iterdir()] == ["Mine.json"]
    run(folder, "import", str(first), str(second))
    assert capsys.readouterr().out == would.replace(" would be", "")
    nowhere = tmp_path / "not yet" / "presets"
    run(nowhere, "import", str(first), "--dry-run")
    assert f"{nowhere / 'Mine.json'}" in capsys.readouterr().out
    assert not nowhere.parent.exists()


def test_a_file_of_several_presets_gives_several(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "models.ini"
    file.write_text("[*]\ntop-k = 20\n[A]\ntemp = 0.3\n[B]\ntemp = 0.6\n")
    run(folder, "import", str(file), "--json")
    reports = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(it["name"], it["sampling"]["top_k"]) for it in reports] == [("A", 20), ("B", 20)]
    run(folder, "import", str(file), "--name", "Both", status=1)
    assert "It has 2 presets; a name is for one" in capsys.readouterr().err


def test_delete_and_rename(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, "rename", "mine", "Yours")
    assert capsys.readouterr().out == f"“Yours”: {folder / 'Yours.json'}\n"
    run(folder, "rename", "Yours", "Code", status=1)
    assert "a built-in preset's" in capsys.readouterr().err
    run(folder, "rename", "nobody", "x", status=1)
    run(folder, "delete", "Code", "nobody", "yours", status=1)
    said = capsys.readouterr()
    assert said.out == f"deleted “Yours”: {folder / 'Yours.json'}\n"
    assert "“Code” is built in" in said.err
    assert "no preset called “nobody”" in said.err
    assert list(folder.iterdir()) == []


def test_export_into_a_file_never_over_another(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "out.json"
    run(folder, "export", "Mine", "--format", "sillytavern", "-o", str(file))
    said = capsys.readouterr()
    assert said.out == ""
    assert json.loads(file.read_text())["temp"] == 0.25
    file.write_text("somebody's work")
    run(folder, "export", "Mine", "--format", "kelvin", "--output", str(file), status=1)
    assert "is there already" in capsys.readouterr().err
    assert file.read_text() == "somebody's work"
    run(folder, "export", "Mine", "--format", "kelvin", "-o", str(file), "--force")
    assert json.loads(file.read_text())["name"] == "Mine"
    capsys.readouterr()
    run(folder, "export", "Mine", "--format", "kelvin", "-o", str(tmp_path / "no" / "x"), status=1)
    assert "No such file or directory" in capsys.readouterr().err
    run(folder, "export", "Mine", "--format", "kelvin", "-o", "-")
    assert json.loads(capsys.readouterr().out)["name"] == "Mine"


def test_a_preset_through_a_pipe(empty_home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "studio", "presets", "import", "-", "--name", "Piped", "--json"],
        input='{"model": "m", "options": {"temperature": 0.4}}',
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert (report["name"], report["program"]) == ("Piped", "Ollama request")
    assert Path(report["path"]).is_relative_to(empty_home)


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


def test_a_name_for_two_files_is_a_wrong_call(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run(folder, "import", "a", "b", "--name", "C")
    assert caught.value.code == 2
    assert "--name is for one file" in capsys.readouterr().err
