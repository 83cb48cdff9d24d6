"""llama.cpp is compiled once: pip's cache gives the next checkout what the first one built."""

import hashlib
import io
import os
import sysconfig
import tarfile
import venv
from pathlib import Path

import pytest
from bootstrapping.environment import ENVIRONMENT, REQUIREMENTS, TO_RUN, Environment
from bootstrapping.running import Console, Runner

PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """\
import os, pathlib, zipfile

METADATA = "Metadata-Version: 2.1\\nName: llama-cpp-python\\nVersion: 1.0\\n"
WHEEL = "Wheel-Version: 1.0\\nGenerator: here\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
RECORD = "compiled.py,,\\n" + "".join(
    f"llama_cpp_python-1.0.dist-info/{name},,\\n" for name in ("METADATA", "WHEEL", "RECORD")
)

def build_wheel(folder, config_settings=None, metadata_directory=None):
    with open(os.environ["BUILDS"], "a") as builds:
        builds.write("built\\n")
    name = "llama_cpp_python-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as wheel:
        wheel.writestr("compiled.py", "")
        wheel.writestr("llama_cpp_python-1.0.dist-info/METADATA", METADATA)
        wheel.writestr("llama_cpp_python-1.0.dist-info/WHEEL", WHEEL)
        wheel.writestr("llama_cpp_python-1.0.dist-info/RECORD", RECORD)
    return name
"""


def _source(folder: Path) -> str:
    """Write a source distribution that says when it is built; returns its hash."""
    archive = folder / "llama_cpp_python-1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name, text in (("pyproject.toml", PROJECT), ("backend.py", BACKEND)):
            entry = tarfile.TarInfo(f"llama_cpp_python-1.0/{name}")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return hashlib.sha256(archive.read_bytes()).hexdigest()


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder with the source, in place of a registry."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    return folder


@pytest.fixture
def lock(shelf: Path) -> str:
    return f"llama-cpp-python==1.0 --hash=sha256:{_source(shelf)}\n"


def _set_up(root: Path, shelf: Path, lock: str, **more: str) -> int:
    """Install the requirements in a checkout of its own; returns how often all were built."""
    for step in TO_RUN:
        for name in step.inputs:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("", encoding="utf-8")
    (root / "packaging" / "requirements.lock").write_text(lock, encoding="utf-8")
    # Made by hand, and so kept as it is: with the pip of the tests' own environment.
    venv.create(root / ".venv", symlinks=os.name != "nt")
    paths = {"base": str(root / ".venv"), "platbase": str(root / ".venv")}
    library = Path(sysconfig.get_path("purelib", "venv", paths))
    (library / "pip_of_the_tests.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    builds = shelf / "builds"
    env = {
        **{
            key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "CMAKE"))
        },
        "PIP_CACHE_DIR": str(shelf / "cache"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": str(shelf),
        "PIP_NO_INDEX": "1",
        "BUILDS": str(builds),
        **more,
    }
    environment = Environment(root, env)
    runner = Runner(Console(), root / "log")
    environment.perform(ENVIRONMENT, runner)
    environment.perform(REQUIREMENTS, runner)
    assert (library / "compiled.py").exists()
    return len(builds.read_text().splitlines())


def test_the_next_checkout_takes_what_was_built_with_the_same_options_of_llama_cpp(
    tmp_path: Path, shelf: Path, lock: str
) -> None:
    assert _set_up(tmp_path / "first", shelf, lock, CMAKE_ARGS="-DGGML_BLAS=on") == 1
    assert _set_up(tmp_path / "second", shelf, lock) == 2
    assert _set_up(tmp_path / "third", shelf, lock, KELVIN_BACKEND="vulkan") == 3
    assert _set_up(tmp_path / "fourth", shelf, lock, KELVIN_BACKEND="vulkan") == 3
    assert _set_up(tmp_path / "fifth", shelf, lock) == 3
