"""Words of strangers in each command, its errors too: no terminal is steered by one."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.commands.test_unix import on_a_terminal, run
from tests.helpers.commands_here import run_here

EVIL = "x\x1b]0;owned\x07\u202e\x9b2J\nforged"
STEERS = (b"\x1b", b"\x07", "\u202e".encode(), "\x9b".encode(), b"\nforged")


def steered(shown: bytes) -> list[bytes]:
    return [sign for sign in STEERS if sign in shown]


WRONG = {
    "an option": ["--" + EVIL],
    "a command": ["genrate\x1b", "-p"],
    "two files": ["a.txt", EVIL],
    "an action": ["presets", EVIL],
    "an option of a command": ["presets", "list", "--fold" + EVIL],
    "a preset": ["presets", "show", EVIL],
    "names": ["presets", "rename", EVIL, EVIL],
    "a format": ["presets", "export", "Code", "--format", EVIL],
    "a folder": ["presets", "list", "--json", "--folder", f"/dev/null/{EVIL}"],
    "a sampler": ["generate", "-p", "a", "--samplers", EVIL],
    "a number": ["generate", "-p", "a", "-n", EVIL],
    "a bias": ["generate", "-p", "a", "--logit-bias", EVIL],
    "a prompt's file": ["generate", "-f", EVIL],
    "a model": ["generate", "-p", "a", "-m", EVIL],
    "a text to export": ["export", EVIL, "-o", "a.docx"],
    "an export's name": ["export", "-", "-o", EVIL],
    "a plan": ["sweep", EVIL],
    "temperatures": ["compare", "-p", "a", "--temperatures", EVIL],
    "prompts": ["augment", "--samples", "1", "--out", "a.jsonl", "--prompts", EVIL],
    "presets": ["compare", "-p", "a", "--presets", EVIL],
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_call(what: str) -> None:
    name, *arguments = WRONG[what]
    # The others are the program's own, or read the input.
    is_commands_own = name in ("augment", "compare", "generate", "presets", "sweep")
    done = (
        run_here(name, *arguments)
        if is_commands_own
        else run(name, *arguments, stdin=subprocess.DEVNULL)
    )
    assert done.returncode in (1, 2)
    assert steered(done.stderr) == []
    assert b"\\x1b" in done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "presets"
    folder.mkdir()
    texts = dict.fromkeys(("description", "notes", "system_message"), EVIL * 8)
    (folder / "A.json").write_text(json.dumps({"name": "A", "stop": [EVIL], EVIL: EVIL, **texts}))
    (folder / f"{EVIL}.json").write_text('{"name": 7}')
    return folder


def test_presets_of_strangers(folder: Path, tmp_path: Path) -> None:
    place = ["--folder", str(folder)]
    listed = on_a_terminal(["presets", "list", *place], {}, status=1)
    assert steered(listed) == []
    assert max(map(len, listed.decode().splitlines())) < 250
    for arguments in (
        ["presets", "list", "--json", *place],
        ["presets", "show", "A", *place],
        ["presets", "show", "A", "--json", *place],
        ["presets", "export", "A", "--format", "kelvin", *place],
    ):
        shown = on_a_terminal(arguments, {}, status=None)
        assert b"owned" in shown
        assert steered(shown) == []
    foreign = tmp_path / f"{EVIL}.txt"
    foreign.write_text(json.dumps({"temp": 1.5, "rep_pen": 1.1, EVIL: EVIL}))
    shown = on_a_terminal(["presets", "import", str(foreign), *place], {})
    assert b"owned" in shown
    assert steered(shown) == []
    for arguments in (["presets", "list", *place], ["presets", "import", str(foreign), *place]):
        assert steered(run(*arguments).stderr) == []


def test_a_pipe_gets_what_was_written(folder: Path) -> None:
    done = run("presets", "show", "A", "--json", "--folder", str(folder))
    assert json.loads(done.stdout)["system_message"] == EVIL * 8
