"""The hook that compiles the sampler's passes: what it makes, and what it says when it cannot."""

import ctypes
import shutil
import sys
from pathlib import Path

import compile_kernels
import pytest

from studio.sampling.logits import kernels

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("cc"), reason="no C compiler"
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / compile_kernels.FOLDER).mkdir(parents=True)
    shutil.copy(ROOT / compile_kernels.SOURCE, tmp_path / compile_kernels.SOURCE)
    return tmp_path


def test_it_makes_the_library_that_the_program_looks_for(checkout: Path) -> None:
    assert ROOT / compile_kernels.LIBRARY == kernels.LIBRARY
    assert compile_kernels.compile_kernels(checkout) == ""
    library = ctypes.PyDLL(str(checkout / compile_kernels.LIBRARY))
    assert library.kelvin_version() == kernels._VERSION
    left = {path.name for path in (checkout / compile_kernels.FOLDER).iterdir()}
    assert left == {compile_kernels.SOURCE.name, compile_kernels.LIBRARY.name}


def test_a_source_that_does_not_compile_leaves_no_library(checkout: Path) -> None:
    assert compile_kernels.compile_kernels(checkout) == ""
    (checkout / compile_kernels.SOURCE).write_text("this is not C", encoding="utf-8")
    failure = compile_kernels.compile_kernels(checkout)
    assert "ended with" in failure
    assert "error" in failure
    assert not (checkout / compile_kernels.LIBRARY).exists()


def test_a_compiler_that_is_not_there_is_named(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "/nowhere/cc --with-an-option")
    assert "/nowhere/cc does not start" in compile_kernels.compile_kernels(checkout)
    monkeypatch.delenv("CC")
    monkeypatch.setenv("PATH", "/nowhere")
    failure = compile_kernels.compile_kernels(checkout)
    assert "no C compiler was found (cc, gcc, clang" in failure


def test_a_compiler_with_options_may_be_named(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "cc -DKELVIN")
    assert compile_kernels.compile_kernels(checkout) == ""
