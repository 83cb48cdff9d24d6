"""Real children of `bootstrap.py`, in a checkout whose .venv holds stand-ins for the programs."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from bootstrapping.environment import TO_TEST, Environment, Record

ROOT = Path(__file__).resolve().parents[2]

STAND_IN = """\
import json, os, sys
names = ("KELVIN_TEST_DISPLAY", "QT_QPA_PLATFORM", "DISPLAY")
print(json.dumps([sys.argv[1:], os.getcwd(), sys.prefix, {n: os.environ.get(n) for n in names}]))
sys.exit(23)
"""


def _copy(checkout: Path, folder: Path) -> Path:
    """Copy what the set-up reads of a checkout."""
    shutil.copytree(checkout / "packaging", folder / "packaging")
    for step in TO_TEST:
        for name in step.inputs:
            if not (folder / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(checkout / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which everything counts as set up."""
    root = tmp_path_factory.mktemp("checkout").resolve()
    _copy(ROOT, root)
    venv.create(root / ".venv", symlinks=sys.platform != "win32")
    paths = {"base": str(root / ".venv"), "platbase": str(root / ".venv")}
    library = Path(sysconfig.get_path("purelib", "venv", paths))
    for name in ("studio", "pytest"):
        (library / f"{name}.py").write_text(STAND_IN, encoding="utf-8")
    environment = Environment(root, os.environ)
    environment.record = Record(cmake_args=os.environ.get("CMAKE_ARGS", ""))
    environment.record.finished = {step.key: environment.fingerprint(step) for step in TO_TEST}
    environment.record.save(root / ".venv" / "bootstrap.json")
    return root


def call(
    checkout: Path, cwd: Path, *arguments: str, **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(checkout / "packaging" / "bootstrap.py"), *arguments],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_run_starts_the_program_at_once_and_says_nothing_itself(
    checkout: Path, tmp_path: Path
) -> None:
    # Files that are named like modules lie beside the writer's texts, and mean nothing.
    for name in ("json.py", "studio.py"):
        (tmp_path / name).write_text("raise RuntimeError('the wrong one')", encoding="utf-8")
    done = call(checkout, tmp_path, "run", "my novel.txt", "--help", "")
    assert (done.returncode, done.stderr) == (23, "")
    arguments, cwd, prefix, _ = json.loads(done.stdout)
    assert arguments == ["my novel.txt", "--help", ""]
    assert Path(cwd).resolve() == tmp_path.resolve()
    assert Path(prefix).resolve() == checkout / ".venv"


def test_nothing_is_written_when_nothing_is_to_do(checkout: Path, tmp_path: Path) -> None:
    record = checkout / ".venv" / "bootstrap.json"
    before = record.stat().st_mtime_ns
    call(checkout, tmp_path, "run")
    assert record.stat().st_mtime_ns == before
    assert call(checkout, tmp_path, "setup", "--dev").returncode == 0
    assert record.stat().st_mtime_ns == before


def test_the_suite_runs_in_the_checkout_and_gets_its_screen(checkout: Path, tmp_path: Path) -> None:
    # Without programs to be found there is no Xvfb, and no package manager that could bring it.
    done = call(checkout, tmp_path, "test", "-k", "a name", PATH=str(tmp_path), DISPLAY=":77")
    assert done.returncode == 23
    arguments, cwd, _, env = json.loads(done.stdout)
    assert arguments == ["-k", "a name"]
    assert Path(cwd).resolve() == checkout
    assert env["KELVIN_TEST_DISPLAY"] == env["QT_QPA_PLATFORM"] == "offscreen"
    assert "offscreen" in done.stderr


@pytest.mark.skipif(os.environ.get("KELVIN_TEST_DISPLAY") != "xvfb", reason="no Xvfb here")
def test_the_suite_never_uses_the_user_s_own_screen(checkout: Path, tmp_path: Path) -> None:
    done = call(checkout, tmp_path, "test", DISPLAY=":77", QT_QPA_PLATFORM="wayland")
    assert done.returncode == 23
    _, _, _, env = json.loads(done.stdout)
    assert env["KELVIN_TEST_DISPLAY"] == "xvfb"
    assert env["QT_QPA_PLATFORM"] is None
    assert env["DISPLAY"] not in (None, ":77")
    assert env["DISPLAY"] in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="scripts of a shell")
def test_a_check_that_fails_does_not_hide_the_others(checkout: Path, tmp_path: Path) -> None:
    for name, status in (("ruff", 1), ("mypy", 0), ("lint-imports", 1)):
        script = checkout / ".venv" / "bin" / name
        script.write_text(f'#!/bin/sh\necho "{name} $* in $PWD"\nexit {status}\n', encoding="utf-8")
        script.chmod(0o755)
    done = call(checkout, tmp_path, "check")
    assert done.returncode == 1
    said = [line.removesuffix(f" in {checkout}").strip() for line in done.stdout.splitlines()]
    assert said == ["ruff check .", "ruff format --check .", "mypy", "lint-imports"]
    assert done.stderr.splitlines()[-1] == "Failed: ruff, format, imports"
    done = call(checkout, tmp_path, "check", "types")
    assert (done.returncode, done.stdout) == (0, f"mypy  in {checkout}\n")
    done = call(checkout, tmp_path, "check", "types", "spelling")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Expected checks of ruff, format, types, imports, and found: spelling" in done.stderr


def test_a_checkout_that_lacks_a_lock_says_which(checkout: Path, tmp_path: Path) -> None:
    broken = _copy(checkout, tmp_path)
    shutil.copytree(checkout / ".venv", broken / ".venv", symlinks=True)
    (broken / "packaging" / "requirements-pip.lock").unlink()
    done = call(broken, tmp_path, "run")
    assert done.returncode == 1
    assert "requirements-pip.lock is missing" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="what is looked for on Linux")
def test_missing_parts_are_named_before_anything_is_made(checkout: Path, tmp_path: Path) -> None:
    fresh = _copy(checkout, tmp_path)
    done = call(fresh, tmp_path, "run", PATH=str(tmp_path), CC="", CXX="")
    assert done.returncode == 1
    assert "The system lacks a C compiler, a C++ compiler" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (fresh / ".venv").exists()
