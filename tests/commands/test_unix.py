"""What any command of a Unix system does: its input, output, status, and last words."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.commands_here import run_here

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX system")

ROOT = Path(__file__).parents[2]


def run(
    *arguments: str, environment: dict[str, str | None] | None = None, **options: object
) -> "subprocess.CompletedProcess[bytes]":
    """The program's own process, its output caught unless `options` say otherwise."""
    env = {**os.environ, **(environment or {})}
    done: subprocess.CompletedProcess[bytes] = subprocess.run(  # type: ignore[call-overload]
        [sys.executable, "-P", "-m", "studio", *arguments],
        cwd=ROOT,
        env={name: value for name, value in env.items() if value is not None}
        | {"PYTHONPATH": str(ROOT)},
        timeout=100,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )
    assert b"Traceback" not in (done.stderr or b""), done.stderr.decode()
    assert b"Exception ignored" not in (done.stderr or b""), done.stderr.decode()
    return done


def short(tiny: str) -> list[str]:
    return ["-m", tiny, "-n", "4", "-s", "1", "-t", "1", "--ignore-eos"]


# Input


def test_a_hyphen_is_the_input(tiny: str) -> None:
    from_input = run("generate", *short(tiny), "-f", "-", input="Über 🐟".encode())
    given = run("generate", *short(tiny), "-p", "Über 🐟")
    assert (from_input.returncode, from_input.stdout) == (0, given.stdout)
    assert given.stdout.strip(b"\n")


def test_an_input_that_is_no_text(tiny: str) -> None:
    done = run("generate", *short(tiny), "-f", "-", input=b"\xff\xfe")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "the input is not UTF-8 (byte 0)" in done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["generate", "-f", "-"], 2), (["presets", "import", "-"], 1), (["-"], 1)],
)
def test_a_closed_input_is_said_in_one_line(arguments: list[str], status: int) -> None:
    done = run(*arguments, preexec_fn=lambda: os.close(0))
    assert (done.returncode, done.stdout) == (status, b"")
    assert b"the input is closed" in done.stderr.splitlines()[0]


# Output

COMMANDS = {
    "generate": ["generate", "-p", "a"],
    "generate --json": ["generate", "-p", "a", "--json"],
    "compare": ["compare", "-p", "a", "--temperatures", "0,1"],
    "compare --html -": ["compare", "-p", "a", "--temperatures", "0,1", "--html", "-"],
    "presets list": ["presets", "list"],
    "help": ["generate", "--help"],
}


def called(name: str, tiny: str) -> list[str]:
    with_model = name.startswith(("generate", "compare"))
    return COMMANDS[name] + (short(tiny) if with_model else [])


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_is_said_in_one_line(name: str, tiny: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run(*called(name, tiny), stdout=full)
    assert done.returncode == 1
    command = COMMANDS[name][0]
    last = done.stderr.decode().splitlines()[-1]
    assert last == f"studio {command}: the output could not be written: No space left on device"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_closed_output_is_said_in_one_line(name: str, tiny: str) -> None:
    done = run(*called(name, tiny), stdout=None, preexec_fn=lambda: os.close(1))
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1].endswith("the output is closed")


@pytest.mark.parametrize("name", COMMANDS)
def test_closed_messages_stop_nothing(name: str, tiny: str) -> None:
    done = run(*called(name, tiny), stderr=None, preexec_fn=lambda: os.close(2))
    assert done.returncode == 0
    assert done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_a_reader_that_has_gone(name: str, tiny: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = run(*called(name, tiny), stdout=writer)
    finally:
        os.close(writer)
    assert done.returncode == 0
    assert b"could not be written" not in done.stderr


def on_a_terminal(
    arguments: list[str], environment: dict[str, str], status: int | None = 0
) -> bytes:
    """What a terminal is sent on standard output; `status` is the command's, None for any."""
    screen, end = pty.openpty()
    try:
        done = run(*arguments, stdout=end, environment=dict(environment))
        assert status in (None, done.returncode), done.stderr.decode()
        os.close(end)
        shown = b""
        while True:
            try:
                part = os.read(screen, 65536)
            except OSError:  # Linux's word for the end
                return shown
            if not part:
                return shown
            shown += part
    finally:
        os.close(screen)


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}


def test_an_ascii_terminal(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"name": "Grüße", "description": "Für “Briefe”."}')
    shown = on_a_terminal(["presets", "list", "--folder", str(tmp_path)], ASCII)
    assert b"Gr\\xfc\\xdfe" in shown
    assert shown.isascii()


def test_a_pipe_gets_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"name": "Grüße"}')
    done = run("presets", "list", "--folder", str(tmp_path), environment=dict(ASCII))
    assert "Grüße" in done.stdout.decode()


def test_messages_on_an_ascii_terminal() -> None:
    done = run("presets", "show", "Grüße", environment=dict(ASCII))
    assert done.returncode == 1
    assert done.stderr.isascii()


