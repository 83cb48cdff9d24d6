"""The checks of style, types and import rules: one list for CI, for git's hooks and for people.

Each is a tool of .venv, started in the checkout as it stands. This module runs no test.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .environment import Environment, clean_env

CHECKS: Mapping[str, tuple[str, ...]] = {
    "ruff": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "types": ("mypy",),
    "imports": ("lint-imports",),
}
"""What each check runs, from quick to slow."""


def run_checks(root: Path, names: Sequence[str]) -> int:
    """Runs checks one after another; one that fails does not hide the others.

    Args:
        root: the folder of pyproject.toml.
        names: which of `CHECKS`; all where there are none.

    Returns:
        The exit status: 0 when all pass, 1 when one fails, 2 when one is not known.
    """
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        print(
            f"Expected checks of {', '.join(CHECKS)}, and found: {' '.join(unknown)}",
            file=sys.stderr,
        )
        return 2
    scripts = Environment(root).scripts
    failed = []
    for name in names or CHECKS:
        program, *arguments = CHECKS[name]
        print(f"\n== {' '.join(CHECKS[name])}", file=sys.stderr, flush=True)
        command = [str(scripts / program), *arguments]
        if subprocess.run(command, cwd=root, env=clean_env(os.environ), check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nFailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0
