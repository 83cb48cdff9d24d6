"""What mypy has found out in one checkout is there for the next one, and never decides alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from bootstrapping.checks import run_checks
from bootstrapping.environment import Environment

MYPY = """\
#!{python}
import pathlib, sys
cache = pathlib.Path(".mypy_cache")
found = sorted(path.name for path in cache.glob("*"))
with open("runs", "a") as runs:
    print(*found, file=runs)
if pathlib.Path("mistake").exists() or "broken" in found:
    sys.exit(1)
cache.mkdir(exist_ok=True)
(cache / "facts").touch()
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="mypy's stand-in is a script")


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it is kept."""
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "cache"))
    return Environment(tmp_path).kept_types()


def checkout(folder: Path) -> Path:
    """A new one, with a program in mypy's place that writes down what it finds."""
    mypy = folder / ".venv" / "bin" / "mypy"
    mypy.parent.mkdir(parents=True)
    mypy.write_text(MYPY.format(python=sys.executable))
    mypy.chmod(0o755)
    return folder


def runs(folder: Path) -> list[str]:
    """What was found by each."""
    return (folder / "runs").read_text().splitlines()


@pytest.mark.process
def test_another_checkout_begins_with_what_the_first_one_found(tmp_path: Path) -> None:
    first, second = checkout(tmp_path / "first"), checkout(tmp_path / "second")
    assert run_checks(first, ["types"]) == 0
    assert run_checks(second, ["types"]) == 0
    assert run_checks(second, ["types"]) == 0
    assert runs(first) == [""]
    assert runs(second) == ["facts", "facts"]


@pytest.mark.process
def test_one_that_is_broken_is_no_failure_and_is_replaced(tmp_path: Path, kept: Path) -> None:
    kept.mkdir(parents=True)
    (kept / "broken").touch()
    one = checkout(tmp_path / "one")
    assert run_checks(one, ["types"]) == 0
    assert runs(one) == ["broken", ""]
    assert [path.name for path in kept.iterdir()] == ["facts"]
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


@pytest.mark.process
def test_a_mistake_is_one_and_what_was_found_with_it_is_not_kept(
    tmp_path: Path, kept: Path
) -> None:
    one = checkout(tmp_path / "one")
    (one / "mistake").touch()
    assert run_checks(one, ["types"]) == 1
    assert runs(one) == [""]
    assert not kept.exists()