def test_strangers_words_never_steer_a_terminal(tmp_path: Path, tiny: str) -> None:
    evil = "x\x1b]0;owned\x07\u202e"
    preset = tmp_path / "a.json"
    preset.write_text('{"name": "A", "description": "\\u001b]0;owned\\u0007"}')
    shown = on_a_terminal(["presets", "list", "--folder", str(tmp_path)], {})
    assert b"\x1b" not in shown
    assert b"\\x1b]0;owned" in shown
    refused = run("presets", "import", str(tmp_path / evil), "--folder", str(tmp_path))
    missing = run("generate", "-p", "a", "-m", str(tmp_path / f"{evil}.gguf"))
    for done in (refused, missing):
        assert done.returncode == 1
        assert b"\x1b" not in done.stderr
        assert b"\\x1b]0;owned\\x07\\u202e" in done.stderr
    # What the tiny model writes is noise, controls among it; a file gets it as it is.
    arguments = ["generate", "-p", "a", *short(tiny), "-n", "200"]
    noise = run(*arguments).stdout
    assert any(byte < 32 and byte not in b"\n\t" for byte in noise), "the test needs a control"
    shown = on_a_terminal(arguments, {})
    assert not any(byte < 32 and byte not in b"\r\n\t" for byte in shown)


# Status


def test_an_interrupt_at_the_prompts_input(tiny: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "studio", "generate", *short(tiny), "-f", "-"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONPROFILEIMPORTTIME": "1"},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr
        # The command's own imports have begun; in a moment it reads.
        while b"studio.engine.engine" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        messages = process.stderr.read()
        assert process.wait(60) == 130
        assert b"Traceback" not in messages


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["genrate"], "generate"),
        (["genrate", "-p", "a"], "generate"),
        (["presets", "lits"], "list"),
        (["generate", "-p", "a", "--tempratur", "1"], "--temperature"),
        (["generate", "-p", "a", "--preset", "Creativ writing"], "Creative writing"),
        (["compare", "-p", "a", "--presets", "Kode"], "Code"),
        (["generate", "-p", "a", "--samplers", "top_k;min-q"], "min_p"),
    ],
)
def test_what_was_probably_meant(arguments: list[str], meant: str) -> None:
    name, *others = arguments
    # Which commands there are, the program knows.
    done = run(*arguments) if name == "genrate" else run_here(name, *others)
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"Did you mean “{meant}”?" in done.stderr.decode()
    assert len(done.stderr.splitlines()) <= 2


# Seed, cut, context


def test_the_seed_and_the_cut_are_said(tiny: str) -> None:
    done = run("generate", "-m", tiny, "-p", "a" * 300, "-n", "2", "-t", "1", "-c", "128")
    said = done.stderr.decode().splitlines()
    assert done.returncode == 0
    assert said[0].startswith("studio generate: the prompt's first ")
    assert "left out" in said[0]
    seed = said[-1].removeprefix("studio generate: seed ")
    again = run(
        "generate", "-m", tiny, "-p", "a" * 300, "-n", "2", "-t", "1", "-c", "128", "-s", seed
    )
    assert again.stdout == done.stdout


def test_a_whole_prompt_is_not_said_to_be_cut(tiny: str) -> None:
    done = run("generate", *short(tiny), "-p", "a")
    assert done.stderr.decode() == "studio generate: seed 1\n"


SIZES = (1, 2, 9, 10, 11, 16, 43, 44, 48, 64)
IN_EACH_CONTEXT = f"""
import json, sys
from tests.helpers.commands_here import run_here

for size in {SIZES}:
    done = run_here(*sys.argv[1:], "-c", str(size))
    print(json.dumps([done.returncode, done.stderr.decode()]), flush=True)
"""


@pytest.mark.parametrize("command", ["generate", "compare"])
def test_every_context_size_works_or_is_refused(command: str, tiny: str) -> None:
    """In one process of its own: what llama.cpp asserts would end it."""
    lanes = ["--temperatures", "0,0,0,0,0,0,0,0"] if command == "compare" else []
    done = subprocess.run(
        [sys.executable, "-P", "-c", IN_EACH_CONTEXT, command, *short(tiny), "-p", "a", *lanes],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=100,
    )
    assert (done.returncode, done.stderr) == (0, b""), done.stdout.decode() + done.stderr.decode()
    ended = [json.loads(line) for line in done.stdout.splitlines()]
    for size, (status, said) in zip(SIZES, ended, strict=True):
        assert status in (0, 1, 2), f"{size}: {said}"
        assert "ASSERT" not in said
        if size < 10:
            assert f"context_size is {size}; allowed is 10 to" in said
        elif status:
            assert f"{size} tokens" in said
    assert ended[-1][0] == 0, "64 tokens are enough"


# No display


@pytest.mark.parametrize(
    ("display", "said"),
    [(None, "DISPLAY and WAYLAND_DISPLAY are not set"), (":3141", "could not connect to display")],
)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11")
def test_no_display_is_one_line(display: str | None, said: str) -> None:
    done = run(environment={"DISPLAY": display, "WAYLAND_DISPLAY": None, "QT_QPA_PLATFORM": None})
    assert (done.returncode, done.stdout) == (1, b"")
    [line] = done.stderr.decode().splitlines()
    assert line.startswith("studio: no window can be opened here: ")
    assert said in line
    assert "generate" in line
