"""The commands: set up what is missing, then start the program or its tests.

When nothing is missing only a few small files are read, so that `run` starts at once and needs no
network.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from .environment import TO_RUN, TO_TEST, Environment, Step, clean_env

if TYPE_CHECKING:
    from .running import Runner
    from .system import For

LOG = Path("build") / "bootstrap.log"
LOCK = Path("build") / "bootstrap.lock"


def run(root: Path, arguments: Sequence[str]) -> int:
    """Starts the program in .venv, in the caller's own folder, after setting up what is missing."""
    if not _ready(root, TO_RUN, windows=True):
        return 1
    environment = Environment(root)
    env = clean_env(os.environ)
    # `-P`: a file named like a module, beside the writer's texts, must not be taken for one.
    command = [str(environment.python), "-P", "-m", "studio", *arguments]
    if sys.platform != "win32":
        os.execve(command[0], command, env)
    from .running import pass_through

    return pass_through(command, env)


def setup(root: Path, *, dev: bool, fresh: bool) -> int:
    """Sets up what is missing, and starts nothing.

    Args:
        root: the folder of pyproject.toml.
        dev: also the tools of the tests.
        fresh: all of it, from nothing.
    """
    if not _ready(root, TO_TEST if dev else TO_RUN, windows=True, fresh=fresh):
        return 1
    print("All is set up.", file=sys.stderr)
    return 0


def test(root: Path, arguments: Sequence[str]) -> int:
    """Runs the test suite in .venv and returns pytest's exit status."""
    from .temporary_files import in_memory

    if not _ready(root, TO_TEST, windows=False):
        return 1
    # `-P`: this folder holds a `packaging`, which pytest knows as something else.
    command = [str(Environment(root).python), "-P", "-m", "pytest", *side_by_side(arguments)]
    with in_memory(clean_env(os.environ)) as env:
        return _test(root, command, env)


def side_by_side(arguments: Sequence[str]) -> list[str]:
    """Has the unit tier run in several processes: its tests compute, where those of others wait."""
    if list(arguments[:2]) != ["-m", "unit"] or "-n" in arguments:
        return list(arguments)
    # pytest-xdist waits without end for a process that has taken the place of a crashed one.
    workers = ("-n", "auto", "--maxprocesses=4", "--dist=worksteal", "--max-worker-restart=0")
    return [*workers, *arguments]


def _test(root: Path, command: Sequence[str], env: Mapping[str, str]) -> int:
    """Runs the tests' command on a screen of their own, where there can be one."""
    from .display import ScreenError, off_screen, on_screen, virtual_screen
    from .running import pass_through

    lacking = _screen_lacks(root)
    if not lacking:
        try:
            with virtual_screen(root / LOG) as display:
                print(f"Tests run on a screen of their own, Xvfb {display}.", file=sys.stderr)
                return pass_through(command, on_screen(env, display), root)
        except ScreenError as error:
            lacking = f"Xvfb did not start: {error}"
    print(f"Tests run on Qt's offscreen platform. {lacking}", file=sys.stderr)
    return pass_through(command, off_screen(env), root)


def check(root: Path, names: Sequence[str]) -> int:
    """Checks style, types and import rules with the tools in .venv; returns the exit status.

    Args:
        root: the folder of pyproject.toml.
        names: which checks; all where there are none.
    """
    from .checks import run_checks

    return run_checks(root, names) if _ready(root, TO_TEST, windows=False) else 1


