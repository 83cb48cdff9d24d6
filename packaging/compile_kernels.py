"""Compiles the sampler's passes over a vocabulary (`kernels.c`) as the program is installed.

Hatchling, which builds the program's wheel, calls this; for a checkout that is installed "editable"
too. The library comes to stand beside its source. Where there is no compiler, or it refuses, that
is said, and the program is installed without: numpy does the same then, in several times as long.
"""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("studio", "sampling", "logits")
SOURCE = FOLDER / "kernels.c"
SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
LIBRARY = FOLDER / f"_kernels{SUFFIX}"

COMPILERS = ("cc", "gcc", "clang")
OPTIONS = (
    *("-std=c11", "-O3", "-shared", "-fPIC", "-fvisibility=hidden"),
    # Sums may be taken in any order where the source says so, and nobody looks at traps or errno:
    # without this no loop with a comparison in it is widened.
    *("-fopenmp-simd", "-fno-trapping-math", "-fno-math-errno", "-ffp-contract=fast"),
)


class CompileKernels(BuildHookInterface[Any]):
    """Compiles before the wheel is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and have the library in the wheel."""
        root = Path(self.root)
        failure = compile_kernels(root)
        if failure:
            self.app.display_warning(f"{SOURCE} is not compiled, so sampling is slower: {failure}")
            return
        build_data["artifacts"].append(LIBRARY.as_posix())
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"  # the library knows nothing of Python


def compile_kernels(root: Path) -> str:
    """Compile the source under `root`; what failed, or nothing.

    A library that is there already is replaced as a whole, for a program that runs may have it
    open, or removed where it cannot be made anew: it may be another source's.
    """
    library, made = root / LIBRARY, root / FOLDER / f"_kernels-new{SUFFIX}"
    failure = _compile(root / SOURCE, made)
    if failure:
        library.unlink(missing_ok=True)
    else:
        made.replace(library)
    return failure


def _compile(source: Path, library: Path) -> str:
    command = _compiler()
    if not command:
        return f"no C compiler was found ({', '.join(COMPILERS)}, or what the variable CC names)."
    try:
        done = subprocess.run(
            [*command, *OPTIONS, str(source), "-o", str(library), "-lm"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        return f"{command[0]} does not start: {error}"
    if done.returncode:
        library.unlink(missing_ok=True)
        return f"{command[0]} ended with {done.returncode}:\n{done.stderr.strip()}"
    return ""


def _compiler() -> list[str]:
    """Return the command of a compiler that takes these options, or nothing."""
    if sys.platform == "win32":  # Microsoft's takes others, and has not been tried
        return []
    named = shlex.split(os.environ.get("CC", ""))
    found = [[name] for name in COMPILERS if shutil.which(name)]
    return named or next(iter(found), [])
