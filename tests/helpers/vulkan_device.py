"""A graphics processor for tests: Mesa's software device, and llama.cpp built for Vulkan.

The build is that of this environment, or else the one that `bootstrap.py --backend vulkan` has kept
on this machine: it is unpacked into a folder where the processes that a test starts find it first.
Where there is none, or no device, tests that ask for `vulkan_device` are skipped. `faulty` has the
device fail as a real one may.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from importlib.machinery import PathFinder
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pytest

_ROOT = Path(__file__).parents[2]
_DRIVERS = Path("/usr/share/vulkan/icd.d")
_LIBRARY = "libggml-vulkan.so"
_NUMBERED = re.compile(r"(.+\.so)\.(\d+)(\.\d+)*")
_LAYER, _HEADER = "VK_LAYER_KELVIN_faulty", Path("/usr/include/vulkan/vk_layer.h")
_ASK = (
    "from studio.engine.llama import backend; backend.begin(); "
    "print(*(gpu.name for gpu in backend.gpus()), sep='\\n')"
)


class VulkanDevice(NamedTuple):
    """A device that processes of a test can compute with."""

    name: str
    environment: Mapping[str, str]
    """What such a process must find in its environment."""
    faults: Path
    """A folder for the layer that has it fail."""

    def faulty(self, **how: object) -> dict[str, str]:
        """The environment of a process for which the device fails.

        Args:
            how: `says`, `has`, `refuses`, `lost`: see `faulty_vulkan.c`.
        """
        library = self.faults / "libfaulty_vulkan.so"
        if not library.exists():
            compiler = shutil.which("cc")
            if compiler is None or not _HEADER.exists():
                pytest.skip(f"to have the device fail takes a C compiler and {_HEADER}")
            source = Path(__file__).with_name("faulty_vulkan.c")
            subprocess.run(
                [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source)], check=True
            )
            layer = {
                "name": _LAYER,
                "type": "GLOBAL",
                "library_path": str(library),
                "api_version": "1.3.0",
                "implementation_version": "1",
                "description": "A device that fails",
            }
            manifest = {"file_format_version": "1.2.0", "layer": layer}
            library.with_suffix(".json").write_text(json.dumps(manifest))
        asked = {f"FAULTY_VULKAN_{name.upper()}": str(value) for name, value in how.items()}
        layers = {"VK_LAYER_PATH": str(self.faults), "VK_INSTANCE_LAYERS": _LAYER}
        return {**self.environment, **layers, **asked}


@pytest.fixture(scope="session")
def vulkan_device(tmp_path_factory: pytest.TempPathFactory) -> VulkanDevice:
    """Mesa's software device, with a llama.cpp that can use it."""
    driver = next(iter(sorted(_DRIVERS.glob("lvp_icd*.json"))), None)
    if driver is None:
        pytest.skip(f"there is no software device of Mesa's in {_DRIVERS} (mesa-vulkan-drivers)")
    folder = tmp_path_factory.mktemp("vulkan")
    environment = {
        "VK_DRIVER_FILES": str(driver),
        "VK_ICD_FILENAMES": str(driver),  # as older loaders call it
        "GGML_VK_VISIBLE_DEVICES": "0",  # by itself llama.cpp passes software devices over
        "LP_NUM_THREADS": "1",
        # Where Mesa keeps them by itself. Half a minute goes into compiling them, and the homes
        # of tests are empty.
        "MESA_SHADER_CACHE_DIR": os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache"),
    }
    if not _is_built_for_vulkan():
        wheel = _kept_wheel()
        if wheel is None:
            pytest.skip("llama.cpp is not built for Vulkan (bootstrap.py --backend vulkan setup)")
        _unpack(wheel, folder / "llama.cpp")
        environment["PYTHONPATH"] = str(folder / "llama.cpp")
    asked = subprocess.run(
        [sys.executable, "-c", _ASK],
        cwd=_ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    names = asked.stdout.split("\n")
    if asked.returncode or not names[0]:
        pytest.skip("llama.cpp finds no Vulkan device on this machine")
    faults = folder / "faults"
    faults.mkdir()
    return VulkanDevice(names[0], environment, faults)


def _is_built_for_vulkan() -> bool:
    spec = PathFinder.find_spec("llama_cpp")
    folders = (spec and spec.submodule_search_locations) or ()
    return any((Path(folder) / "lib" / _LIBRARY).exists() for folder in folders)


def _unpack(wheel: Path, folder: Path) -> None:
    """Unpack a wheel. Each library is in it three times, as archives know no links."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        numbered = list(filter(None, map(_NUMBERED.fullmatch, names)))
        archive.extractall(folder, set(names) - {name[0] for name in numbered})
    for name in numbered:
        if name[3] is None:
            (folder / name[0]).hardlink_to(folder / name[1])


def _kept_wheel() -> Path | None:
    """The wheel that was built for Vulkan from the source that this environment has."""
    sys.path.append(str(_ROOT / "packaging"))
    try:
        from bootstrapping.environment import Environment
    finally:
        sys.path.pop()
    kept = Environment(_ROOT, {**os.environ, "KELVIN_BACKEND": "vulkan"}).kept()
    name = f"llama_cpp_python-{version('llama-cpp-python')}-*.whl"
    # One that is being written lies a folder deeper.
    wheels = kept.glob(f"wheels/*/*/*/*/{name}")
    return max(wheels, key=lambda path: path.stat().st_mtime, default=None)