def _ready(root: Path, steps: Sequence[Step], *, windows: bool, fresh: bool = False) -> bool:
    """Does what is pending of `steps`.

    Args:
        root: the folder of pyproject.toml.
        steps: what must be set up.
        windows: whether windows will open on the user's screen.
        fresh: do all of it, from nothing.

    Returns:
        Whether all is set up now; if not, it has reported why.
    """
    try:
        if not fresh and not Environment(root).pending(steps):
            return True
    except FileNotFoundError as error:
        print(f"This checkout is not complete: {error.filename} is missing.", file=sys.stderr)
        return False
    from .running import TO_END, Console, Runner, SetUpError
    from .turns import turn

    console = Console()
    for name in TO_END:  # what we started must end with us
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _leave)

    def waiting() -> None:
        console.say("Another set-up is at work in this folder; waiting for it to end.")

    try:
        with turn(root / LOCK, waiting):
            # Whoever had the turn before us may have done all of it.
            environment = Environment(root)
            pending = list(steps) if fresh else environment.pending(steps)
            if pending:
                if fresh:
                    environment.forget()
                elif environment.record and environment.record.unfinished:
                    console.say("The last set-up was cut short; it begins anew.")
                _set_up(environment, pending, windows, Runner(console, root / LOG))
    except SetUpError as failure:
        console.say(f"\n{failure}\n")
        return False
    except OSError as error:
        console.say(f"\nThe set-up failed: {error}\n\nWhat to do: see that {root} may be written.")
        return False
    return True


def _leave(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def _set_up(
    environment: Environment, pending: Sequence[Step], windows: bool, runner: Runner
) -> None:
    """Brings the system's parts, then does the pending steps, telling which and how long."""
    import time

    from .environment import ENVIRONMENT, REQUIREMENTS
    from .running import seconds
    from .system import For

    purposes = {For.QT}
    if windows:
        purposes.add(For.SCREEN)
    if ENVIRONMENT in pending:
        purposes.add(For.ENVIRONMENT)
    if REQUIREMENTS in pending:
        purposes.add(For.COMPILING)
        if environment.backend.upper() in For.__members__:
            purposes.add(For[environment.backend.upper()])
    _require(purposes, runner)
    for number, step in enumerate(pending, start=1):
        started = time.monotonic()
        runner.console.say(f"step {number} of {len(pending)}: {step.title}")
        environment.perform(step, runner)
        runner.console.say(f"  done in {seconds(time.monotonic() - started)}")


def _require(purposes: set[For], runner: Runner) -> None:
    """Sees to it that the system has what is needed for these purposes.

    Raises:
        SetUpError: something is missing, and it is not for us to install it, or we could not.
    """
    from .running import SetUpError
    from .system import Probe, install_command, is_root, manager, missing, packages

    probe = Probe()
    lacking = missing(purposes, probe)
    if not lacking:
        return
    names = ", ".join(part.name for part in lacking)
    if is_root() and manager(probe) == "apt-get":
        runner.console.say(f"Installing what the system lacks: {names}")
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        apt = ["apt-get", "-o", "DPkg::Lock::Timeout=300"]
        runner.run("Fetching the list of system packages", [*apt, "update"], env)
        install = [*apt, "install", "-y", "--no-install-recommends"]
        wanted = packages(lacking, "apt-get")
        runner.run("Installing system packages", [*install, *wanted], env)
        lacking = missing(purposes, probe)
        if not lacking:
            return
        names = ", ".join(part.name for part in lacking)
    command = install_command(lacking, probe, is_root())
    raise SetUpError(
        f"The system lacks {names}",
        f"Run this, then the same command again:\n\n    {command}"
        if command
        else "Install these with your system's package manager, then run the same command again.",
    )


def _screen_lacks(root: Path) -> str:
    """Returns why the tests cannot have a screen of their own, or nothing when they can."""
    from .running import Console, Runner, SetUpError
    from .system import For, Probe, install_command, is_root, missing

    if not sys.platform.startswith("linux"):
        return "A screen of their own (Xvfb) is for Linux."
    purposes = {For.SCREEN, For.TEST_SCREEN}
    probe = Probe()
    lacking = missing(purposes, probe)
    if lacking and is_root():
        try:
            _require(purposes, Runner(Console(), root / LOG))
        except SetUpError as failure:
            return str(failure)
        lacking = missing(purposes, probe)
    if not lacking:
        return ""
    names = ", ".join(part.name for part in lacking)
    command = install_command(lacking, probe, is_root())
    return f"For a screen of their own, {names} would be needed" + (
        f": {command}" if command else "."
    )
