"""Makes the locks: for each requirements*.in the versions and hashes of all it asks for.

The locks hold for every platform and every Python from the oldest supported one on, and name no
package index: which one serves them is the installing machine's own affair. uv makes them; nothing
else needs it. This module installs nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

OPTIONS = (
    *("--universal", "--python-version", "3.11"),
    # One version of numpy for all Pythons: what was tested is what is installed.
    *("--fork-strategy", "fewest"),
    "--generate-hashes",
    *("--custom-compile-command", "python3 packaging/bootstrap.py lock"),
)
# Each lock, and what goes into it: the first is the base, whose versions the others keep to.
LOCKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("requirements", ("requirements.in", "../pyproject.toml")),
    ("requirements-dev", ("requirements-dev.in", "-c", "requirements.lock")),
    ("requirements-build", ("requirements-build.in", "-c", "requirements.lock")),
    ("requirements-pip", ("requirements-pip.in",)),
    ("requirements-model", ("requirements-model.in", "--no-deps")),
)


def lock(root: Path, extra: Sequence[str]) -> int:
    """Remakes every lock, keeping the versions that are locked unless `extra` says otherwise.

    Args:
        root: the folder of pyproject.toml.
        extra: more arguments of `uv pip compile`, such as --upgrade.

    Returns:
        The exit status: uv's, or 1 where there is no uv.
    """
    scripts = root / ".venv" / ("Scripts" if sys.platform == "win32" else "bin")
    uv = shutil.which("uv", path=f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}")
    if uv is None:
        print(
            "The locks are made with uv, and there is none. Install it with\n\n"
            f"    {scripts / 'python'} -m pip install uv\n\nand run the same command again.",
            file=sys.stderr,
        )
        return 1
    folder = root / "packaging"
    for name, inputs in LOCKS:
        print(f"{name}.lock", file=sys.stderr)
        command = [uv, "pip", "compile", "--quiet", *OPTIONS, *inputs, *extra]
        done = subprocess.run([*command, "-o", f"{name}.lock"], cwd=folder, check=False)
        if done.returncode:
            return done.returncode
    return 0
