"""Sets Kelvin Studio up and starts it, or its tests: the one command of a fresh machine.

    python3 packaging/bootstrap.py run  [arguments of the program ...]
    python3 packaging/bootstrap.py test [arguments of pytest ...]
    python3 packaging/bootstrap.py check [ruff | format | types | imports ...]

This file reads the command line and composes the modules of `bootstrapping`, beside it, which do
the work. It uses the standard library only, and keeps to a syntax that Python 3.6 can read (hence
the quotation marks around types), so that an old Python can say that it is too old.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
BACKENDS = ("cpu", "vulkan", "cuda", "metal", "rocm")

HELP = """\
Kelvin Studio: set up and started in one command.

  python3 packaging/bootstrap.py run [arguments ...]    start the program
  python3 packaging/bootstrap.py test [arguments ...]   run the test suite (arguments of pytest)
  python3 packaging/bootstrap.py check [names ...]      check style, types and import rules, or of
                          these: ruff, format, types, imports
  python3 packaging/bootstrap.py setup [--dev] [--fresh]
                          only set up; --dev: with the tools of the tests; --fresh: from nothing
  python3 packaging/bootstrap.py lock [arguments ...]   remake the locks (arguments of uv, such as
                          --upgrade)

  --backend cpu|vulkan|cuda|metal|rocm, before any of these or alone: what llama.cpp is built to
                          compute with; remembered, and each build is kept for the next time

What is set up lies in .venv, beside pyproject.toml; deleting that folder undoes it. Once it is set
up, nothing is installed or fetched again until the locks change.

llama.cpp is compiled on this machine. Further options of its own go in CMAKE_ARGS, such as
  CMAKE_ARGS="-DGGML_BLAS=on" python3 packaging/bootstrap.py run
They are remembered until CMAKE_ARGS says otherwise.
"""


def too_old(version: "tuple[int, ...]", executable: str) -> "str | None":
    """Returns the one line that refuses a Python older than `OLDEST_PYTHON`, or None.

    Args:
        version: as much of `sys.version_info` as there is: major, minor, micro.
        executable: the interpreter, as the user may know it.
    """
    if tuple(version[:2]) >= OLDEST_PYTHON:
        return None
    oldest = ".".join(map(str, OLDEST_PYTHON))
    found = ".".join(map(str, version[:3]))
    return (
        f"Kelvin Studio needs Python {oldest} or newer, and {executable} is Python {found}: "
        f"install a newer one and start this with it, as in: python{oldest} packaging/bootstrap.py"
    )


def main(arguments: "list[str]") -> int:
    """Does what the command line asks and returns the exit status."""
    refusal = too_old(tuple(sys.version_info[:3]), sys.executable)
    if refusal:
        print(refusal, file=sys.stderr)
        return 1
    if arguments[:1] == ["--backend"]:
        if arguments[1:2] and arguments[1] in BACKENDS:
            os.environ["KELVIN_BACKEND"] = arguments[1]
            arguments = arguments[2:] or ["setup"]
        else:
            said = " ".join(arguments[1:2]) or "nothing"
            print(
                f"--backend: expected one of {', '.join(BACKENDS)}, and found: {said}",
                file=sys.stderr,
            )
            return 2
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if command in ("-h", "--help", "help"):
        print(HELP, end="")
        return 0
    # Imported only now: older Pythons stop above, and a started program waits for what it needs.
    if command == "run":
        from bootstrapping.commands import run

        return run(ROOT, rest)
    if command == "test":
        from bootstrapping.commands import test

        return test(ROOT, rest)
    if command == "check":
        from bootstrapping.commands import check

        return check(ROOT, rest)
    if command == "setup" and set(rest) <= {"--dev", "--fresh"}:
        from bootstrapping.commands import setup

        return setup(ROOT, dev="--dev" in rest, fresh="--fresh" in rest)
    if command == "lock":
        from bootstrapping.locks import lock

        return lock(ROOT, rest)
    said = " ".join(arguments) or "nothing"
    expected = "Expected run, test, check, setup or lock"
    print(f"{expected}, and found: {said}\n\n{HELP}", end="", file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("\nStopped. The same command takes it up again.", file=sys.stderr)
        # Threads that still read from a child must not keep an interrupted program waiting.
        os._exit(130)
