import ast
import subprocess
import sys
from pathlib import Path

import bootstrap
import pytest
from bootstrapping.commands import side_by_side
from bootstrapping.environment import BACKENDS

SCRIPT = Path(bootstrap.__file__)


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False
    )


def test_help_names_every_command_and_ends_well() -> None:
    done = call("--help")
    assert done.returncode == 0
    for command in ("run", "test", "check", "setup", "lock"):
        assert f"bootstrap.py {command}" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [(), ("start",), ("setup", "--quick")])
def test_an_unknown_command_says_what_was_found_and_what_is_allowed(
    arguments: tuple[str, ...],
) -> None:
    done = call(*arguments)
    assert done.returncode == 2
    first = done.stderr.splitlines()[0]
    assert first.startswith("Expected run, test, check, setup or lock, and found: ")
    assert first.endswith(" ".join(arguments) or "nothing")
    assert done.stdout == ""


def test_a_backend_that_there_is_not_says_which_there_are() -> None:
    for arguments in (("--backend",), ("--backend", "opencl", "run")):
        done = call(*arguments)
        assert done.returncode == 2
        assert "expected one of cpu, vulkan, cuda, metal, rocm" in done.stderr
    assert tuple(BACKENDS) == bootstrap.BACKENDS


def test_the_unit_tier_alone_runs_in_several_processes() -> None:
    assert side_by_side(["-m", "unit", "-x"])[-6:] == [
        *("--maxprocesses=4", "--dist=worksteal", "--max-worker-restart=0"),
        *("-m", "unit", "-x"),
    ]
    for given in (["-m", "unit", "-n", "0"], ["-m", "not unit"], ["tests/ui"], []):
        assert side_by_side(given) == given


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 13), (2, 7, 18)])
def test_an_old_python_is_refused_in_one_line(version: tuple[int, ...]) -> None:
    refusal = bootstrap.too_old(version, "/usr/bin/python3")
    assert refusal is not None
    assert "\n" not in refusal
    assert ".".join(map(str, version)) in refusal
    assert "3.11" in refusal
    assert "/usr/bin/python3" in refusal


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 5), (4, 0, 0)])
def test_a_new_enough_python_is_not_refused(version: tuple[int, ...]) -> None:
    assert bootstrap.too_old(version, "python3") is None


def test_an_old_python_gets_as_far_as_the_refusal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 18, "final", 0))
    assert bootstrap.main(["run"]) == 1
    assert "3.8.18" in capsys.readouterr().err


def test_old_pythons_can_read_the_script() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 6))
    # Annotations are evaluated there: `list[str]` outside quotation marks would stop Python 3.8.
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    notes = [a.annotation for f in functions for a in f.args.args] + [f.returns for f in functions]
    assert notes
    assert all(isinstance(note, ast.Name | ast.Constant) for note in notes)
