"""How this program is called once more, for the parts of it that run in a process of their own."""

import sys


def own_command(*arguments: str) -> list[str]:
    """The command line of this same program with other arguments.

    A frozen program is its own interpreter and takes the arguments itself.
    """
    own = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "studio"]
    return [*own, *arguments]
