"""`python -m studio`: which part of the program the arguments ask for."""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from studio import __version__
from studio.__main__ import main

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    """As where the program starts; the window's start puts it off, and here comes none."""
    gc.enable()
    yield
    gc.disable()


class Called:
    """Stands in for a part of the program; notes what it was called with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, package: str, name: str) -> None:
        self.arguments: tuple[object, ...] | None = None
        module = ModuleType(f"{package}.{name}")
        module.main = self._main  # type: ignore[attr-defined] # that is how one makes a module
        # `from package import name` takes the attribute, or else what is in sys.modules.
        monkeypatch.setitem(sys.modules, f"{package}.{name}", module)
        __import__(package)
        monkeypatch.setattr(sys.modules[package], name, module, raising=False)

    def _main(self, *arguments: object) -> int:
        self.arguments = arguments
        return 7


@pytest.mark.parametrize(
    ("package", "name", "given", "passed_on"),
    [
        ("studio.commands", "generate", ["generate", "--prompt", "a"], (["--prompt", "a"],)),
        ("studio.commands", "generate", ["generate", "--help"], (["--help"],)),
        ("studio.commands", "bench", ["bench", "--json"], (["--json"],)),
        ("studio.engine", "child", ["engine"], ()),
        ("studio.engine.templates", "template_process", ["render-template"], ()),
        ("studio.ui", "application", [], (None,)),
        ("studio.ui", "application", ["story.md"], ("story.md",)),
        ("studio.ui", "application", ["./generate"], ("./generate",)),
        ("studio.ui", "application", ["Über das Meer.txt"], ("Über das Meer.txt",)),
    ],
)
def test_the_part_asked_for_gets_the_rest(
    monkeypatch: pytest.MonkeyPatch,
    package: str,
    name: str,
    given: list[str],
    passed_on: tuple[object, ...],
) -> None:
    called = Called(monkeypatch, package, name)
    assert main(given) == 7
    assert called.arguments == passed_on
    begins_later = ("studio.ui", "studio.engine")
    assert gc.isenabled() is (package not in begins_later), "only these have it begin themselves"


def test_without_arguments_of_its_own_it_takes_the_processs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called = Called(monkeypatch, "studio.ui", "application")
    monkeypatch.setattr(sys, "argv", ["studio", "story.txt"])
    assert main() == 7
    assert called.arguments == ("story.txt",)


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([option]) == 0
    output = capsys.readouterr()
    assert output.out.startswith("usage: kelvin-studio [FILE]")
    assert "generate" in output.out
    assert "bench" in output.out
    # What the program starts by itself is nobody's to call.
    assert "render-template" not in output.out
    assert output.err == ""


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_version(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([option]) == 0
    assert capsys.readouterr().out == f"Kelvin Studio {__version__}\n"


@pytest.mark.parametrize("given", [["--nonsense"], ["-x", "story.txt"]])
def test_an_unknown_option_is_named(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(given) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"studio: there is no option {given[0]}\n")
    assert "usage:" in output.err


def test_a_second_file_is_one_too_many(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["one.txt", "two.txt"]) == 2
    assert "“two.txt” is one too many" in capsys.readouterr().err


def test_the_process_itself() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "studio", "--version"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"Kelvin Studio {__version__}\n", "")
    done = subprocess.run(
        [sys.executable, "-m", "studio", "--nonsense"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2


def test_blas_keeps_to_one_thread_whatever_the_environment_says() -> None:
    program = "import studio.__main__, os; print(os.environ['OPENBLAS_NUM_THREADS'])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "8"},
    )
    assert done.stdout == "1\n", done.stderr
