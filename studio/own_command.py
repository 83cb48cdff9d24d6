"""How this program is called once more, for the parts of it that run in a process of their own.

Python takes modules from the folder one stands in and from wherever the environment says. A process
of ours takes them from where this one has them, and from nowhere else: a file `msgspec.py` beside a
stranger's story is never run.
"""

import sys
from pathlib import Path


def own_command(*arguments: str) -> list[str]:
    """The command line of this same program with other arguments.

    Isolated (`-I`): neither the folder that it starts in nor what the environment says to Python
    counts. So it is given where modules lie; a relative entry of this process's path is no place of
    ours. A frozen program is its own interpreter, isolated as it was built, and takes the arguments
    itself.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, *arguments]
    own = str(Path(__file__).parents[1])
    path = [entry for entry in sys.path if Path(entry).is_absolute()]
    if own not in path:
        path.insert(0, own)
    program = (
        f"import sys; sys.path[:] = {path!a}; from studio.__main__ import main; sys.exit(main())"
    )
    # What the user has said of the files that Python itself writes holds for them too.
    options = ["-B"] if sys.dont_write_bytecode else []
    if sys.pycache_prefix is not None:
        options += ["-X", f"pycache_prefix={sys.pycache_prefix}"]
    return [sys.executable, "-I", *options, "-c", program, *arguments]


def own_folder() -> Path:
    """Where such a process is to stand: in the program's own folder, and never in a writer's.

    llama.cpp, too, looks for libraries in the folder that it is started in.
    """
    return (
        Path(sys.executable).parent if getattr(sys, "frozen", False) else Path(__file__).parents[1]
    )
