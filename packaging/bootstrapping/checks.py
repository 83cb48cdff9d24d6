"""The checks of style, types and import rules: one list for CI, for git's hooks and for people.

Each is a tool of .venv, started in the checkout as it stands. This module runs no test.
"""

from __future__ import annotations

import contextlib
import os
import shutil
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
    environment = Environment(root)
    failed = []
    for name in names or CHECKS:
        check = _check_types if name == "types" else _check
        if not check(environment, name):
            failed.append(name)
    if failed:
        print(f"\nFailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _check(environment: Environment, name: str) -> bool:
    """Runs a check, and returns whether it passes."""
    program, *arguments = CHECKS[name]
    print(f"\n== {' '.join(CHECKS[name])}", file=sys.stderr, flush=True)
    command = [str(environment.scripts / program), *arguments]
    env = clean_env(os.environ)
    return not subprocess.run(command, cwd=environment.root, env=env, check=False).returncode


def _check_types(environment: Environment, name: str) -> bool:
    """Checks types; in a new checkout, from what mypy has found out in another one.

    mypy compares every file's content with what it knows, so that this takes seconds and not half a
    minute. A mistake is believed only where all was checked from nothing.
    """
    own, kept = environment.root / ".mypy_cache", environment.kept_types()
    if own.exists():
        return _check(environment, name)
    is_taken = _copy(kept, own)
    passes = _check(environment, name)
    if is_taken and not passes:
        shutil.rmtree(own)
        passes = _check(environment, name)
    beside = kept.with_name(f"{kept.name}-{os.getpid()}")
    if passes and _copy(own, beside):
        # At once, for another checkout may just look there.
        shutil.rmtree(kept, ignore_errors=True)
        with contextlib.suppress(OSError):
            beside.rename(kept)
    shutil.rmtree(beside, ignore_errors=True)
    return passes


def _copy(folder: Path, copy: Path) -> bool:
    """Copies a folder, and returns whether it is there, whole."""
    try:
        shutil.copytree(folder, copy)
    except OSError:
        shutil.rmtree(copy, ignore_errors=True)
        return False
    return True
